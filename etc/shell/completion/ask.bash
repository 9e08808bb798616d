# Completion of ask and askctl in bash: the programs say themselves what can follow.
# Installed where bash-completion finds it; without that, read it in ~/.bashrc.

# REPLY is the word without its quotes. Nothing in it is expanded, and nothing run.
_ask_unquote() {
    local raw=$1 quote='' c i
    REPLY=''
    for ((i = 0; i < ${#raw}; i++)); do
        c=${raw:i:1}
        if [[ $quote == "'" ]]; then
            if [[ $c == "'" ]]; then quote=''; else REPLY+=$c; fi
        elif [[ $c == '\' ]] && ((i + 1 < ${#raw})); then
            ((++i))
            [[ $quote == '"' && ${raw:i:1} != [\"\\\$\`] ]] && REPLY+='\'
            REPLY+=${raw:i:1}
        elif [[ $quote == '"' ]]; then
            if [[ $c == '"' ]]; then quote=''; else REPLY+=$c; fi
        elif [[ $c == "'" || $c == '"' ]]; then
            quote=$c
        else
            REPLY+=$c
        fi
    done
}

# REPLY is the value as it has to be typed where the word being typed began with that quote, or none.
_ask_quote() {
    local value=$1 quote=$2 c i
    REPLY=$value
    if [[ $quote == "'" ]]; then
        REPLY=${value//\'/\'\\\'\'}
    elif [[ $quote == '"' ]]; then
        REPLY=''
        for ((i = 0; i < ${#value}; i++)); do
            c=${value:i:1}
            [[ $c == [\"\\\$\`] ]] && c='\'$c
            REPLY+=$c
        done
    elif [[ $value == *[^[:alnum:]_./:=,@%+-]* ]]; then
        printf -v REPLY %q "$value"
    fi
}

_ask_complete() {
    local REPLY rest=$COMP_LINE raw before='' quote='' besides='' value about i
    local -a words=() lines=()

    # What bash cut at : and = is one word again; of the last one only what stands before the cursor counts.
    for ((i = 0; i <= COMP_CWORD; i++)); do
        raw=${COMP_WORDS[i]}
        if ((i == 0)) || [[ $rest == [[:space:]]* ]]; then
            words+=("$raw")
            before=''
        else
            before=${words[-1]}
            words[-1]+=$raw
        fi
        rest=${rest#"${rest%%[![:space:]]*}"}
        rest=${rest#"$raw"}
    done
    ((i = ${#COMP_LINE} - ${#rest} - COMP_POINT, i > 0 && i <= ${#words[-1]})) && words[-1]=${words[-1]::-i}
    [[ $raw == [:=]* ]] && before=${words[-1]}
    [[ $raw == [\'\"]* ]] && quote=${raw:0:1}
    for i in "${!words[@]}"; do
        _ask_unquote "${words[i]}"
        words[i]=$REPLY
    done
    _ask_unquote "$before"
    before=$REPLY

    mapfile -t lines < <(command -- "${words[0]/#~\//$HOME/}" --completion "${words[@]:1}" 2>/dev/null)
    besides=${lines[0]}
    if [[ $besides == files || $besides == folders ]]; then
        compopt -o filenames 2>/dev/null
        value=${words[-1]#"$before"}
        [[ $besides == files ]] && i=-f || i=-d
        mapfile -t COMPREPLY < <(compgen "$i" -- "$value")
        return
    fi
    COMPREPLY=()
    for value in "${lines[@]:1}"; do
        about=''
        [[ $value == *$'\t'* ]] && about=${value#*$'\t'}
        value=${value%%$'\t'*}
        _ask_quote "${value#"$before"}" "$quote"
        # Where all are only listed, for each what it is.
        [[ -n $about && $COMP_TYPE == @(63|33|64) && ${#lines[@]} -gt 2 ]] && REPLY+="  ($about)"
        COMPREPLY+=("$REPLY")
    done
    [[ ${#lines[@]} -eq 2 && ${COMPREPLY[0]} == *[=,] ]] && compopt -o nospace 2>/dev/null
    return 0
}

complete -F _ask_complete ask askctl
