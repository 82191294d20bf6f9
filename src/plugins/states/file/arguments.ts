/** Arguments that several states of `file` share, and what they come to. */
import { posix } from 'node:path'
import { s } from '../../../base/schema.ts'
import type { StateContext } from '../../../engine/plugin.ts'
import type { SharedMemory } from '../../../engine/render/text-template.ts'
import { impossible, type SettledPlan } from '../../../engine/state/plan.ts'
import { modeSchema, type Owner, ownerSchema } from '../../modules/file/owners.ts'
import { expandUser } from '../../modules/file/paths.ts'

export const pathName = s.path('The file, as an absolute path; `~` stands for a home folder')

/** Other configuration systems say `owner`, which Salt takes too. */
export const owner = s.withDefault(ownerSchema('Another word for `user`'), null)

export const owners = {
  user: s.withDefault(ownerSchema('User that it shall belong to; as it is when left out'), null),
  group: s.withDefault(ownerSchema('Group that it shall belong to; as it is when left out'), null),
}

export const makedirs = s.withDefault(s.boolean('Make the folders above, where they are missing'), false)
export const fileMode = s.withDefault(modeSchema('Mode in octal digits, in quotes where it begins with 0'), null)
export const dirMode = s.withDefault(modeSchema('Mode of the folders that are made'), null)
export const showChanges = s.withDefault(s.boolean('Show the difference, not just that there is one'), true)

export const sourceHashes = {
  source_hash: s.withDefault(
    s.any('Checksum that the source must have: as it is, as `sha256=…`, or path or URL of a file with checksums'),
    '',
  ),
  source_hash_name: s.optional(s.string('Name of the source in the file with checksums')),
  skip_verify: s.withDefault(s.boolean('Take a source from the web without a checksum'), false),
}

export const templateArguments = {
  template: s.optional(s.string('Template engine that the content goes through: jinja')),
  context: s.optional(s.any('Variables of the template, over those of `defaults`')),
  defaults: s.optional(s.any('Variables of the template')),
}

/** Arguments of Salt that mean nothing here. */
export const withoutEffect: Readonly<Record<string, string>> = {
  ...Object.fromEntries(
    ['win_owner', 'win_perms', 'win_deny_perms', 'win_inheritance', 'win_perms_reset'].map((name) => [
      name,
      'it is about the permissions of Windows',
    ]),
  ),
  beacon: 'a state of a file makes no beacon: use beacon.present',
  beacon_data: 'a state of a file makes no beacon: use beacon.present',
}

/** The path with its home folder, or why there is none to work on. */
export function targetPath(name: string, fun: string): string | SettledPlan {
  if (name === '') return impossible(`Must provide name to file.${fun}`)
  const path = expandUser(name)
  return posix.isAbsolute(path) ? path : impossible(notAbsolute(path))
}

export function notAbsolute(path: string): string {
  return `Specified file ${path} is not an absolute path`
}

export function isPlan(value: string | SettledPlan): value is SettledPlan {
  return typeof value !== 'string'
}

export function ownerOf({ user, owner: other }: { readonly user: Owner; readonly owner: Owner }): Owner {
  return user === null || user === undefined || user === '' ? other : user
}

/** What states of the run leave for each other. */
export function memoryOf(ctx: StateContext): SharedMemory {
  return ctx.run.memory
}
