/** Runs the JSON files below `test/cases/states`: single states, in a dry run and in earnest, with what they must come to. */
import assert from 'node:assert/strict'
import {
  chmodSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  statSync,
  symlinkSync,
} from 'node:fs'
import { test } from 'node:test'
import { toJson } from '../../../src/base/json.ts'
import type { BeaconMapping } from '../../../src/engine/beacons/beacons.ts'
import { findProgram } from '../../../src/engine/functions/process-identity.ts'
import type { ScheduleMapping } from '../../../src/engine/schedule/schedule.ts'
import { ConfigFolder } from '../../support/config-folder.ts'
import { keptBeacons, keptSchedule } from '../../support/minion-keepers.ts'
import { type RecordedPrograms, recordedPrograms, type SharedOutputs } from '../../support/recorded-programs.ts'
import { StateHost } from '../../support/state-host.ts'
import { type Answer, type Answering, WebServer } from '../../support/web-server.ts'

interface Expected {
  readonly result?: boolean | null
  readonly comment?: string
  /** Regular expression for the comment. */
  readonly match?: string
  readonly changes?: unknown
  readonly warnings?: readonly string[]
}

interface StateCase {
  readonly name: string
  /** `file.managed`; `FOLDER` in what follows stands for a temporary folder. */
  readonly state: string
  readonly args: Readonly<Record<string, unknown>>
  /** What a dry run reports. It must leave the folder as it is, and run no other programs than `ran` of its own. */
  readonly test?: Expected & { readonly ran?: readonly string[] }
  /** What a run reports, and what one right after it does. */
  readonly apply?: Expected
  readonly again?: Expected
  /** Applies to the watch of the state instead. */
  readonly watch?: true
  readonly grains?: Readonly<Record<string, unknown>>
  readonly pillar?: Readonly<Record<string, unknown>>
  readonly config?: Readonly<Record<string, unknown>>
  /** Files below the temporary folder; those below `root/` are those of the system, which then lies there. `srv/` is the file root. */
  readonly files?: Readonly<Record<string, string>>
  readonly links?: Readonly<Record<string, string>>
  /** Empty folders, and modes of files or folders in octal digits, before it runs. */
  readonly folders?: readonly string[]
  readonly modes?: Readonly<Record<string, string>>
  readonly programs?: RecordedPrograms
  /** Command lines that must have been run by `apply` and `again`, in this order. */
  readonly ran?: readonly string[]
  /** File → content afterwards; null: it is not there. */
  readonly left?: Readonly<Record<string, string | null>>
  /** Modes afterwards, and what links say. */
  readonly leftModes?: Readonly<Record<string, string>>
  readonly leftLinks?: Readonly<Record<string, string>>
  readonly root?: true
  /** Program that must be installed here. */
  readonly needs?: string
  /** What the minion keeps: jobs and beacons by their names. */
  readonly schedule?: ScheduleMapping
  readonly beacons?: BeaconMapping
  /** A web server's answers by path, in turn where there are several; `WEB` in what follows stands for its address. */
  readonly answers?: Readonly<Record<string, Answer | readonly Answer[]>>
  /** `METHOD /path` that it must have been asked for by `apply` and `again`. */
  readonly asked?: readonly string[]
  /** Tags and data of the events that `apply` and `again` must have fired. */
  readonly fired?: readonly (readonly [tag: string, data: unknown])[]
}

interface Recording {
  readonly recorded: string
  readonly grains?: StateCase['grains']
  readonly outputs?: SharedOutputs
  readonly cases: readonly StateCase[]
}

const casesFolder = new URL('../../cases/states/', import.meta.url)

for (const path of readdirSync(casesFolder, { recursive: true, encoding: 'utf8' }).sort()) {
  if (!path.endsWith('.json')) continue
  const content: readonly StateCase[] | Recording = JSON.parse(readFileSync(new URL(path, casesFolder), 'utf8'))
  const recording: Recording = 'cases' in content ? content : { recorded: '', cases: content }
  for (const one of recording.cases) {
    const skip = whyNot(one)
    const { grains = {}, outputs = {} } = recording
    test(`${path}: ${one.name}`, { skip }, () => check({ ...one, grains: { ...grains, ...one.grains } }, outputs))
  }
}

function whyNot({ root, needs }: StateCase): string | false {
  if (root === true && process.geteuid?.() !== 0) return 'only root can do this'
  return needs === undefined || findProgram(needs, process.env.PATH) !== undefined ? false : `${needs} is not installed`
}

async function check(one: StateCase, outputs: SharedOutputs): Promise<void> {
  using folder = new ConfigFolder(one.files)
  await using web = new WebServer(answeringInTurn(one.answers ?? {}))
  if (one.answers !== undefined) await web.start()
  const keepers = {
    ...(one.schedule === undefined ? {} : { schedule: keptSchedule(one.schedule, folder.path) }),
    ...(one.beacons === undefined ? {} : { beacons: await keptBeacons(one.beacons, folder.path) }),
  }
  const fired: unknown[] = []
  for (const path of one.folders ?? []) mkdirSync(folder.file(path), { recursive: true })
  for (const [path, target] of Object.entries(one.links ?? {}))
    symlinkSync(target.replace('FOLDER', folder.path), folder.file(path))
  for (const [path, mode] of Object.entries(one.modes ?? {})) chmodSync(folder.file(path), Number.parseInt(mode, 8))
  const here = (text: string): string => text.replaceAll('FOLDER', folder.path).replaceAll('WEB', web.url)
  const everywhere = <T>(value: T): T => JSON.parse(here(JSON.stringify(value)))
  const makeHost = (): StateHost =>
    new StateHost({
      grains: one.grains ?? {},
      pillar: one.pillar ?? {},
      services: keepers,
      emit: async (tag, data) => fired.push([tag, data]) > 0,
      config: {
        id: 'alpha',
        config_dir: folder.path,
        cachedir: folder.file('cache'),
        file_roots: { base: [folder.file('srv')] },
        ...everywhere(one.config ?? {}),
      },
      ...(one.programs === undefined ? {} : { programs: recordedPrograms(one.programs, outputs, here, casesFolder) }),
      ...(existsSync(folder.file('root')) ? { root: folder.file('root') } : {}),
    })
  const args = everywhere(one.args)
  if (one.test !== undefined) {
    const before = snapshot(folder.path)
    const host = makeHost()
    expect(
      one.watch === true ? await host.watch(one.state, args, true) : await host.test(one.state, args),
      everywhere(one.test),
      'dry run',
    )
    assert.deepEqual(snapshot(folder.path), before, 'a dry run changes nothing')
    assert.deepEqual(fired, [], 'a dry run fires nothing')
    if (one.test.ran !== undefined) assert.deepEqual(host.functions.ran, one.test.ran.map(here))
  }
  web.requests.length = 0
  const host = makeHost()
  for (const [what, expected] of [
    ['run', one.apply],
    ['second run', one.again],
  ] as const) {
    if (expected === undefined) continue
    const performed = one.watch === true ? await host.watch(one.state, args) : await host.apply(one.state, args)
    expect(performed, everywhere(expected), what)
  }
  if (one.fired !== undefined) assert.deepEqual(fired, one.fired)
  const asked = web.requests.map(({ method, path }) => `${method} ${path}`)
  if (one.asked !== undefined) assert.deepEqual(asked, one.asked)
  if (one.ran !== undefined) assert.deepEqual(host.functions.ran, one.ran.map(here))
  expectLeft(one, folder, here)
}

function expectLeft(one: StateCase, folder: ConfigFolder, here: (text: string) => string): void {
  for (const [file, text] of Object.entries(one.left ?? {})) {
    const path = folder.file(file)
    assert.equal(existsSync(path) ? readFileSync(path, 'utf8') : null, text, file)
  }
  for (const [file, mode] of Object.entries(one.leftModes ?? {})) {
    assert.equal((statSync(folder.file(file)).mode & 0o7777).toString(8).padStart(4, '0'), mode, file)
  }
  for (const [file, target] of Object.entries(one.leftLinks ?? {})) {
    assert.equal(readlinkSync(folder.file(file)), here(target), file)
  }
}

function answeringInTurn(answers: NonNullable<StateCase['answers']>): Answering {
  const counts = new Map<string, number>()
  return ({ path }) => {
    const list = [answers[path] ?? { status: 404 }].flat()
    const count = counts.get(path) ?? 0
    counts.set(path, count + 1)
    return list[Math.min(count, list.length - 1)] ?? { status: 404 }
  }
}

function expect(performed: Awaited<ReturnType<StateHost['apply']>>, expected: Expected, what: string): void {
  const { result, comment, changes, warnings } = performed
  if (expected.comment !== undefined) assert.equal(comment, expected.comment, what)
  if (expected.match !== undefined) assert.match(comment, new RegExp(expected.match, 's'), what)
  if ('result' in expected) assert.equal(result, expected.result, `${what}: ${comment}`)
  if ('changes' in expected) assert.deepEqual(JSON.parse(toJson(changes)), expected.changes, what)
  if (expected.warnings !== undefined) assert.deepEqual(warnings ?? [], expected.warnings, what)
}

/** Path → kind, mode and content of all that is below a folder, but for the cache. */
function snapshot(folder: string): Record<string, string> {
  const entries = readdirSync(folder, { withFileTypes: true, recursive: true })
  const paths = entries.map((entry) => `${entry.parentPath}/${entry.name}`)
  return Object.fromEntries(
    paths
      .filter((path) => !path.startsWith(`${folder}/cache`))
      .sort()
      .map((path) => [path, describe(path)]),
  )
}

function describe(path: string): string {
  const { mode, uid, gid } = lstatSync(path)
  const kind = lstatSync(path).isFile() ? readFileSync(path, 'latin1') : ''
  return `${mode.toString(8)} ${uid}:${gid} ${kind}`
}
