/** Writes a reference page for each module of functions, runners and wheel functions, from the same data as `sys.doc`. `--check` only compares. */
import { compareText } from '../src/base/text.ts'
import { expectation } from '../src/base/validate.ts'
import type { ModuleDocs } from '../src/engine/functions/catalogue.ts'
import { signatureOf } from '../src/engine/functions/doc-text.ts'
import type { FunctionDoc } from '../src/engine/plugin.ts'
import { core } from '../src/plugins/grains/core/module.ts'
import { moduleRegistry, runnerRegistry, wheelRegistry } from '../src/plugins/registry.ts'
import { needs } from '../test/support/example-host/examples.ts'
import { countFunctions, type ExampleRecord, readRecord } from '../test/support/example-host/record.ts'
import { generatedNote, type Page, publishPages, table } from './pages.ts'
import { argumentsTable, exampleBlocks } from './reference-sections.ts'

export async function functionPages(): Promise<readonly Page[]> {
  const modules = await moduleRegistry.loadDocs()
  const runners = await runnerRegistry.loadDocs()
  const wheels = await wheelRegistry.loadDocs()
  const record = readRecord()
  return [
    { path: 'functions/README.md', text: indexPage({ modules, runners, wheels }, record) },
    ...Object.entries(modules).map(([name, docs]) => page('functions', 'modules', name, docs, record)),
    ...Object.entries(runners).map(([name, docs]) => page('runners', 'runners', name, docs, record)),
    ...Object.entries(wheels).map(([name, docs]) => page('wheel', 'wheel', name, docs, record)),
    { path: 'grains.md', text: grainsPage() },
  ]
}

type KindDocs = Readonly<Record<string, ModuleDocs>>

function indexPage(
  { modules, runners, wheels }: Readonly<Record<'modules' | 'runners' | 'wheels', KindDocs>>,
  record: ExampleRecord,
): string {
  const rows = (docs: KindDocs, folder: string): string[][] =>
    Object.entries(docs)
      .sort(([a], [b]) => compareText(a, b))
      .map(([name, { doc }]) => [`[${name}](${folder}${name}.md)`, doc])
  return `${generatedNote('src/plugins')}

# Functions and runners

Execution functions run on minions: \`salt '*' test.ping\`, or \`salt call test.ping\` on the minion itself.

${table(['Module', 'What it does'], rows(modules, ''))}

${examplesSection(modules, record)}

Runners run inside the master: \`salt run manage.up\`.

${table(['Runner', 'What it does'], rows(runners, '../runners/'))}

Wheel functions run inside the master too, and manage the master itself: \`salt wheel key.list_all\`. Minions cannot be let to them.

${table(['Wheel module', 'What it does'], rows(wheels, '../wheel/'))}
`
}

/** What the tests do with the examples, in numbers. */
function examplesSection(modules: Readonly<Record<string, ModuleDocs>>, record: ExampleRecord): string {
  const functions = Object.entries(modules).flatMap(([module, docs]) =>
    Object.entries(docs.functions).map(([short, { examples }]) => [`${module}.${short}`, examples] as const),
  )
  const { runs, ...others } = countFunctions(Object.fromEntries(functions), record)
  const rows = Object.entries(others).map(([need, count]) => [
    `It ${needs[need as keyof typeof others]}`,
    String(count),
  ])
  return `The tests run the examples as they are shown, as a user without privileges, on a host with some files below \`/srv\`:
the minion \`web1\`, a Debian, on which the user is called fred. What stands below an example is what it showed there; each
function tells whether its examples are run, or why they are not.

${table(['Functions of modules', 'Number'], [['An example is run', String(runs)], ...rows])}`
}

function page(folder: string, source: string, name: string, docs: ModuleDocs, record: ExampleRecord): Page {
  const sections = Object.entries(docs.functions)
    .sort(([a], [b]) => compareText(a, b))
    .map(([fun, doc]) => functionSection(`${name}.${fun}`, doc, record))
  const text = `${generatedNote(`src/plugins/${source}`)}

# ${name}

${docs.doc}

${sections.join('\n\n')}
`
  return { path: `${folder}/${name}.md`, text }
}

function functionSection(name: string, doc: FunctionDoc, record: ExampleRecord): string {
  const { description } = doc.returns
  return [
    `## ${name}`,
    `\`${signatureOf(name, doc)}\``,
    doc.doc,
    ...argumentsTable(doc),
    `Returns ${expectation(doc.returns)}${description === undefined ? '' : `: ${lowerFirst(description)}`}.`,
    ...exampleBlocks(doc.examples, record, 'sh'),
  ].join('\n\n')
}

function lowerFirst(text: string): string {
  return text.charAt(0).toLowerCase() + text.slice(1)
}

function grainsPage(): string {
  const rows = Object.entries(core.grains)
    .sort(([a], [b]) => compareText(a, b))
    .map(([name, schema]) => [`\`${name}\``, expectation(schema), schema.description ?? ''])
  return `${generatedNote('src/plugins/grains')}

# Grains

${core.doc} A grain that makes no sense on a host is absent.

The file \`grains\` beside the minion's configuration file and the option \`grains\` add more; they win over these, in that order.

${table(['Grain', 'Value', 'Meaning'], rows)}
`
}

if (import.meta.main) publishPages(await functionPages())
