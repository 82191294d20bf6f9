/** Renders recorded cases and compares, or renders a whole tree; see scripts/render-cases. */
import { readFile } from 'node:fs/promises'
import { parseArgs } from 'node:util'
import { asRecord } from '../src/base/narrow.ts'
import { parseYaml } from '../src/base/yaml.ts'
import { readJson } from '../src/engine/render/data/json-read.ts'
import { toPlain } from '../src/engine/render/values/plain.ts'
import { type CaseFailure, readCases, runCase } from '../test/support/render-cases.ts'
import { renderTree } from '../test/support/render-tree.ts'
import { taggedValue } from '../test/support/tagged-render-values.ts'

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    tree: { type: 'string' },
    grains: { type: 'string' },
    pillar: { type: 'string' },
    mocks: { type: 'string' },
  },
})

/** JSON, with floats and the order of keys as written; YAML in a file that is named so. */
async function readData(path: string): Promise<unknown> {
  const text = await readFile(path, 'utf8')
  return /\.ya?ml$/.test(path) ? parseYaml(text, { file: path }) : toPlain(readJson(text))
}

async function readTagged(path: string | undefined): Promise<Map<unknown, unknown> | undefined> {
  if (path === undefined) return undefined
  const value = taggedValue(await readData(path))
  if (!(value instanceof Map)) throw new Error(`${path} does not hold a mapping`)
  return value
}

async function showTree(folder: string): Promise<void> {
  const [grains, pillar] = [await readTagged(values.grains), await readTagged(values.pillar)]
  const mocks = values.mocks === undefined ? {} : asRecord(await readData(values.mocks), values.mocks)
  for await (const line of renderTree(folder, { grains, pillar, mocks }))
    process.stdout.write(`${JSON.stringify(line)}\n`)
}

async function compareFiles(files: readonly string[]): Promise<void> {
  let passed = 0
  const failures: CaseFailure[] = []
  for (const file of files) {
    for (const one of await readCases(file)) {
      const failure = await runCase(one)
      if (failure === undefined) passed += 1
      else failures.push(failure)
    }
  }
  for (const { name, wanted, got } of failures) {
    process.stdout.write(`failed: ${name}\n  wanted: ${wanted}\n  got:    ${got}\n`)
  }
  process.stdout.write(`${passed} passed, ${failures.length} failed\n`)
  process.exitCode = failures.length === 0 ? 0 : 1
}

if (values.tree !== undefined) await showTree(values.tree)
else await compareFiles(positionals)
