/** Writes the reference page of returners from their definitions. `--check` only compares. */
import { toJson } from '../src/base/json.ts'
import type { Schema } from '../src/base/schema.ts'
import { expectation } from '../src/base/validate.ts'
import type { Delivery, ReturnerDefinition } from '../src/engine/returner.ts'
import { allReturners } from '../src/engine/returners/returner-doc.ts'
import { returnerRegistry } from '../src/plugins/registry.ts'
import { generatedNote, type Page, publishPages, table } from './pages.ts'

const kinds: readonly Delivery['kind'][] = ['return', 'event', 'job']

export async function returnerPages(): Promise<readonly Page[]> {
  const definitions = await allReturners(returnerRegistry)
  return [{ path: 'returners.md', text: returnersPage(definitions) }]
}

function returnersPage(definitions: readonly ReturnerDefinition[]): string {
  return `${generatedNote('src/plugins/returners')}

# Returners

What they are good for and how they are named: [Returners](../returners.md). An option is set in the configuration of the minion (or of
the master, for what the master delivers) as \`NAME.OPTION: value\` or as a mapping below \`NAME:\`, as \`PROFILE.NAME.OPTION\` for
\`--return_config PROFILE\`, and for one job with \`--return_kwargs\`.

It takes returns for \`--return\`, \`return\` and \`ext_job_cache\`, events for \`event_sinks\` and \`event_return\`, returns and jobs for
\`master_job_cache\`.

${table(
  ['Returner', 'Returns', 'Events', 'Jobs'],
  definitions.map(({ name, takes }) => [
    `[\`${name}\`](#${name})`,
    ...kinds.map((kind) => (takes.includes(kind) ? 'yes' : '')),
  ]),
)}

${definitions.map(section).join('\n\n')}
`
}

function section({ name, doc, options, examples }: ReturnerDefinition): string {
  const rows = Object.entries(options).map(([option, schema]) => [
    `\`${name}.${option}\``,
    schema.description ?? '',
    value(schema),
    initial(schema),
  ])
  const parts = [
    `## ${name}\n\n${doc}`,
    ...(rows.length === 0 ? [] : [table(['Option', 'Meaning', 'Value', 'Default'], rows)]),
    ...(examples.length === 0 ? [] : [`\`\`\`\n${examples.join('\n')}\n\`\`\``]),
  ]
  return parts.join('\n\n')
}

function value(schema: Schema): string {
  return schema.format === 'secret' ? 'text that is shown nowhere' : expectation(schema)
}

function initial(schema: Schema): string {
  if (schema['x-optional'] !== true) return 'must be set'
  return schema.default === undefined ? '' : `\`${toJson(schema.default)}\``
}

if (import.meta.main) publishPages(await returnerPages())
