/** Writes the reference page of event sinks from their schema. `--check` only compares. */
import type { Schema } from '../src/base/schema.ts'
import { expectation } from '../src/base/validate.ts'
import { sinkKeys } from '../src/engine/sinks/sink-options.ts'
import { generatedNote, type Page, publishPages, table } from './pages.ts'

export function sinkPages(): readonly Page[] {
  return [{ path: 'sinks.md', text: sinksPage(sinkKeys) }]
}

function sinksPage(keys: Readonly<Record<string, Schema>>): string {
  const rows = Object.entries(keys).map(([name, schema]) => [
    `\`${name}\``,
    schema.description ?? '',
    name === 'subs' ? 'a mapping of sinks' : expectation(schema),
  ])
  return `${generatedNote('src/engine/sinks/sink-options.ts')}

# Event sinks

\`event_sinks\` in the configuration of a master or a minion is a mapping from names of sinks to these keys. What they are good for, with
examples: [Event sinks](../sinks.md).

${table(['Key', 'Meaning', 'Value'], rows)}

A key that does not exist, a pattern that has no meaning, a returner that is unknown or takes no events, and an option that it does not have
are errors that name file and line: the daemon does not start, and a running one keeps its former sinks.
`
}

if (import.meta.main) publishPages(sinkPages())
