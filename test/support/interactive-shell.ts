import { spawnSync } from 'node:child_process'
import { Running } from './program.ts'

/** How each shell is started with nothing of its user's own, and what it needs before it can complete. */
const shells = {
  bash: { argv: 'bash --norc --noprofile -i', first: 'PS1= PS2=' },
  zsh: { argv: 'zsh -f -i', first: 'autoload -U compinit; compinit -D -u; bindkey -e; PS1= PS2=' },
} as const

export type ShellName = keyof typeof shells

/** Why this shell cannot be tried here; false when it can. */
export function withoutShell(name: string): string | false {
  if (process.platform !== 'linux') return 'needs script of util-linux'
  const absent = [name, 'script'].find((program) => spawnSync(program, ['--version']).status !== 0)
  return absent === undefined ? false : `${absent} is not installed`
}

/**
 * Types lines into a shell on a terminal, each with a tab at its end, and answers the words that the line then has.
 * @param source what the shell reads first.
 */
export async function completeLines(
  name: ShellName,
  source: string,
  lines: readonly string[],
  env: Readonly<Record<string, string>>,
): Promise<readonly (readonly string[])[]> {
  const { argv, first } = shells[name]
  const show = `show() { printf '\\n=>'; printf ' <%s>' "$@"; printf '\\n'; }`
  const beginOfLine = '\x01'
  const typed = [`${first}`, show, source, ...lines.map((line) => `${line}\t${beginOfLine}show `), 'exit', '']
  // What is typed ahead is read in its order, so nothing has to be waited for.
  const terminal = new Running(['script', '-qefc', argv, '/dev/null'], {
    input: typed.join('\n'),
    env: { TERM: 'dumb', ...env },
    timeoutMs: 25_000,
  })
  const { stdout } = await terminal.finished
  return [...stdout.matchAll(/^=>(.*)$/gm)].map(([, words = '']) =>
    [...words.matchAll(/<([^>]*)>/g)].map(([, word = '']) => word),
  )
}
