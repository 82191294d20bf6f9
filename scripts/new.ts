/**
 * `npm run new module NAME` (or `runner NAME`, `wheel NAME`): a plugin that the conformance test finds incomplete, and says how.
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
  'npm run new module NAME, npm run new runner NAME, or npm run new wheel NAME; NAME is made of small letters, digits and _'

/** Path and content of the new file; undefined where the words make no sense. */
export function scaffold(words: readonly string[]): { readonly path: string; readonly text: string } | undefined {
  const [kind, name] = words
  if (words.length !== 2 || name === undefined || !/^[a-z][a-z0-9_]*$/.test(name)) return undefined
  if (kind !== 'module' && kind !== 'runner' && kind !== 'wheel') return undefined
  const { folder, define, fn } = kinds[kind]
  const path = fileURLToPath(new URL(`../src/plugins/${folder}/${name.replaceAll('_', '-')}.ts`, import.meta.url))
  const text = `import { s } from '../../base/schema.ts'
import { ${define}, ${fn} } from '../../engine/plugin.ts'

export const ${name.replace(/_(.)/g, (_, letter: string) => letter.toUpperCase())} = ${define}({
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
  return { path, text }
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
    process.stdout.write(`made ${file}; what it lacks: node --test test/unit/plugins/conformance.test.ts\n`)
  }
}
