# askd in zsh: in ~/.zshrc write
#
#     . /usr/local/share/askd/shell/ask.zsh
#
# Alt-A turns the line that is being typed, in words of any language, into a command, which is not run; Ctrl-_ brings
# the words back. ASK_KEY, set before, is another key as bindkey has them, such as '^X^A', for vi's insert mode too.
# `ask --explain-last` is told of the last command.

[[ -o interactive ]] || return 0

__ask_line() {
    emulate -L zsh
    setopt local_traps
    trap : INT # ends ask, and leaves the line
    local said
    local -a parts
    if [[ -z ${BUFFER//[[:space:]]/} ]]; then
        zle -M 'ask: type what the command is to do, then press this key'
        return
    fi
    zle -R 'asking'
    # The command, what was said beside it on standard error, and the status, with a NUL between.
    parts=("${(@0)$(
        {
            said=$(SHELL=zsh command ask --shell -- "$BUFFER" 2>&1 1>&3 </dev/null)
            print -rn -u3 -- $'\0'"$said"$'\0'"$?"
        } 3>&1
    )}")
    [[ -n $parts[2] ]] && zle -M -- "$parts[2]"
    if [[ $parts[3] == 0 ]]; then
        BUFFER=${parts[1]%$'\n'}
        CURSOR=$#BUFFER
    fi
}

__ask_preexec() {
    __ask_next=$1
}

__ask_precmd() {
    typeset -g __ask_status=$? __ask_command=${__ask_next-}
}

function ask {
    ASK_LAST_COMMAND=${__ask_command-} ASK_LAST_STATUS=${__ask_status-} command ask "$@"
}

autoload -Uz add-zsh-hook
add-zsh-hook preexec __ask_preexec
add-zsh-hook precmd __ask_precmd
zle -N __ask_line
bindkey -M emacs "${ASK_KEY:-^[a}" __ask_line
# There Escape and a letter are two keys of their own.
if [[ -n ${ASK_KEY-} ]]; then
    bindkey -M viins "$ASK_KEY" __ask_line
fi
