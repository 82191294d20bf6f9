import type { Schema } from '../../../base/schema.ts'
import { nearest } from '../../../base/text.ts'
import { withoutEffect } from './arguments.ts'

/** Arguments that Salt takes and makes nothing of: `env` is the old name of `saltenv`, which states have of their own. */
const taken: ReadonlySet<string> = new Set(['env', 'saltenv'])

/** Warnings on arguments that have no effect, of states that take any. What a template may use is no mistake. */
export function unknownArguments(
  name: string,
  known: Readonly<Record<string, Schema>>,
  extra: Readonly<Record<string, unknown>>,
  isTemplate: boolean,
): string[] {
  return Object.keys(extra).flatMap((key) => {
    if (taken.has(key)) return []
    if (key === 'file_mode' && !Object.hasOwn(known, key)) {
      return ["The 'file_mode' argument will be ignored.  Please use 'mode' instead to set file permissions."]
    }
    const reason = withoutEffect[key]
    if (reason !== undefined) return [`'${key}' of ${name} has no effect: ${reason}`]
    if (isTemplate) return []
    const [best] = nearest(key, Object.keys(known))
    const advice = best === undefined ? '' : ` Did you mean '${best}'?`
    return [`'${key}' is an invalid keyword argument for '${name}'.${advice}`]
  })
}
