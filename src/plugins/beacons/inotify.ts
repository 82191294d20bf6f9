import { s } from '../../base/schema.ts'
import { defineBeacon } from '../../engine/beacon.ts'
import {
  type ChangeKind,
  type Exclusion,
  TreeWatch,
  unseenKinds,
  type WatchedPath,
} from '../../engine/beacons/tree-watch.ts'

const kinds = [
  'access',
  'attrib',
  'close_nowrite',
  'close_write',
  'create',
  'delete',
  'delete_self',
  'dont_follow',
  'excl_unlink',
  'ignored',
  'modify',
  'moved_from',
  'moved_to',
  'move_self',
  'oneshot',
  'onlydir',
  'open',
  'unmount',
] as const

const mask = s.literal(kinds)
const settings = s.object({
  mask: s.optional(s.union([s.array(mask), mask], 'Kinds of changes; create, delete and modify by default')),
  recurse: s.optional(s.boolean('Watch all folders below it')),
  auto_add: s.optional(s.boolean('Accepted: with recurse, new folders are watched in any case')),
  exclude: s.optional(
    s.array(
      s.union([s.path(), s.record(s.union([s.object({ regex: s.optional(s.boolean()) }), s.null()]))]),
      'What is not told: paths with all below them, globs, or regular expressions with regex: true',
    ),
  ),
})

export const inotify = defineBeacon({
  name: 'inotify',
  doc: 'Tells of changes in files and folders as they happen.',
  options: {
    files: s.record(s.union([settings, s.null()]), 'Paths, each with mask, recurse and exclude'),
    coalesce: s.withDefault(s.boolean('Tell what happens to a file more than once in a moment only once'), false),
  },
  intervalSeconds: 10,
  watches: true,
  examples: [
    'inotify:\n  - files:\n      /etc/important_file:\n        mask: [modify]\n  - disable_during_state_run: true',
    "inotify:\n  - files:\n      /srv/app:\n        mask: [create, modify, delete]\n        recurse: true\n        exclude:\n          - /srv/app/cache\n          - '\\.swp$':\n              regex: true\n  - coalesce: true",
  ],
  open(context, { files, coalesce }) {
    const paths = Object.entries(files).map(([path, given]): WatchedPath => {
      const wanted = [given?.mask ?? ['create', 'delete', 'modify']].flat()
      const unseen = wanted.filter((kind) => unseenKinds.has(kind))
      if (unseen.length > 0)
        context.log.warning('inotify cannot see such changes here', { path, mask: unseen.join(', ') })
      return {
        path: context.at(path),
        kinds: new Set(wanted.flatMap((kind) => changesOf[kind] ?? [])),
        isRecursive: given?.recurse === true,
        exclusions: (given?.exclude ?? []).map(exclusionOf),
      }
    })
    const watch = new TreeWatch(paths, () => context.wake())
    return {
      async read() {
        watch.begin()
        const changes = watch.take()
        const seen = new Set<string>()
        return changes.flatMap(({ folder, path, change, ...more }) => {
          const key = `${path} ${change}`
          if (coalesce && seen.has(key)) return []
          seen.add(key)
          return [{ tag: folder, key, data: { path, change, ...more } }]
        })
      },
      async [Symbol.asyncDispose]() {
        watch[Symbol.dispose]()
      },
    }
  },
})

/** Moves cannot be told from making and deleting, nor the end of writing from writing. */
const changesOf: Readonly<Record<string, readonly ChangeKind[]>> = {
  attrib: ['attrib'],
  close_write: ['modify'],
  create: ['create'],
  delete: ['delete'],
  delete_self: ['delete'],
  modify: ['modify'],
  moved_from: ['delete'],
  moved_to: ['create'],
  move_self: ['delete'],
}

function exclusionOf(given: string | Record<string, { regex?: boolean | undefined } | null>): Exclusion {
  if (typeof given === 'string') return { text: given, isRegex: false }
  const [[text, settings] = ['', null]] = Object.entries(given)
  return { text, isRegex: settings?.regex === true }
}
