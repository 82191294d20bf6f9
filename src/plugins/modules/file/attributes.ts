/** Attributes of Linux file systems (`lsattr`, `chattr`). */
import * as fs from 'node:fs'
import { SaltError } from '../../../base/errors.ts'
import { s } from '../../../base/schema.ts'
import { type FunctionContext, fn } from '../../../engine/plugin.ts'

const letters = 'aAcCdDeijPsStTu'

/** Attributes by file; undefined where the program is not installed. */
export async function attributesOf(ctx: FunctionContext, path: string): Promise<Record<string, string[]> | undefined> {
  if (!fs.existsSync(path)) throw new SaltError('bad-arguments', `File or directory does not exist: ${path}`)
  const result = await ctx.exec(['lsattr', path]).catch((error: unknown) => {
    if (error instanceof SaltError && error.code === 'missing-program') return undefined
    throw error
  })
  if (result === undefined) return undefined
  const found: Record<string, string[]> = {}
  for (const line of result.stdout.split('\n')) {
    const match = /^(\S+)\s+(.+)$/.exec(line)
    if (match === null || line.startsWith('lsattr: ')) continue
    found[match[2] ?? ''] = [...(match[1] ?? '')].filter((letter) => letters.includes(letter))
  }
  return found
}

/** Letters to add and to remove; undefined where attributes cannot be read. */
export async function differingAttributes(
  ctx: FunctionContext,
  path: string,
  wanted: string,
): Promise<{ readonly added: string; readonly removed: string } | undefined> {
  const found = await attributesOf(ctx, path)
  if (found === undefined) return undefined
  const old = new Set(found[path] ?? [])
  const now = new Set(wanted)
  // `e` can be set, but not taken away.
  if (old.has('e')) now.add('e')
  return {
    added: [...now].filter((letter) => !old.has(letter)).join(''),
    removed: [...old].filter((letter) => !now.has(letter)).join(''),
  }
}

/** @param change `+ai` or `-i` */
export async function changeAttributes(
  ctx: FunctionContext,
  files: readonly string[],
  change: string,
  options: readonly string[] = [],
): Promise<boolean> {
  const { retcode } = await ctx.exec(['chattr', change, ...options, ...files])
  if (retcode !== 0) ctx.setRetcode(retcode)
  return retcode === 0
}

export const attributeFunctions = {
  lsattr: fn({
    doc: 'List the attributes of a file, or of the files in a folder; null where lsattr is not installed.',
    args: { path: s.path('The file or folder') },
    returns: s.union([s.record(s.array(s.string())), s.null()]),
    examples: [`salt '*' file.lsattr /etc/passwd`],
    run: async (ctx, args) => (await attributesOf(ctx, args.path)) ?? null,
  }),
  chattr: fn({
    doc: 'Change attributes of files. True when chattr succeeds.',
    rest: s.path('The files'),
    extra: s.any(
      `operator: add or remove; attributes: any of ${letters}; version: a number for the files; flags: any of RVf`,
    ),
    returns: s.boolean(),
    examples: [`salt '*' file.chattr /srv/docs/a.txt operator=add attributes=i`],
    async run(ctx, _args, { rest, extra }) {
      const { operator, attributes, flags, version } = extra
      const sign = operator === 'add' ? '+' : operator === 'remove' ? '-' : undefined
      if (sign === undefined) {
        throw new SaltError('bad-arguments', "Need an operator: 'add' or 'remove' to modify attributes.")
      }
      if (attributes === undefined || attributes === null) {
        throw new SaltError('bad-arguments', `Need attributes: [${letters}]`)
      }
      const options = [
        ...(flags === undefined || flags === null ? [] : [`-${String(flags)}`]),
        ...(version === undefined || version === null ? [] : ['-v', String(version)]),
      ]
      return changeAttributes(ctx, rest.map(String), sign + String(attributes), options)
    },
  }),
}
