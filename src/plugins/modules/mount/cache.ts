/** Functions of `mount` about what states remember of the file systems that they mounted. */
import * as fs from 'node:fs'
import { dirname, join } from 'node:path'
import { SaltError } from '../../../base/errors.ts'
import { readFileIfExists, writeFileAtomicSync } from '../../../base/files.ts'
import { isRecord } from '../../../base/narrow.ts'
import { s } from '../../../base/schema.ts'
import { type FunctionContext, fn } from '../../../engine/plugin.ts'

const realName = s.path('The mount point')

function cacheFile(ctx: FunctionContext): string {
  const folder = ctx.config.get('cachedir')
  if (typeof folder !== 'string') throw new SaltError('execution-failed', 'The configuration has no cachedir.')
  return join(folder, 'mounts')
}

type Mounts = Record<string, unknown>

/** Lets `change` say what is remembered now; nothing waits between reading and writing, so that no job undoes another's. */
async function withMounts(ctx: FunctionContext, change: (mounts: Mounts) => Mounts): Promise<void> {
  const { parseYaml } = await import('../../../base/yaml.ts')
  const { emitYaml } = await import('../../../base/yaml-emit.ts')
  const file = cacheFile(ctx)
  const cache = parseYaml(readFileIfExists(file) ?? '', { file })
  const before = isRecord(cache) && isRecord(cache.mounts) ? cache.mounts : {}
  const mounts = change(before)
  if (mounts === before) return
  fs.mkdirSync(dirname(file), { recursive: true })
  writeFileAtomicSync(file, emitYaml({ mounts }), 0o600)
}

export const cacheFunctions = {
  read_mount_cache: fn({
    doc: 'Tell how a state mounted a file system.',
    args: { name: realName },
    returns: s.record(s.any(), 'Empty where no state did'),
    examples: ["salt '*' mount.read_mount_cache /mnt/share"],
    async run(ctx, { name }) {
      let found: unknown
      await withMounts(ctx, (mounts) => {
        found = mounts[name]
        return mounts
      })
      return isRecord(found) ? found : {}
    },
  }),
  write_mount_cache: fn({
    doc: 'Remember how a state mounted a file system.',
    args: {
      real_name: realName,
      device: s.string('What is mounted'),
      mkmnt: s.any('Whether the folder was made'),
      fstype: s.string('Type of the file system'),
      mount_opts: s.any('Options of mount'),
    },
    returns: s.boolean('Always true'),
    examples: ["salt '*' mount.write_mount_cache /mnt/share /dev/sda1 false ext4 defaults,nosuid"],
    async run(ctx, { real_name, device, mkmnt, fstype, mount_opts }) {
      const entry = { device, fstype, mkmnt, opts: mount_opts }
      await withMounts(ctx, (mounts) => ({ ...mounts, [real_name]: entry }))
      return true
    },
  }),
  delete_mount_cache: fn({
    doc: 'Forget how a state mounted a file system.',
    args: { real_name: realName },
    returns: s.boolean('Always true'),
    examples: ["salt '*' mount.delete_mount_cache /mnt/share"],
    async run(ctx, { real_name }) {
      await withMounts(ctx, (mounts) => {
        const { [real_name]: known, ...others } = mounts
        return known === undefined ? mounts : others
      })
      return true
    },
  }),
}
