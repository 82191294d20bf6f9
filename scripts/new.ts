/**
 * `npm run new module NAME` (or `state NAME`, `runner NAME`, `wheel NAME`): a plugin that the conformance test finds incomplete, and says how.
 */
import { existsSync, writeFileSync } from 'node:fs'
import { relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import { projectFolder } from './pages.ts'
import { generateRegistry } from './registry.ts'

const kinds = {
  module: { folder: 'modules', define: 'defineModule', fn: 'fn' },
  runner: { folder: 'runners', define: 'defineRunner', fn: 'runnerFn' },
  wheel: { folder: 'wheel', define: 'defineRunner', fn: 'runnerFn' },
} as const

const usage =
  'npm run new module NAME, or state, runner or wheel in place of module; NAME is made of small letters, digits and _'

interface Scaffold {
  readonly path: string
  readonly text: string
  /** The test that says what it lacks. */
  readonly test: string
}

/** Path and content of the new file; undefined where the words make no sense. */
export function scaffold(words: readonly string[]): Scaffold | undefined {
  const [kind, name] = words
  if (words.length !== 2 || name === undefined || !/^[a-z][a-z0-9_]*$/.test(name)) return undefined
  if (kind === 'state') return stateScaffold(name)
  if (kind !== 'module' && kind !== 'runner' && kind !== 'wheel') return undefined
  const { folder, define, fn } = kinds[kind]
  const path = pathOf(folder, name)
  const text = `import { s } from '../../base/schema.ts'
import { ${define}, ${fn} } from '../../engine/plugin.ts'

export const ${symbolOf(name)} = ${define}({
  name: '${name}',
  doc: '',
  functions: {
    first: ${fn}({
      doc: '',
      args: { value: s.any() },
      returns: s.any(),
      examples: [],
      run: (_ctx, { value }) => value,
    }),
  },
})
`
  return { path, text, test: 'conformance' }
}

function stateScaffold(name: string): Scaffold {
  const text = `import { s } from '../../base/schema.ts'
import { defineStates, state } from '../../engine/plugin.ts'
import { done, pending, right } from '../../engine/state/plan.ts'

export const ${symbolOf(name)} = defineStates({
  name: '${name}',
  doc: '',
  functions: {
    present: state({
      doc: '',
      args: { name: s.string() },
      examples: [],
      plan(ctx, { name }) {
        if (Object.hasOwn(ctx.grains, name)) return right('It is there')
        return pending({ comment: 'It would be made', changes: { new: name }, apply: () => done('It was made', { new: name }) })
      },
    }),
  },
})
`
  return { path: pathOf('states', name), text, test: 'state-conformance' }
}

function pathOf(folder: string, name: string): string {
  return fileURLToPath(new URL(`../src/plugins/${folder}/${name.replaceAll('_', '-')}.ts`, import.meta.url))
}

function symbolOf(name: string): string {
  return name.replace(/_(.)/g, (_, letter: string) => letter.toUpperCase())
}

if (import.meta.main) {
  const made = scaffold(process.argv.slice(2))
  if (made === undefined || existsSync(made.path)) {
    const why = made === undefined ? usage : `${relative(projectFolder, made.path)} exists`
    process.stderr.write(`${why}\n`)
    process.exitCode = 64
  } else {
    writeFileSync(made.path, made.text)
    for (const [path, content] of await generateRegistry()) writeFileSync(path, content)
    const file = relative(projectFolder, made.path)
    process.stdout.write(`made ${file}; what it lacks: node --test test/unit/plugins/${made.test}.test.ts\n`)
  }
}
