/** Attributes of `chattr` and SELinux contexts: what takes programs to find out, and few states ask for. */
import type { FunctionContext } from '../../../../engine/plugin.ts'
import { checkPermissions } from '../permissions.ts'
import type { FileRequest } from './file-request.ts'
import { withTest } from './testing-context.ts'

export interface ExtraChanges {
  readonly changes: Readonly<Record<string, unknown>>
  readonly faults: readonly string[]
}

const none: ExtraChanges = { changes: {}, faults: [] }

/** What differs, and after a call that is no test what was changed. */
export async function extraChanges(
  ctx: FunctionContext,
  { attrs, selinux, followLinks }: Pick<FileRequest, 'attrs' | 'selinux' | 'followLinks'>,
  path: string,
  isTest: boolean,
): Promise<ExtraChanges> {
  if (attrs === undefined && selinux === undefined) return none
  const wanted = { attrs, selinux: selinux ?? {}, followLinks }
  const [report] = await checkPermissions(withTest(ctx, isTest), path, null, wanted)
  const comment = Array.isArray(report.comment) ? report.comment.join('; ') : report.comment
  return { changes: report.changes, faults: report.result === false && comment !== '' ? [comment] : [] }
}
