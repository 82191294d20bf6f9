/**
 * The scripts of the shells. Each hands the words up to the cursor to `salt completion` and shows what that prints, so that it
 * stays right whatever version of the program answers.
 */

export interface CompletionScript {
  readonly name: string
  /** Where the shell looks for it on this system. */
  readonly path: string
  readonly text: string
}

/** The text as it stands, but for the mark that keeps `${` from being filled in here. */
function script(shell: string, first?: string): (text: TemplateStringsArray) => string {
  const note = `# How ${shell} completes salt. Written by \`salt install\`, or printed by \`salt completion ${shell}\`.`
  return ({ raw }) => [...(first === undefined ? [] : [first]), note].join('\n') + raw.join('').replaceAll('\\${', '${')
}

/**
 * bash breaks words at `:` and `=` too: they are put together again by the blanks between them, and what stands before the last
 * such place is cut off the candidates.
 */
const bash = script('bash')`
_salt() {
  local rest=\${COMP_LINE:0:COMP_POINT} program=\${COMP_WORDS[0]/#\~/$HOME} whole=() words=() piece tail word i
  for ((i = 0; i <= COMP_CWORD; i++)); do
    tail=\${rest#"\${rest%%[![:space:]]*}"}
    piece=\${COMP_WORDS[i]}
    ((i == COMP_CWORD)) && piece=$tail
    if ((i > 0)) && [[ $tail == "$rest" ]]; then
      whole[\${#whole[@]}-1]+=$piece
    else
      whole+=("$piece")
    fi
    rest=\${tail#"$piece"}
  done
  [[ $piece == [=:] ]] && piece=
  local cut=\${whole[\${#whole[@]}-1]%"$piece"}
  for word in "\${whole[@]:1}"; do
    word=\${word#[\"\']}
    word=\${word%[\"\']}
    words+=("\${word//\\/}")
  done
  COMPREPLY=()
  while IFS=$'\t' read -r word _; do
    case $word in
      :files | :folders)
        compopt -o filenames 2>/dev/null
        [[ $word == :files ]] && i=-f || i=-d
        while IFS= read -r word; do COMPREPLY+=("$word"); done < <(compgen $i -- "$piece")
        ;;
      *)
        [[ $word == *= ]] && compopt -o nospace 2>/dev/null
        word=\${word#"$cut"}
        [[ $word == *[!A-Za-z0-9_.,:=@%+/-]* ]] && printf -v word %q "$word"
        COMPREPLY+=("$word")
        ;;
    esac
  done < <("$program" completion bash -- "\${words[@]}" 2>/dev/null)
}
complete -F _salt salt
`

const zsh = script('zsh', '#compdef salt')`
_salt() {
  local -a whole open
  local word doc
  while IFS=$'\t' read -r word doc; do
    case $word in
      :files) compset -P '*='; _files; return ;;
      :folders) compset -P '*='; _files -/; return ;;
      *=) open+=("\${word//:/\\:}:$doc") ;;
      *) whole+=("\${word//:/\\:}:$doc") ;;
    esac
  done < <("\${(Q)words[1]}" completion zsh -- "\${(@Q)words[2,CURRENT-1]}" "\${(Q)PREFIX}" 2>/dev/null)
  _describe salt whole -- open -S ''
}
if [[ $funcstack[1] == _salt ]]; then _salt "$@"; else compdef _salt salt; fi
`

const fish = script('fish')`
function __salt_candidates
  set -l words (commandline -opc)
  set -l typed (commandline -ct | string replace -r '^["\']' '')
  set -l found ($words[1] completion fish -- $words[2..] "$typed" 2>/dev/null)
  switch "$found[1]"
    case ':files*'
      __fish_complete_path (string replace -r '^--[^=]*=' '' -- "$typed")
    case ':folders*'
      __fish_complete_directories (string replace -r '^--[^=]*=' '' -- "$typed")
    case '*'
      printf '%s\n' $found
  end
end
complete -c salt -f -a '(__salt_candidates)'
`

export const completionScripts: readonly CompletionScript[] = [
  { name: 'bash', path: '/usr/local/share/bash-completion/completions/salt', text: bash },
  { name: 'zsh', path: '/usr/local/share/zsh/site-functions/_salt', text: zsh },
  { name: 'fish', path: '/usr/local/share/fish/vendor_completions.d/salt.fish', text: fish },
]
