/** Runs the JSON files below `test/cases/modules`: calls as typed on a command line, with what they must come to. */

import assert from 'node:assert/strict'
import { existsSync, readdirSync, readFileSync, symlinkSync } from 'node:fs'
import { test } from 'node:test'
import { toJson } from '../../../src/base/json.ts'
import { ConfigFolder } from '../../support/config-folder.ts'
import { FunctionHost } from '../../support/function-host.ts'
import { type RecordedPrograms, recordedPrograms, type SharedOutputs } from '../../support/recorded-programs.ts'

interface ModuleCase {
  readonly name: string
  /** Function and words; `FOLDER` stands for a temporary folder, which is also the folder of the configuration. */
  readonly call: readonly [string, ...string[]]
  /** Calls before it, whose results do not matter. */
  readonly before?: readonly (readonly [string, ...string[]])[]
  readonly grains?: Readonly<Record<string, unknown>>
  readonly pillar?: Readonly<Record<string, unknown>>
  readonly config?: Readonly<Record<string, unknown>>
  /** Files below the temporary folder; those below `root/` are those of the system, which then lies there. */
  readonly files?: Readonly<Record<string, string>>
  /** Symbolic links there: path → target. */
  readonly links?: Readonly<Record<string, string>>
  /**
   * Recorded programs: command line → output, or `{ stdout, stderr, retcode }`, or `{ file }` beside the cases. Of a list,
   * each run takes the next, and the last stays.
   */
  readonly programs?: RecordedPrograms
  /** Command lines that must have been run, in this order. */
  readonly ran?: readonly string[]
  readonly return?: unknown
  /** Regular expression for the return, as text or JSON. */
  readonly match?: string
  readonly retcode?: number
  readonly root?: true
  /** File → content afterwards. */
  readonly left?: Readonly<Record<string, string>>
}

/** What real programs printed on real systems. */
interface Recording {
  /** Programs, their versions, and the system that they ran on. */
  readonly recorded: string
  /** Grains of all cases. */
  readonly grains?: ModuleCase['grains']
  /** Outputs that several cases share. */
  readonly outputs?: SharedOutputs
  readonly cases: readonly ModuleCase[]
}

const casesFolder = new URL('../../cases/modules/', import.meta.url)

for (const path of readdirSync(casesFolder, { recursive: true, encoding: 'utf8' }).sort()) {
  if (!path.endsWith('.json')) continue
  const content: readonly ModuleCase[] | Recording = JSON.parse(readFileSync(new URL(path, casesFolder), 'utf8'))
  const recording: Recording = 'cases' in content ? content : { recorded: '', cases: content }
  const title = recording.recorded === '' ? path.slice(0, -'.json'.length) : `${path} (${recording.recorded})`
  for (const one of recording.cases) {
    const skip = one.root === true && process.geteuid?.() !== 0 ? 'only root can do this' : false
    const { grains = {}, outputs = {} } = recording
    test(`${title}: ${one.name}`, { skip }, () => check({ ...one, grains: { ...grains, ...one.grains } }, outputs))
  }
}

async function check(one: ModuleCase, outputs: SharedOutputs): Promise<void> {
  using folder = new ConfigFolder(one.files)
  for (const [path, target] of Object.entries(one.links ?? {})) symlinkSync(target, folder.file(path))
  const here = (word: string): string => word.replaceAll('FOLDER', folder.path)
  const config = { id: 'alpha', config_dir: folder.path, ...JSON.parse(here(JSON.stringify(one.config ?? {}))) }
  const host = new FunctionHost({
    grains: one.grains ?? {},
    pillar: one.pillar ?? {},
    config,
    ...(one.programs === undefined ? {} : { programs: recordedPrograms(one.programs, outputs, here, casesFolder) }),
    ...(existsSync(folder.file('root')) ? { root: folder.file('root') } : {}),
  })
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
  if (one.ran !== undefined) assert.deepEqual(host.ran, one.ran.map(here))
  for (const [file, content] of Object.entries(one.left ?? {})) {
    assert.equal(readFileSync(folder.file(file), 'utf8'), content)
  }
}
