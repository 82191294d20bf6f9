/** `salt compat PATH…`: what of existing Salt files works here, and what to write instead of the rest. */
import { commonOptions } from './options/common.ts'
import { loggingOptions } from './options/logging.ts'
import type { CommandSpec } from './options/option.ts'
import { outputOptions } from './options/output.ts'
import { parseCommand, usageError } from './parse-command.ts'
import { printerFor } from './printer.ts'

const commonWithoutConfig = commonOptions.filter(({ names }) => !names.includes('--config-dir'))

export const spec: CommandSpec = {
  name: 'salt compat',
  usage: '[options] <path> [path …]',
  about:
    'Reads an existing Salt tree (states, pillar, reactor, orchestration, plugins) and files of configuration (master, minion, master.d, minion.d), and prints a line for all that is not here, with what to write instead. Nothing is run and nothing is changed. Exits 1 where something has to be written in another way, else 0.',
  groups: [
    { title: 'Options', options: commonWithoutConfig },
    { title: 'Output', options: outputOptions.filter(({ names }) => names.some((name) => name.startsWith('--out'))) },
    { title: 'Logging', options: loggingOptions() },
  ],
  examples: [
    { line: 'salt compat /srv/salt /srv/pillar /etc/salt', doc: 'Everything of a master' },
    { line: 'salt compat . --out json', doc: 'For a program' },
  ],
}

export async function run(argv: readonly string[]): Promise<number> {
  const parsed = await parseCommand(spec, argv)
  if (typeof parsed === 'number') return parsed
  const { options, words } = parsed
  if (words.length === 0) return usageError(spec, 'Name the folders or files to look at, such as /srv/salt')
  const { scanTree } = await import('../engine/compat/scan-tree.ts')
  const { inventory } = await import('./compat/inventory.ts')
  const report = scanTree(words, await inventory())
  const printer = printerFor(options)
  if (printer.outputter === undefined) {
    const { reportText } = await import('../engine/compat/report-text.ts')
    await printer.line(reportText(report))
  } else await printer.show(report)
  await printer.flush()
  return report.findings.some(({ level }) => level === 'unsupported') ? 1 : 0
}
