import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { lstat } from 'node:fs/promises'
import { pipeline } from 'node:stream/promises'
import { systemCode } from '../../base/errors.ts'
import { s } from '../../base/schema.ts'
import { type BeaconEvent, defineBeacon } from '../../engine/beacon.ts'
import { PathWatches } from '../../engine/beacons/path-watches.ts'

const settings = s.object({
  hash: s.optional(s.literal(['sha256', 'sha512', 'sha1', 'md5'], 'Compare the content by this digest, too')),
})

export const file = defineBeacon({
  name: 'file',
  doc: 'Tells of named files when they come, go, or change in size, time, mode, owner or, where wanted, content. Always as with onchangeonly.',
  options: {
    files: s.union(
      [s.record(s.union([settings, s.null()])), s.array(s.path())],
      'Paths: a list, or a mapping with hash for each',
    ),
  },
  intervalSeconds: 60,
  watches: true,
  examples: [
    'file:\n  - files: [/etc/passwd, /run/nologin]',
    'file:\n  - files:\n      /etc/ssh/sshd_config: {hash: sha256}\n  - emitatstartup: false\n  - delay: 5',
  ],
  open(context, { files }) {
    const wanted: readonly (readonly [string, string | undefined])[] = Array.isArray(files)
      ? files.map((path) => [path, undefined])
      : Object.entries(files).map(([path, given]) => [path, given?.hash])
    const watches = new PathWatches(
      wanted.map(([path]) => context.at(path)),
      () => context.wake(),
    )
    return {
      async read() {
        watches.begin()
        const events: BeaconEvent[] = []
        for (const [path, hash] of wanted) {
          const facts = await factsOf(context.at(path), hash)
          events.push({ tag: path, data: { path, ...facts }, state: facts, rules: { onchangeonly: true } })
        }
        return events
      },
      async [Symbol.asyncDispose]() {
        watches[Symbol.dispose]()
      },
    }
  },
})

async function factsOf(path: string, algorithm: string | undefined): Promise<Record<string, unknown>> {
  try {
    const stat = await lstat(path)
    const hash =
      algorithm === undefined || !stat.isFile() ? {} : { hash: `${algorithm}:${await digestOf(path, algorithm)}` }
    return {
      exists: true,
      type: stat.isFile() ? 'file' : stat.isDirectory() ? 'dir' : stat.isSymbolicLink() ? 'link' : 'other',
      size: stat.size,
      mtime: stat.mtime.toISOString(),
      mode: (stat.mode & 0o7777).toString(8).padStart(4, '0'),
      uid: stat.uid,
      gid: stat.gid,
      ...hash,
    }
  } catch (error) {
    const code = systemCode(error)
    if (code === 'ENOENT' || code === 'ENOTDIR') return { exists: false }
    throw error
  }
}

async function digestOf(path: string, algorithm: string): Promise<string> {
  const hash = createHash(algorithm)
  await pipeline(createReadStream(path), hash)
  return hash.digest('hex')
}
