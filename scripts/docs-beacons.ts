/** Writes the reference page of beacons from their descriptions. `--check` only compares. */
import { toJson } from '../src/base/json.ts'
import type { Schema } from '../src/base/schema.ts'
import { expectation } from '../src/base/validate.ts'
import type { BeaconDefinition } from '../src/engine/beacon.ts'
import { commonOptions } from '../src/engine/beacons/beacon-config.ts'
import { beaconRegistry } from '../src/plugins/registry.ts'
import { generatedNote, type Page, publishPages, table } from './pages.ts'

export async function beaconPages(): Promise<readonly Page[]> {
  const definitions = await Promise.all(Object.values(beaconRegistry).map((load) => load()))
  const text = `${generatedNote('src/plugins/beacons')}

# Beacons

What a minion can watch on its host; [the guide](../beacons.md) says how. Each stands with its options under \`beacons:\` in the
configuration of the minion.

${table(
  ['Beacon', 'What it does'],
  definitions.map(({ name, doc }) => [`[${name}](#${name})`, doc]),
)}

## Options of every beacon

${optionTable(commonOptions)}

${definitions.map(section).join('\n\n')}
`
  return [{ path: 'beacons.md', text }]
}

function section({ name, doc, options, extra, intervalSeconds, watches, examples }: BeaconDefinition): string {
  const rows = { ...options, ...(extra === undefined ? {} : { 'any other name': extra }) }
  return [
    `## ${name}`,
    doc,
    `Where no \`interval\` is given, it is read ${whenRead(intervalSeconds, watches === true)}.`,
    ...(Object.keys(rows).length === 0 ? [] : [optionTable(rows)]),
    ...examples.map((example) => `\`\`\`yaml\nbeacons:\n${example.replace(/^/gm, '  ')}\n\`\`\``),
  ].join('\n\n')
}

function whenRead(seconds: number, watches: boolean): string {
  const times = seconds === 0 ? [] : [`every ${seconds} seconds`]
  return [...(watches ? ['when something happens'] : []), ...times].join(' and ')
}

function optionTable(options: Readonly<Record<string, Schema>>): string {
  return table(
    ['Option', 'Value', 'Default', 'Meaning'],
    Object.entries(options).map(([name, schema]) => [
      name.includes(' ') ? name : `\`${name}\``,
      expectation(schema),
      name.includes(' ') || schema['x-optional'] === true ? defaultOf(schema) : 'required',
      schema.description ?? '',
    ]),
  )
}

function defaultOf({ default: value }: Schema): string {
  return value === undefined ? '' : `\`${toJson(value)}\``
}

if (import.meta.main) publishPages(await beaconPages())
