import { randomBytes } from 'node:crypto'
import { mkdir, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { SaltError } from '../../base/errors.ts'
import { s } from '../../base/schema.ts'
import { defineModule, fn } from '../../engine/plugin.ts'

const args = {
  suffix: s.withDefault(s.string('End of the name'), ''),
  prefix: s.withDefault(s.string('Begin of the name'), 'tmp'),
  parent: s.optional(s.path('Folder that it lies in; that of the system for such things by default')),
}

interface Wanted {
  readonly suffix: string
  readonly prefix: string
  readonly parent?: string | undefined
}

function freePath({ suffix, prefix, parent = tmpdir() }: Wanted): string {
  const name = `${prefix}${randomBytes(6).toString('hex')}${suffix}`
  if (/[/\0]/.test(name)) throw new SaltError('bad-arguments', `${JSON.stringify(name)} cannot be the name of a file`)
  return join(parent, name)
}

export const temp = defineModule({
  name: 'temp',
  doc: 'Makes files and folders for a short time. Whoever asks for one removes it.',
  functions: {
    dir: fn({
      doc: 'Make a folder that only this user can look into.',
      args,
      returns: s.string('Its path'),
      examples: ["salt '*' temp.dir", "salt '*' temp.dir prefix=mytemp- parent=/var/run/"],
      async run(ctx, wanted) {
        const path = freePath(wanted)
        await mkdir(ctx.at(path), { mode: 0o700 })
        return path
      },
    }),
    file: fn({
      doc: 'Make an empty file that only this user can read.',
      args,
      returns: s.string('Its path'),
      examples: ["salt '*' temp.file", "salt '*' temp.file prefix=mytemp- parent=/var/run/"],
      async run(ctx, wanted) {
        const path = freePath(wanted)
        await writeFile(ctx.at(path), '', { mode: 0o600, flag: 'wx' })
        return path
      },
    }),
  },
})
