/** Writes the compatibility page from the registries and the tables of what is left out. `--check` only compares. */
import { differences } from '../src/engine/compat/differences.ts'
import { leftOutModules } from '../src/engine/compat/left-out-modules.ts'
import { leftOutFolders, leftOutOptions } from '../src/engine/compat/substitutes.ts'
import type { RegistryEntry } from '../src/engine/functions/catalogue.ts'
import { missingRenderers } from '../src/engine/render/missing-renderers.ts'
import { rendererNames } from '../src/engine/render/render-sls.ts'
import {
  moduleRegistry,
  returnerRegistry,
  runnerRegistry,
  stateRegistry,
  wheelRegistry,
} from '../src/plugins/registry.ts'
import { generatedNote, type Page, publishPages, table } from './pages.ts'

export function compatibilityPages(): readonly Page[] {
  return [{ path: '../compatibility.md', text: page() }]
}

function page(): string {
  return `${generatedNote('src/engine/compat')}

# Compatibility with Salt

Existing states, pillar, reactions, orchestrations and configuration files are read as they are. What of them works, and what has to be
written in another way, is said by

\`\`\`
salt compat /srv/salt /srv/pillar /etc/salt
\`\`\`

with a line for each place, \`file:line: what — instead\`, and numbers at the end. \`--out json\` gives the same as data. It runs nothing and
exits 1 where something has to be written in another way. Names that a template makes (\`{{ state }}.managed\`) it cannot judge.

## What is there

- Renderers: ${codes(rendererNames)}, in pipes as the first line names them.
- States: ${modules(stateRegistry.entries)}.
- Functions: ${modules(moduleRegistry.entries)}.
- Runners: ${modules(runnerRegistry.entries)}. Wheel functions: ${modules(wheelRegistry.entries)}.
- Returners: ${codes(Object.keys(returnerRegistry).sort())}.

Every function and its arguments: [functions](reference/functions/README.md).

## What is left out on purpose, and the way round

${table(
  ['Subject', 'Modules', 'Write instead'],
  leftOutModules.map(({ subject, names, instead }) => [subject, codes(names), instead]),
)}

What is in no table: \`cmd.run\` with \`unless\`, \`onlyif\` or \`creates\`, or a module or state of your own.

### Plugins in Python

${table(
  ['Folder', 'Write instead'],
  Object.entries(leftOutFolders).map(([folder, instead]) => [`\`${folder}\``, instead]),
)}

### Renderers

${table(
  ['Renderer', 'Write instead'],
  Object.entries(missingRenderers).map(([name, instead]) => [`\`${name}\``, instead]),
)}

### Options

Options of Salt that have no effect here are accepted, so that existing files keep working. These have another way to the same end:

${table(
  ['Option', 'Use instead'],
  Object.entries(leftOutOptions).map(([name, instead]) => [`\`${name}\``, instead]),
)}

## What is otherwise on purpose

${table(
  ['Subject', 'Salt', 'Here'],
  differences.map(({ subject, salt, here }) => [subject, salt, here]),
)}
`
}

function modules(entries: readonly Pick<RegistryEntry<unknown>, 'name' | 'functions'>[]): string {
  const counts = new Map<string, Set<string>>()
  for (const { name, functions } of entries) {
    const known = counts.get(name) ?? new Set()
    for (const fun of functions) known.add(fun)
    counts.set(name, known)
  }
  return [...counts].map(([name, functions]) => `\`${name}\` (${functions.size})`).join(', ')
}

function codes(names: readonly string[]): string {
  return names.map((name) => `\`${name}\``).join(', ')
}

if (import.meta.main) publishPages(compatibilityPages())
