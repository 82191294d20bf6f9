import type { PermissionWork } from './permission-work.ts'
import { readContext, type SelinuxContext, setContext } from './selinux.ts'

const parts = ['user', 'role', 'type', 'range'] as const
type Part = (typeof parts)[number]
type Found = Readonly<Record<Part, string>>

/** Brings the SELinux context of a file to what is wanted; the part of `check_perms` that does so. */
export async function checkContext(work: PermissionWork, wanted: SelinuxContext): Promise<void> {
  const { ctx, path, report, comments } = work
  if (!parts.some((part) => wanted[part])) return
  const current = parse(await readContext(ctx, path))
  if (current === undefined) {
    report.result = false
    comments.push('Failed to get selinux attributes')
    return
  }
  const changing = parts.filter((part) => wanted[part] && wanted[part] !== current[part])
  if (changing.length === 0) return
  const shown = (values: SelinuxContext) =>
    changing.map((part) => `${part.charAt(0).toUpperCase()}${part.slice(1)}: ${values[part]}`).join(' ')
  const change = { Old: shown(current), New: shown(wanted) }
  if (work.test) {
    comments.push(`File ${path} selinux context to be updated`)
    report.result = null
    report.changes.selinux = change
    return
  }
  // The policy knows no context without a type.
  const request = Object.fromEntries(changing.map((part) => [part, wanted[part]]))
  const now = parse(await setContext(ctx, path, { type: current.type, ...request }, true))
  if (now === undefined) {
    report.result = false
    comments.push('Failed to set selinux attributes')
    return
  }
  comments.push(`The file ${path} is set to be changed`)
  for (const part of changing) {
    if (now[part] === wanted[part]) continue
    comments.push(`Unable to update se${part} context`)
    report.result = false
  }
  report.changes.selinux = change
}

function parse(context: string | false): Found | undefined {
  if (context === false) return undefined
  const [user, role, type, ...range] = context.split(':')
  if (user === undefined || role === undefined || type === undefined || range.length === 0) return undefined
  return /\s/.test(user) ? undefined : { user, role, type, range: range.join(':') }
}
