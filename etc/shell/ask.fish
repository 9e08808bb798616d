# askd in fish: in ~/.config/fish/config.fish write
#
#     source /usr/local/share/askd/shell/ask.fish
#
# Alt-A turns the line that is being typed, in words of any language, into a command, which is not run; Ctrl-Z brings
# the words back. ASK_KEY, set before, is another key as bind has them, such as \cx\ca. `ask --explain-last` is told of
# the last command.

status is-interactive; or exit 0

function __ask_line
    set -l words (commandline | string collect)
    if not string match -qr '\S' -- $words
        printf '\nask: type what the command is to do, then press this key\n' >&2
        commandline -f repaint
        return
    end
    # On the line below; what ask has to say is written over it.
    printf '\nasking\r' >&2
    # A pipe and no substitution: Ctrl-C ends ask then, and not this function.
    SHELL=fish command ask --shell -- $words </dev/null | read -z -l proposed
    set -l failed $pipestatus[1]
    printf '\e[K' >&2
    if test $failed -eq 0
        printf '\e[A' >&2
        commandline -r -- (string collect -- $proposed)
    end
    commandline -f repaint
end

function __ask_remember --on-event fish_postexec
    set -g __ask_status $status
    set -g __ask_command $argv[1]
end

function ask --wraps ask
    ASK_LAST_COMMAND=$__ask_command ASK_LAST_STATUS=$__ask_status command ask $argv
end

set -l key \ea
set -q ASK_KEY; and set key $ASK_KEY
bind $key __ask_line
bind -M insert $key __ask_line
