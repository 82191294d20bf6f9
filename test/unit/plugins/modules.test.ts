/** Runs `test/cases/modules/*.json`: calls as typed on a command line, with what they must come to. */
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { toJson } from '../../../src/base/json.ts'
import { ConfigFolder } from '../../support/config-folder.ts'
import { FunctionHost } from '../../support/function-host.ts'

interface ModuleCase {
  readonly name: string
  /** Function and words; `FOLDER` stands for a temporary folder, which is also the folder of the configuration. */
  readonly call: readonly [string, ...string[]]
  /** Calls before it, whose results do not matter. */
  readonly before?: readonly (readonly [string, ...string[]])[]
  readonly grains?: Readonly<Record<string, unknown>>
  readonly pillar?: Readonly<Record<string, unknown>>
  readonly config?: Readonly<Record<string, unknown>>
  readonly files?: Readonly<Record<string, string>>
  readonly return?: unknown
  /** Regular expression for the return, as text or JSON. */
  readonly match?: string
  readonly retcode?: number
  readonly root?: true
  /** File → content afterwards. */
  readonly left?: Readonly<Record<string, string>>
}

for (const module of ['test', 'cmd', 'config', 'grains', 'key', 'sys']) {
  const text = readFileSync(new URL(`../../cases/modules/${module}.json`, import.meta.url), 'utf8')
  const cases: readonly ModuleCase[] = JSON.parse(text)
  for (const one of cases) {
    const skip = one.root === true && process.geteuid?.() !== 0 ? 'only root can do this' : false
    test(`${module}: ${one.name}`, { skip }, () => check(one))
  }
}

async function check(one: ModuleCase): Promise<void> {
  using folder = new ConfigFolder(one.files)
  const here = (word: string): string => word.replaceAll('FOLDER', folder.path)
  const config = { id: 'alpha', config_dir: folder.path, ...JSON.parse(here(JSON.stringify(one.config ?? {}))) }
  const host = new FunctionHost({ grains: one.grains ?? {}, pillar: one.pillar ?? {}, config })
  for (const [fun, ...words] of one.before ?? []) await host.type(fun, ...words.map(here))
  const [fun, ...words] = one.call
  const outcome = await host.type(fun, ...words.map(here))
  if ('return' in one)
    assert.deepEqual(JSON.parse(toJson(outcome.return)), JSON.parse(here(JSON.stringify(one.return))))
  if (one.match !== undefined) {
    const shown = typeof outcome.return === 'string' ? outcome.return : toJson(outcome.return)
    assert.match(shown, new RegExp(one.match, 's'))
  }
  assert.equal(outcome.retcode, one.retcode ?? 0, String(outcome.return))
  for (const [file, content] of Object.entries(one.left ?? {})) {
    assert.equal(readFileSync(folder.file(file), 'utf8'), content)
  }
}
