/** Writes a reference page for each module of states, from the same data as `sys.state_doc`. `--check` only compares. */
import { compareText } from '../src/base/text.ts'
import { expectation } from '../src/base/validate.ts'
import type { ModuleDocs } from '../src/engine/functions/catalogue.ts'
import { signatureOf } from '../src/engine/functions/doc-text.ts'
import type { FunctionDoc } from '../src/engine/plugin.ts'
import { reversedWords } from '../src/engine/state/compile/requisite-words.ts'
import { globalSchemas, orderSchema, requisiteMeanings } from '../src/engine/state/option-schemas.ts'
import { stateRegistry } from '../src/plugins/registry.ts'
import { needs } from '../test/support/example-host/examples.ts'
import { countFunctions, type ExampleRecord, readRecord, stateRecordFile } from '../test/support/example-host/record.ts'
import { generatedNote, type Page, publishPages, table } from './pages.ts'
import { argumentsTable, exampleBlocks } from './reference-sections.ts'

export async function statePages(): Promise<readonly Page[]> {
  const docs = await stateRegistry.loadDocs()
  const record = readRecord(stateRecordFile)
  const modules = Object.entries(docs).sort(([a], [b]) => compareText(a, b))
  return [
    { path: 'states/README.md', text: indexPage(modules, record) },
    { path: 'states/requisites.md', text: optionsPage() },
    ...modules.map(([name, module]) => ({ path: `states/${name}.md`, text: modulePage(name, module, record) })),
  ]
}

function indexPage(modules: readonly (readonly [string, ModuleDocs])[], record: ExampleRecord): string {
  const rows = modules.map(([name, { doc, functions }]) => [
    `[${name}](${name}.md)`,
    doc,
    Object.keys(functions).sort(compareText).join(', '),
  ])
  return `${generatedNote('src/plugins/states')}

# States

A state says what a host should be like; \`state.apply\` makes it so, and \`state.apply test=True\` says what would be done.

${table(['Module', 'What it is for', 'States'], rows)}

${examplesSection(modules, record)}
`
}

/** What is the same for all states. */
function optionsPage(): string {
  const bonds = Object.entries(requisiteMeanings).map(([word, meaning]) => {
    const [reversed] = [...reversedWords].find(([, kind]) => kind === word) ?? (word === 'use' ? ['use_in'] : [])
    return [`\`${word}\``, reversed === undefined ? '' : `\`${reversed}\``, meaning]
  })
  const options = Object.entries({ order: orderSchema, ...globalSchemas }).map(([name, schema]) => [
    `\`${name}\``,
    expectation(schema),
    schema.description ?? '',
  ])
  return `${generatedNote('src/engine/state/option-schemas.ts')}

# Requisites and options of all states

## Requisites

A requisite names other states: by module and id or name, or whole SLS files. Wildcards may be in names.

\`\`\`yaml
nginx:
  pkg.installed: []
  service.running:
    - require:
      - pkg: nginx
    - watch:
      - file: /etc/nginx/*
      - sls: certificates
\`\`\`

The word of the second column stands at the other end, in the state that is depended on, and names those that depend on it.

${table(['Requisite', 'At the other end', 'What the state that has it does'], bonds)}

## Options

${table(['Option', 'Value', 'Meaning'], options)}

\`unless\`, \`onlyif\` and \`check_cmd\` take commands, and functions with their arguments:

\`\`\`yaml
/etc/app/key:
  cmd.run:
    - name: app-make-key
    - creates: /etc/app/key
    - onlyif:
      - test -d /etc/app
      - fun: service.status
        name: app
    - retry:
        attempts: 3
        interval: 10
\`\`\`
`
}

/** What the tests do with the examples, in numbers. */
function examplesSection(modules: readonly (readonly [string, ModuleDocs])[], record: ExampleRecord): string {
  const states = modules.flatMap(([module, { functions }]) =>
    Object.entries(functions).map(([short, { examples }]) => [`${module}.${short}`, examples] as const),
  )
  const { runs, ...others } = countFunctions(Object.fromEntries(states), record)
  const rows = Object.entries(others).map(([need, count]) => [
    `It ${needs[need as keyof typeof others]}`,
    String(count),
  ])
  return `Every state also takes [requisites and options](requisites.md) that all states have. The tests apply the examples as they are shown,
each as a file of its own, dry first and then in earnest, as a user without privileges, on the host of the
[examples of functions](../functions/README.md). What stands below an example is the result, the comment and the changes of each
of its states.

${table(['States', 'Number'], [['An example is run', String(runs)], ...rows])}`
}

function modulePage(name: string, { doc, functions }: ModuleDocs, record: ExampleRecord): string {
  const sections = Object.entries(functions)
    .sort(([a], [b]) => compareText(a, b))
    .map(([short, state]) => stateSection(`${name}.${short}`, state, record))
  return `${generatedNote('src/plugins/states')}

# ${name}

${doc}

${sections.join('\n\n')}
`
}

function stateSection(name: string, state: FunctionDoc, record: ExampleRecord): string {
  return [
    `## ${name}`,
    `\`${signatureOf(name, state)}\``,
    state.doc,
    ...argumentsTable(state, 'the id'),
    ...exampleBlocks(state.examples, record, 'yaml'),
  ].join('\n\n')
}

if (import.meta.main) publishPages(await statePages())
