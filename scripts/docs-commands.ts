/** Writes the reference page of commands from the tables of their options. `--check` only compares. */
import { commands } from '../src/cli/commands.ts'
import { optionNames } from '../src/cli/help-text.ts'
import type { CommandSpec, OptionGroup, OptionSpec } from '../src/cli/options/option.ts'
import { spec as salt } from '../src/cli/salt.ts'
import { loadOutputter, outputterNames } from '../src/plugins/outputters/outputters.ts'
import { generatedNote, type Page, publishPages, table } from './pages.ts'

export async function commandPages(): Promise<readonly Page[]> {
  return [{ path: 'commands.md', text: await commandsPage() }]
}

async function commandsPage(): Promise<string> {
  const modules = await Promise.all(commands.map(({ load }) => load()))
  const specs = [salt, ...modules.flatMap(({ spec }) => spec ?? [])]
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
