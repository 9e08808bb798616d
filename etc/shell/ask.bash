# askd in bash: in ~/.bashrc write
#
#     . /usr/local/share/askd/shell/ask.bash
#
# Alt-A turns the line that is being typed, in words of any language, into a command, which is not run; Ctrl-_ brings
# the words back. ASK_KEY, set before, is another key as bind has them, such as '\C-x\C-a', for vi's insert mode too.
# `ask --explain-last` is told of the last command.

[[ $- == *i* ]] || return 0

__ask_line() {
    local command trap
    if [[ $READLINE_LINE != *[![:space:]]* ]]; then
        echo 'ask: type what the command is to do, then press this key' >&2
        return
    fi
    # What ask has to say is written over this.
    printf 'asking\r' >&2
    trap=$(trap -p INT)
    trap : INT # ends ask, and leaves the line
    command=$(SHELL=bash command ask --shell -- "$READLINE_LINE" </dev/null)
    eval "${trap:-trap - INT}"
    printf '\e[K' >&2
    if [[ -n $command ]]; then
        READLINE_LINE=$command
        READLINE_POINT=${#command}
    fi
}

# The last command as it stands in the history; what an earlier shell left there is none of ours.
__ask_remember() {
    local status=$? entry
    entry=$(HISTTIMEFORMAT='' history 1)
    if [[ $entry =~ ^[[:space:]]*([0-9]+)[*]?[[:space:]]+(.*)$ && ${BASH_REMATCH[1]} != "${__ask_first-}" ]]; then
        __ask_command=${BASH_REMATCH[2]}
        __ask_status=$status
        __ask_first=
    fi
    return "$status"
}

function ask {
    ASK_LAST_COMMAND=${__ask_command-} ASK_LAST_STATUS=${__ask_status-} command ask "$@"
}

__ask_first=$(HISTTIMEFORMAT='' history 1)
__ask_first=${__ask_first#"${__ask_first%%[![:space:]]*}"}
__ask_first=${__ask_first%%[!0-9]*}
if [[ ${PROMPT_COMMAND-} != *__ask_remember* ]]; then
    PROMPT_COMMAND="__ask_remember${PROMPT_COMMAND:+; $PROMPT_COMMAND}"
fi
bind -m emacs -x "\"${ASK_KEY:-\\ea}\": __ask_line"
# There Escape and a letter are two keys of their own.
if [[ -n ${ASK_KEY-} ]]; then
    bind -m vi-insert -x "\"$ASK_KEY\": __ask_line"
fi
