/** `file.tidied` */
import * as fs from 'node:fs'
import { systemCode } from '../../../base/errors.ts'
import { s } from '../../../base/schema.ts'
import { PythonRegex } from '../../../engine/functions/python-regex.ts'
import { state } from '../../../engine/plugin.ts'
import { done, failed, impossible, pending, right } from '../../../engine/state/plan.ts'
import { entryAt } from '../../modules/file/entry.ts'
import { reasonOf } from '../../modules/file/managing/plan-words.ts'
import { joinPath } from '../../modules/file/paths.ts'
import { isFolder } from '../../modules/file/status.ts'
import { isPlan, pathName, targetPath } from './arguments.ts'

const times = ['atime', 'mtime', 'ctime'] as const

interface TidyRequest {
  readonly ageDays: number
  /** Bytes. */
  readonly size: number
  readonly matches: readonly PythonRegex[]
  readonly exclude: readonly PythonRegex[]
  readonly rmdirs: boolean
  readonly wholePath: boolean
  readonly followLinks: boolean
  readonly time: (typeof times)[number]
  /** One of age and size, both, or one of them alone. */
  readonly counts: 'OR' | 'AND' | 'age' | 'size'
  readonly rmlinks: boolean
}

export const tidiedState = {
  tidied: state({
    doc: 'Make sure that old or large files below a folder are gone. One of the two is enough, unless something else is said; with neither, all that match go.',
    args: {
      name: pathName,
      age: s.withDefault(s.number('Days that a file may be old'), 0),
      matches: s.optional(s.array(s.string(), 'Expressions for the start of names; any when left out')),
      rmdirs: s.withDefault(s.boolean('Remove folders, too'), false),
      size: s.withDefault(
        s.union([s.integer(), s.string()], 'Bytes, or with a unit as in 10M, from which on a file is large'),
        0,
      ),
      exclude: s.optional(s.array(s.string(), 'Expressions for names that stay')),
      full_path_match: s.withDefault(s.boolean('The expressions are about whole paths'), false),
      followlinks: s.withDefault(s.boolean('Go into folders that links lead to'), false),
      time_comparison: s.withDefault(s.string('What the age is counted from: atime, mtime or ctime'), 'atime'),
      age_size_logical_operator: s.withDefault(
        s.literal(['OR', 'AND'], 'Whether one of age and size is enough, or a file must be both old and large'),
        'OR',
      ),
      age_size_only: s.optional(s.literal(['age', 'size'], 'Only this counts')),
      rmlinks: s.withDefault(s.boolean('Remove links, too'), true),
    },
    examples: [
      "/var/tmp/builds:\n  file.tidied:\n    - age: 30\n    - matches:\n      - 'build-.*'\n    - rmdirs: True",
    ],
    plan(ctx, want) {
      const path = targetPath(want.name, 'tidied')
      if (isPlan(path)) return path
      if (!isFolder(path)) return impossible(`${path} does not exist or is not a directory.`)
      const size = bytesOfSize(want.size)
      if (size === undefined) return impossible(`'${want.size}' is no size: give bytes, or a number with K, M, G or T`)
      const compile = (patterns: readonly string[]) => patterns.map((pattern) => new PythonRegex(pattern))
      const removed = pathsToTidy(path, {
        ageDays: want.age,
        size,
        matches: compile(want.matches ?? ['.*']),
        exclude: compile(want.exclude ?? []),
        rmdirs: want.rmdirs,
        wholePath: want.full_path_match,
        followLinks: want.followlinks,
        counts: want.age_size_only ?? want.age_size_logical_operator,
        rmlinks: want.rmlinks,
        time: times.find((known) => known === want.time_comparison.toLowerCase()) ?? 'atime',
      })
      if (removed.length === 0) return right(`Nothing to remove from directory ${path}`)
      return pending({
        comment: `${path} is set for tidy`,
        changes: { removed },
        async apply() {
          const gone: string[] = []
          try {
            for (const one of removed) {
              await ctx.salt('file.remove', [one])
              gone.push(one)
            }
          } catch (error) {
            ctx.signal.throwIfAborted()
            return failed(reasonOf(error), { removed: gone })
          }
          return done(`Removed ${removed.length} files or directories from directory ${path}`, { removed })
        },
      })
    },
  }),
}

const units: Readonly<Record<string, number>> = {
  '': 1,
  B: 1,
  K: 2 ** 10,
  M: 2 ** 20,
  G: 2 ** 30,
  T: 2 ** 40,
  P: 2 ** 50,
}

/** `10M`, `1.5 GB`, `2KiB` */
function bytesOfSize(size: number | string): number | undefined {
  const [, number, unit = ''] = /^\s*(\d+(?:\.\d+)?)\s*([KMGTP]?)(?:i?B)?\s*$/i.exec(String(size)) ?? []
  const factor = units[unit.toUpperCase()]
  return number === undefined || factor === undefined ? undefined : Number(number) * factor
}

interface Entry {
  readonly name: string
  readonly path: string
  /** Of a link itself. */
  readonly status: fs.Stats
}

/** What is in a folder; that others remove something meanwhile is nothing unusual in folders that are tidied. */
function entriesOf(folder: string): Entry[] {
  return namesIn(folder).flatMap((name) => {
    const path = joinPath(folder, name)
    const status = entryAt(path)
    return status === undefined ? [] : [{ name, path, status }]
  })
}

/** What is to be removed: what links lead to before the links themselves, the deepest first. No folder is looked at twice, so no walk is endless. */
function pathsToTidy(top: string, request: TidyRequest): string[] {
  const seen = new Set<string>()
  const linked: string[] = []
  const walk = (folder: string): string[] => {
    const id = folderId(folder)
    if (id === undefined || seen.has(id)) return []
    seen.add(id)
    const entries = entriesOf(folder)
    const { files = [], folders = [] } = Object.groupBy(entries, ({ path }) => (isFolder(path) ? 'folders' : 'files'))
    const { real = [], links = [] } = Object.groupBy(folders, ({ status }) =>
      status.isSymbolicLink() ? 'links' : 'real',
    )
    if (request.followLinks) linked.push(...links.map(({ path }) => path))
    const here = [...files, ...folders].filter((entry) => isTidied(entry, request))
    return [...real.flatMap(({ path }) => walk(path)), ...here.map(({ path }) => path)]
  }
  let paths = walk(top)
  for (let link = linked.shift(); link !== undefined; link = linked.shift()) paths = [...walk(link), ...paths]
  return paths
}

/** Undefined for what is gone by now. */
function folderId(folder: string): string | undefined {
  const status = fs.statSync(folder, { bigint: true, throwIfNoEntry: false })
  return status === undefined ? undefined : `${status.dev}:${status.ino}`
}

function namesIn(folder: string): string[] {
  try {
    return fs.readdirSync(folder)
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return []
    throw error
  }
}

function isTidied({ name, path, status }: Entry, request: TidyRequest): boolean {
  if (status.isDirectory() && !request.rmdirs) return false
  if (status.isSymbolicLink() && !request.rmlinks) return false
  const size = status.isDirectory() || status.isSymbolicLink() ? 0 : status.size
  const age = daysBetween(status[`${request.time}Ms`], Date.now())
  if (!isDue(age >= request.ageDays, size >= request.size, request)) return false
  const text = request.wholePath ? path : name
  return request.matches.some((one) => one.match(text)) && !request.exclude.some((one) => one.match(text))
}

function isDue(isOld: boolean, isLarge: boolean, { counts }: TidyRequest): boolean {
  if (counts === 'age') return isOld
  if (counts === 'size') return isLarge
  return counts === 'AND' ? isOld && isLarge : isOld || isLarge
}

/** Days of the calendar, here. */
function daysBetween(fromMs: number, toMs: number): number {
  const day = (ms: number): number => {
    const date = new Date(ms)
    return Date.UTC(date.getFullYear(), date.getMonth(), date.getDate()) / 86_400_000
  }
  return Math.abs(day(toMs) - day(fromMs))
}
