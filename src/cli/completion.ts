/** `salt completion SHELL`: the script for a shell, and the candidates that it asks for. */
import { commonOptions } from './options/common.ts'
import type { CommandSpec } from './options/option.ts'

const shells = ['bash', 'zsh', 'fish']

export const spec: CommandSpec = {
  name: 'salt completion',
  usage: `${shells.join('|')} [-- <words>]`,
  operands: [shells],
  about:
    'Prints the script by which a shell completes the command line of salt: commands, options and their values, minions, functions and their arguments, runners, keys. `salt install completion` writes all of them where the shells look. What there is at the moment the script asks this command, by -- and the words behind salt: it then prints the candidates for the last word, one on a line with its meaning behind a tab. A line `:files` or `:folders` leaves it to the shell.',
  groups: [{ title: 'Options', options: commonOptions.filter(({ names }) => !names.includes('--config-dir')) }],
  examples: [
    { line: 'source <(salt completion bash)', doc: 'For this bash; in ~/.bashrc for each' },
    { line: 'source <(salt completion zsh)', doc: 'In ~/.zshrc, behind compinit' },
    { line: 'salt completion fish > ~/.config/fish/completions/salt.fish', doc: 'For every fish from now on' },
  ],
}

export async function run(argv: readonly string[]): Promise<number> {
  const [shell, mark, ...words] = argv
  // Read as they stand: options among them are those of the line to be completed.
  if (mark === '--' && words.length > 0) return await answer(words)
  const { parseCommand, usageError } = await import('./parse-command.ts')
  const parsed = await parseCommand(spec, argv)
  if (typeof parsed === 'number') return parsed
  if (shell === undefined || !shells.includes(shell) || argv.length > 1) {
    return usageError(spec, `say for which shell: ${shells.join(', ')}`)
  }
  const { completionScripts } = await import('./completion/scripts.ts')
  process.stdout.write(completionScripts.find(({ name }) => name === shell)?.text ?? '')
  return 0
}

/** Nobody wants to read about a fault of the configuration while typing: there is nothing to offer then. */
async function answer(words: readonly string[]): Promise<number> {
  const { candidates } = await import('./completion/candidates.ts')
  const found = await candidates(words).catch(() => [])
  if (typeof found === 'string') process.stdout.write(`:${found}\n`)
  else process.stdout.write(found.map(({ word, doc = '' }) => `${word}\t${firstSentence(doc)}\n`).join(''))
  return 0
}

function firstSentence(doc: string): string {
  return /^.*?[.](?= |$)/m.exec(doc)?.[0] ?? doc.split('\n')[0] ?? ''
}
