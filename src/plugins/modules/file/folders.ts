/** Functions of `file` that make folders. */
import * as fs from 'node:fs'
import { SaltError } from '../../../base/errors.ts'
import { s } from '../../../base/schema.ts'
import { type FunctionContext, fn } from '../../../engine/plugin.ts'
import { attempt } from './failure.ts'
import { modeSchema, type Owner, ownerSchema } from './owners.ts'
import { expandUser, normalizePath, splitPath } from './paths.ts'
import { checkPermissions } from './permissions.ts'
import { isFolder } from './status.ts'

export interface NewFolder {
  readonly user: Owner
  readonly group: Owner
  readonly mode: string | number | null
}

/** Makes a folder and those above it, each with the owner and the mode. */
async function makeWithParents(ctx: FunctionContext, given: string, wanted: NewFolder): Promise<void> {
  const path = given.replace(/(?<=[^/])\/+$/, '')
  const [head, tail] = splitPath(path)
  if (head !== '' && tail !== '' && !fs.existsSync(head)) {
    await makeWithParents(ctx, head, wanted)
    if (tail === '.') return
  }
  attempt(path, () => fs.mkdirSync(path))
  await checkPermissions(ctx, path, null, wanted)
}

export async function makeFolder(ctx: FunctionContext, given: string, wanted: NewFolder): Promise<void> {
  const path = normalizePath(expandUser(given))
  if (!isFolder(path)) await makeWithParents(ctx, path, wanted)
}

/** Makes the folder of a path. Gives a sentence where there is nothing to do. */
export async function makeFolderOf(ctx: FunctionContext, path: string, wanted: NewFolder): Promise<string | null> {
  const folder = normalizePath(splitPath(expandUser(path))[0])
  if (isFolder(folder)) return `Directory '${folder}' already exists`
  if (fs.existsSync(folder)) return `The path '${folder}' already exists and is not a directory`
  if (!folder.startsWith('/')) {
    throw new SaltError(
      'bad-arguments',
      `Recursive creation for path '${folder}' would result in an infinite loop. Please use an absolute path.`,
    )
  }
  await makeFolder(ctx, folder, wanted)
  return null
}

const owners = {
  user: s.withDefault(ownerSchema('User that they shall belong to'), null),
  group: s.withDefault(ownerSchema('Group that they shall belong to'), null),
}
const mode = s.withDefault(modeSchema('Mode in octal digits'), null)

export const folderFunctions = {
  mkdir: fn({
    doc: 'Make a folder and those above it, where they are missing.',
    args: { dir_path: s.path('The folder'), ...owners, mode },
    returns: s.boolean(),
    examples: [`salt '*' file.mkdir /srv/cache`],
    async run(ctx, { dir_path, ...wanted }) {
      await makeFolder(ctx, dir_path, wanted)
      return true
    },
  }),
  makedirs: fn({
    doc: 'Make the folder that a path lies in; with a slash at its end, the path itself.',
    args: { path: s.path('The path'), ...owners, mode },
    returns: s.union([s.string(), s.null()]),
    examples: [`salt '*' file.makedirs /srv/cache/app/`],
    run: (ctx, { path, ...wanted }) => makeFolderOf(ctx, path, wanted),
  }),
  makedirs_perms: fn({
    doc: 'Make a folder, which must not exist, and those above it, each with an owner and a mode.',
    args: { name: s.path('The folder'), ...owners, mode: s.withDefault(modeSchema('Mode in octal digits'), '0755') },
    returns: s.null(),
    examples: [`salt '*' file.makedirs_perms /srv/cache/app/code`],
    async run(ctx, { name, ...wanted }) {
      await makeWithParents(ctx, expandUser(name), wanted)
      return null
    },
  }),
}
