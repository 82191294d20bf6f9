/** `salt install PART …`: writes the files by which a system knows this program. */
import { systemParts } from './install/system-files.ts'
import { commonOptions } from './options/common.ts'
import { type CommandSpec, flag, text } from './options/option.ts'
import { type OptionValues, parseCommand, usageError } from './parse-command.ts'

const partNames = systemParts.map(({ name }) => name)

export const spec: CommandSpec = {
  name: 'salt install',
  usage: `[options] ${partNames.join('|')} ...`,
  operands: [partNames],
  about: `Writes the files by which a system knows this program, and says what to do next. Parts: ${systemParts
    .map(({ name, doc }) => `${name} (${doc})`)
    .join(', ')}.`,
  groups: [
    {
      title: 'Options',
      options: [
        ...commonOptions.filter(({ names }) => !names.includes('--config-dir')),
        text(['--root'], 'DIR', 'Write below this folder instead of /, as a package does.'),
        text(['--program'], 'FILE', 'Where the program is going to lie; where it lies now when left out.'),
        flag(['--print'], 'Print the files instead of writing them.'),
        flag(['--force'], 'Replace files that this command has not written, too.'),
      ],
    },
  ],
  examples: [
    { line: 'salt install minion', doc: 'Let systemd run the minion' },
    { line: 'salt install --print master', doc: 'What would be written?' },
    { line: 'salt install --root build --program /usr/bin/salt master minion', doc: 'The files of a package' },
  ],
}

export async function run(argv: readonly string[]): Promise<number> {
  const parsed = await parseCommand(spec, argv)
  if (typeof parsed === 'number') return parsed
  const { options, words } = parsed
  const stranger = words.find((word) => !partNames.includes(word))
  if (stranger !== undefined) return usageError(spec, `'${stranger}' is none of ${partNames.join(', ')}`)
  if (words.length === 0) return usageError(spec, `say what to install: ${partNames.join(', ')}`)
  const parts = systemParts.filter(({ name }) => words.includes(name))
  const program = await programOf(options)
  const files = (await Promise.all(parts.map((part) => part.files(program)))).flat()
  if (options.has('print')) {
    process.stdout.write(files.map(({ path, text }) => `# ${path}\n${text}`).join('\n'))
    return 0
  }
  const { writeSystemFiles } = await import('./install/write.ts')
  writeSystemFiles(files, options.text('root') ?? '/', options.has('force'), (line) =>
    process.stdout.write(`${line}\n`),
  )
  warnOfPlace(program)
  const next = [...new Set(parts.flatMap((part) => part.next))]
  if (!options.has('root') && next.length > 0)
    process.stdout.write(`\nNext:\n${next.map((line) => `  ${line}\n`).join('')}`)
  return 0
}

async function programOf(options: OptionValues): Promise<readonly string[]> {
  const given = options.text('program')
  if (given !== undefined) return [given]
  const { ownCommand } = await import('../base/own-command.ts')
  return ownCommand()
}

/** A service does not see everybody's folders, and a user of its own may not enter them. */
function warnOfPlace([program = '']: readonly string[]): void {
  if (!/^\/(home|root|tmp|var\/tmp)\//.test(program)) return
  process.stderr.write(
    `The units run ${program}: better a place for programs (--program /usr/local/bin/salt), as services may not see that one.\n`,
  )
}
