package cli

import "strings"

// Shells ask the program itself what may come next: --completion-bash, which every shell uses, and the words of the line up to
// the cursor.
const completionFlag = "--completion-bash"

// What shells read, in place of kingpin's scripts, which do not complete --flag=value. Bash takes that apart at the =, which
// completionWords undoes; zsh leaves it in one word.
const (
	bashCompletion = `_mongodb_backup_exporter() {
    local cur=${COMP_WORDS[COMP_CWORD]}
    COMPREPLY=($(compgen -W "$("${COMP_WORDS[0]}" --completion-bash "${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null)" -- "${cur#=}"))
}
complete -F _mongodb_backup_exporter -o default mongodb_backup_exporter
`
	zshCompletion = `#compdef mongodb_backup_exporter

_mongodb_backup_exporter() {
    local matches=($(${words[1]} --completion-bash "${(@)words[2,$CURRENT]}" 2>/dev/null))
    [[ $words[$CURRENT] == --*=* ]] && compset -P '*='
    compadd -a matches
    if [[ $compstate[nmatches] -eq 0 && $words[$CURRENT] != -* ]]; then
        _files
    fi
}

if [[ "$(basename -- ${(%):-%x})" != "_mongodb_backup_exporter" ]]; then
    compdef _mongodb_backup_exporter mongodb_backup_exporter
fi
`
)

// completionWords returns the arguments with each --flag=value of a line that is to be completed as two words, as which kingpin
// knows it. Other arguments it returns as they are.
func completionWords(args []string) []string {
	if len(args) == 0 || args[0] != completionFlag {
		return args
	}
	words := args[:1:1]
	for i, word := range args[1:] {
		flag, value, assigned := strings.Cut(word, "=")
		former := words[len(words)-1]
		switch {
		case word == "=" && i > 0 && strings.HasPrefix(former, "--"):
			if i == len(args)-2 {
				words = append(words, "") // the value begins here
			}
		case assigned && strings.HasPrefix(flag, "--"):
			words = append(words, flag, value)
		default:
			words = append(words, word)
		}
	}
	return words
}

// completesCommand reports whether the last word of a line that is to be completed may be the name of a command: it is no flag, and
// no flag's value. Then no command stands for one that is left out.
func completesCommand(args []string) bool {
	if len(args) == 0 || args[0] != completionFlag {
		return false
	}
	last, former := "", ""
	if len(args) > 1 {
		last = args[len(args)-1]
	}
	if len(args) > 2 {
		former = args[len(args)-2]
	}
	return !strings.HasPrefix(last, "-") && !strings.HasPrefix(former, "--")
}
