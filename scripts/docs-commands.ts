/** Writes the reference page of commands from the tables of their options. `--check` only compares. */
import { spec as acl } from '../src/cli/acl.ts'
import { spec as audit } from '../src/cli/audit.ts'
import { spec as call } from '../src/cli/call.ts'
import { spec as dev } from '../src/cli/dev.ts'
import { optionNames } from '../src/cli/help-text.ts'
import { spec as key } from '../src/cli/key.ts'
import { spec as master } from '../src/cli/master.ts'
import { spec as minion } from '../src/cli/minion.ts'
import type { CommandSpec, OptionGroup, OptionSpec } from '../src/cli/options/option.ts'
import { spec as peer } from '../src/cli/peer.ts'
import { spec as run } from '../src/cli/run.ts'
import { spec as salt } from '../src/cli/salt.ts'
import { spec as wheel } from '../src/cli/wheel.ts'
import { loadOutputter, outputterNames } from '../src/plugins/outputters/outputters.ts'
import { generatedNote, type Page, publishPages, table } from './pages.ts'

const specs: readonly CommandSpec[] = [salt, key, call, run, wheel, master, minion, peer, acl, audit, dev]

export async function commandPages(): Promise<readonly Page[]> {
  return [{ path: 'commands.md', text: await commandsPage() }]
}

async function commandsPage(): Promise<string> {
  const outputters = await Promise.all(outputterNames.map(loadOutputter))
  const rows = outputters.flatMap((outputter) =>
    outputter === undefined ? [] : [[`\`${outputter.name}\``, outputter.doc]],
  )
  return `${generatedNote('the tables below src/cli')}

# Commands

A first word that is no command is a target: \`salt web1 test.ping\`. Options may stand before, between and behind the other words; \`--\` ends
them, so that what follows is taken as it is. Long names may be cut short as long as they stay clear: \`--time 5\`. The exit codes are on
[a page of their own](exit-codes.md).

${specs.map(section).join('\n\n')}

## Forms of output

${table(['`--out`', 'shows'], rows)}
`
}

function section(spec: CommandSpec): string {
  const lines = spec.examples.map(({ line, doc }) => `# ${doc}\n${line}`)
  const groups = spec.groups.map(group).filter((text) => text !== '')
  return [
    `## ${spec.name}`,
    `\`${spec.name} ${spec.usage}\``,
    spec.about,
    `\`\`\`sh\n${lines.join('\n\n')}\n\`\`\``,
    ...groups,
    ...refusedNote(spec),
  ].join('\n\n')
}

function group({ title, options }: OptionGroup): string {
  const shown = options.filter((option) => option.refused === undefined)
  if (shown.length === 0) return ''
  const rows = shown.map((option) => [optionNames(option).split(', ').map(code).join(', '), option.doc])
  return `### ${title}\n\n${table(['option', 'meaning'], rows)}`
}

/** Options of Salt that are an error here, by the reason. */
function refusedNote(spec: CommandSpec): string[] {
  const byReason = Map.groupBy(
    spec.groups.flatMap(({ options }) => options).filter((option) => option.refused !== undefined),
    ({ refused }) => refused ?? '',
  )
  if (byReason.size === 0) return []
  const names = (options: readonly OptionSpec[]): string =>
    options.map(({ names: [name = ''] }) => code(name)).join(', ')
  const lines = [...byReason].map(([reason, options]) => `- ${names(options)}: ${reason}.`)
  return [`Options of Salt that are refused:\n\n${lines.join('\n')}`]
}

function code(text: string): string {
  return `\`${text}\``
}

if (import.meta.main) publishPages(await commandPages())
