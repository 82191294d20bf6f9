/** `check_perms`: brings owner, mode, attributes and SELinux context of a file to what is wanted, and reports it. */
import { isRecord } from '../../../base/narrow.ts'
import { pythonString } from '../../../base/python-repr.ts'
import type { FunctionContext } from '../../../engine/plugin.ts'
import { attributesOf, changeAttributes, differingAttributes } from './attributes.ts'
import { changeOwner, normalizeMode, type Owner, setMode } from './owners.ts'
import { expandUser } from './paths.ts'
import type { PermissionReport, PermissionWork } from './permission-work.ts'
import type { SelinuxContext } from './selinux.ts'
import { checkContext } from './selinux-check.ts'
import { isFolder, isLink, statusOf } from './status.ts'

export interface WantedPermissions {
  readonly user?: Owner
  readonly group?: Owner
  readonly mode?: string | number | null | undefined
  readonly attrs?: string | null | undefined
  readonly followLinks?: boolean
  readonly selinux?: SelinuxContext
}

export interface FoundPermissions {
  luser: string | number
  lgroup: string | number
  lmode: string
  cuser?: Owner
  cgroup?: Owner
  cmode?: string
}

export async function checkPermissions(
  ctx: FunctionContext,
  given: string,
  ret: unknown,
  wanted: WantedPermissions,
): Promise<readonly [PermissionReport, FoundPermissions]> {
  const path = expandUser(given)
  const report = reportFrom(ret, path)
  const before = report.comment
  const work = { ctx, path, test: ctx.config.get('test') === true, report, comments: [] }
  const mode = normalizeMode(wanted.mode)
  const followLinks = wanted.followLinks === true
  const current = statusOf(path, followLinks)
  const found: FoundPermissions = {
    luser: typeof wanted.user === 'number' ? current.uid : current.user,
    lgroup: typeof wanted.group === 'number' ? current.gid : current.group,
    lmode: current.mode,
  }
  if (differs(wanted.user, current.user, current.uid)) found.cuser = wanted.user
  if (differs(wanted.group, current.group, current.gid)) found.cgroup = wanted.group
  const itself = isLink(path) && !followLinks
  if (('cuser' in found || 'cgroup' in found) && !work.test) applyOwner(work, wanted, current.mode, itself)
  if (mode !== null && !itself && !work.test && mode !== current.mode) {
    found.cmode = mode
    setMode(path, mode)
  }
  verify(work, wanted, mode, found, itself)
  if (typeof wanted.attrs === 'string' && !isFolder(path) && !itself) await applyAttributes(work, wanted.attrs)
  await checkContext(work, wanted.selinux ?? {})
  const shown = [...(typeof before === 'string' && before !== '' ? [before] : []), ...work.comments]
  report.comment = typeof before === 'string' ? shown.join('; ') : shown
  if (work.test && Object.keys(report.changes).length > 0) report.result = null
  return [report, found]
}

function reportFrom(ret: unknown, path: string): PermissionReport {
  if (!isRecord(ret) || Object.keys(ret).length === 0) return { name: path, changes: {}, comment: '', result: true }
  const { name = path, changes, comment, result, ...others } = ret
  return {
    ...others,
    name,
    changes: isRecord(changes) ? { ...changes } : {},
    comment: Array.isArray(comment) ? comment.map(String) : pythonString(comment ?? ''),
    result: typeof result === 'boolean' ? result : null,
  }
}

export function isGiven(owner: Owner): owner is string | number {
  return owner !== null && owner !== undefined && owner !== ''
}

function differs(wanted: Owner, name: string | number, id: number): boolean {
  return isGiven(wanted) && wanted !== name && wanted !== id
}

function applyOwner(work: PermissionWork, wanted: WantedPermissions, mode: string, itself: boolean): void {
  try {
    const fault = changeOwner(work.path, wanted.user, wanted.group, itself)
    if (fault !== null) {
      work.report.result = false
      work.comments.push(fault)
      // A new owner takes the set-uid and set-gid bits away.
    } else if (!itself) setMode(work.path, mode)
  } catch (error) {
    work.ctx.log.debug('The owner could not be changed', { path: work.path, error })
    work.report.result = false
  }
}

/** Looks again: what is as wanted now is a change, anything else a failure. */
function verify(
  work: PermissionWork,
  { user, group, followLinks }: WantedPermissions,
  mode: string | null,
  found: FoundPermissions,
  itself: boolean,
): void {
  const now = statusOf(work.path, followLinks === true)
  const settle = (name: string, value: unknown, wrong: boolean, changed: boolean) => {
    if (!wrong) {
      if (changed) work.report.changes[name] = value
    } else if (work.test) work.report.changes[name] = value
    else {
      work.report.result = false
      work.comments.push(`Failed to change ${name} to ${pythonString(value)}`)
    }
  }
  if (isGiven(user)) settle('user', user, differs(user, now.user, now.uid), 'cuser' in found)
  if (isGiven(group)) settle('group', group, differs(group, now.group, now.gid), 'cgroup' in found)
  if (mode !== null && !itself) settle('mode', mode, mode !== now.mode, found.cmode !== undefined)
}

async function applyAttributes(work: PermissionWork, attrs: string): Promise<void> {
  const { ctx, path } = work
  const difference = await differingAttributes(ctx, path, attrs)
  if (difference === undefined || difference.added + difference.removed === '') return
  const old = ((await attributesOf(ctx, path))?.[path] ?? []).join('')
  let now = attrs
  if (!work.test) {
    if (difference.added !== '') await changeAttributes(ctx, [path], `+${difference.added}`)
    if (difference.removed !== '') await changeAttributes(ctx, [path], `-${difference.removed}`)
    const left = await differingAttributes(ctx, path, attrs)
    if (left !== undefined && left.added + left.removed !== '') {
      work.report.result = false
      work.comments.push(`Failed to change attributes to ${attrs}`)
      now = ((await attributesOf(ctx, path))?.[path] ?? []).join('')
    }
  }
  if (old !== now) work.report.changes.attrs = { old, new: now }
}
