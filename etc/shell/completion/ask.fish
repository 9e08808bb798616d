# Completion of ask and askctl in fish: the programs say themselves what can follow.

function __ask_complete
    set -l words (commandline -opc)
    set -l typed (commandline -ct)
    set -l word (string unescape -- $typed; or string trim --left --chars "'\"" -- $typed)
    set -l lines (command $words[1] --completion $words[2..-1] "$word" 2>/dev/null)
    switch "$lines[1]"
        case files
            __fish_complete_path "$word"
        case folders
            __fish_complete_directories "$word" ""
        case '*'
            string join \n -- $lines[2..-1]
    end
end

complete -c ask -f -a '(__ask_complete)'
complete -c askctl -f -a '(__ask_complete)'
