/** Runs the JSON files below `test/cases/modules`: calls as typed on a command line, with what they must come to. */

import assert from 'node:assert/strict'
import { existsSync, readdirSync, readFileSync, symlinkSync } from 'node:fs'
import { test } from 'node:test'
import { toJson } from '../../../src/base/json.ts'
import { ConfigFolder } from '../../support/config-folder.ts'
import { FunctionHost } from '../../support/function-host.ts'

interface Recorded {
  readonly stdout?: string
  readonly stderr?: string
  readonly retcode?: number
  /** Holds the recorded output. */
  readonly file?: string
  /** Names the recorded output among those of the file of cases. */
  readonly output?: string
}

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
  readonly programs?: Readonly<Record<string, string | Recorded | readonly (string | Recorded)[]>>
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
  readonly outputs?: Readonly<Record<string, string>>
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

/** Recorded outputs with the content of the files that they name. */
function recordedPrograms(
  programs: NonNullable<ModuleCase['programs']>,
  outputs: NonNullable<Recording['outputs']>,
  here: (word: string) => string,
) {
  return Object.fromEntries(
    Object.entries(programs).map(([line, recorded]) => [
      here(line),
      [recorded].flat().map((run) => withContent(run, outputs)),
    ]),
  )
}

function withContent(
  recorded: string | Recorded,
  outputs: NonNullable<Recording['outputs']>,
): string | Omit<Recorded, 'file' | 'output'> {
  if (typeof recorded === 'string') return recorded
  const { file, output, ...result } = recorded
  if (output !== undefined) {
    const stdout = outputs[output]
    if (stdout === undefined) throw new Error(`no output of the name ${output}`)
    return { ...result, stdout }
  }
  return file === undefined ? result : { ...result, stdout: readFileSync(new URL(file, casesFolder), 'utf8') }
}

async function check(one: ModuleCase, outputs: NonNullable<Recording['outputs']>): Promise<void> {
  using folder = new ConfigFolder(one.files)
  for (const [path, target] of Object.entries(one.links ?? {})) symlinkSync(target, folder.file(path))
  const here = (word: string): string => word.replaceAll('FOLDER', folder.path)
  const config = { id: 'alpha', config_dir: folder.path, ...JSON.parse(here(JSON.stringify(one.config ?? {}))) }
  const host = new FunctionHost({
    grains: one.grains ?? {},
    pillar: one.pillar ?? {},
    config,
    ...(one.programs === undefined ? {} : { programs: recordedPrograms(one.programs, outputs, here) }),
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
