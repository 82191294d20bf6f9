/** Writes the reference page of events from their map. `--check` only compares. */
import type { Schema } from '../src/base/schema.ts'
import { compareText } from '../src/base/text.ts'
import { expectation } from '../src/base/validate.ts'
import type { EventDescription } from '../src/bus/event-description.ts'
import { eventMap } from '../src/bus/event-map.ts'
import { generatedNote, type Page, publishPages, table } from './pages.ts'

type Entry = readonly [pattern: string, description: EventDescription]

const places: Readonly<Record<EventDescription['on'], { readonly title: string; readonly text: string }>> = {
  master: { title: 'On the bus of a master', text: 'Beside these: whatever programs and minions fire there.' },
  both: { title: 'On either bus', text: 'The daemon whose bus it is tells them of itself.' },
  minion: {
    title: 'On the bus of a minion',
    text: 'Beside these: whatever its functions and programs fire there. What is for the minion to follow is followed from whoever fires it.',
  },
}

const firedBy: Readonly<Record<EventDescription['by'], string>> = {
  master: 'Fired by the master.',
  minion: 'Fired by the minion.',
  daemon: 'Fired by the daemon.',
  program: 'Fired by a program or function, for the minion to follow.',
}

export function eventPages(): readonly Page[] {
  const entries: readonly Entry[] = Object.entries(eventMap)
  const sections = Object.entries(places).map(([on, { title, text }]) => {
    const own = entries.filter(([, event]) => event.on === on).sort(([a], [b]) => compareText(a, b))
    return `## ${title}\n\n${text}\n\n${own.map(eventSection).join('\n\n')}`
  })
  return [{ path: 'events.md', text: page(sections) }]
}

function page(sections: readonly string[]): string {
  return `${generatedNote('src/bus/event-map.ts')}

# Events

A master and each minion have an event bus. What is fired there has a tag, and data, which is a mapping. \`salt event listen\` shows it; the
[wire protocol](../wire-protocol.md#events) says how programs listen and fire.

Below, parts of tags in capitals stand for what they name; \`REST\` may have slashes in it, or be empty. All data has \`_stamp\` too, the time of the firing:
\`2026-01-31T09:08:07.123000\`, UTC. Data that would be larger than [max_event_size](configuration-master.md#max_event_size) has
\`VALUE_TRIMMED\` in the place of its largest values, and \`oversized: true\`. \`*\` marks what Salt does not have.

Whoever may fire on a bus may fire any tag. Minions may not fire all of them on the bus of their master: see \`salt/event/refused\`.

${sections.join('\n\n')}
`
}

function eventSection([pattern, event]: Entry): string {
  const { doc, option, isOurs, fields, isOpen } = event
  const facts = [
    firedBy[event.by],
    ...(option === undefined ? [] : [`Only with \`${option}\`.`]),
    ...(isOurs === true ? ['Salt has no such event.'] : []),
  ]
  const rows = Object.entries(fields).map(([name, schema]) => fieldRow(name, schema))
  const open =
    isOpen === true ? [rows.length === 0 ? 'The fields are up to whoever fires it.' : 'Further fields may come.'] : []
  return [
    `### ${shownTag(pattern)}${isOurs === true ? ' *' : ''}`,
    `${doc} ${facts.join(' ')}`,
    ...(rows.length === 0 ? [] : [table(['Field', 'Value', 'Meaning'], rows)]),
    ...open,
  ].join('\n\n')
}

function fieldRow(name: string, schema: Schema): readonly string[] {
  const mark = schema['x-ours'] === true ? ' *' : ''
  const value = `${expectation(schema)}${schema['x-optional'] === true ? '; may be absent' : ''}`
  return [`\`${name}\`${mark}`, value, schema.description ?? '']
}

/** `salt/job/JID/ret/ID`. */
function shownTag(pattern: string): string {
  const text = pattern.replace(/:([a-z_]+)\*?/g, (_, name: string) => name.toUpperCase())
  return `\`${text}\``
}

if (import.meta.main) publishPages(eventPages())
