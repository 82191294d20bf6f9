import type { FunctionContext } from '../../../engine/plugin.ts'

/** What `check_perms` gives back. */
export interface PermissionReport {
  name: unknown
  changes: Record<string, unknown>
  comment: string | string[]
  result: boolean | null
  [other: string]: unknown
}

/** What check and changes have in common. */
export interface PermissionWork {
  readonly ctx: FunctionContext
  readonly path: string
  readonly test: boolean
  readonly report: PermissionReport
  readonly comments: string[]
}
