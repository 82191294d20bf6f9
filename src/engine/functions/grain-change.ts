/** Changes of grains, nested ones too, as they are written to the grains file. */
import { SaltError } from '../../base/errors.ts'
import { isRecord } from '../../base/narrow.ts'
import { pythonString } from '../../base/python-repr.ts'
import type { FunctionContext, Grains } from '../plugin.ts'
import { traverse } from '../target/traverse.ts'
import { changeGrains } from './grains-file.ts'

export interface GrainChange {
  readonly comment: string
  readonly changes: Record<string, unknown>
  readonly result: boolean
}

function isComplex(candidate: unknown): boolean {
  return typeof candidate === 'object' && candidate !== null
}

export function sameValue(a: unknown, b: unknown): boolean {
  return JSON.stringify(a) === JSON.stringify(b)
}

/** Writes grains to the file and lets the daemon take them up. */
export async function setValues(
  ctx: FunctionContext,
  values: Readonly<Record<string, unknown>>,
  remove: boolean,
): Promise<Record<string, unknown>> {
  await changeGrains(ctx.config, (grains) => {
    for (const [name, wanted] of Object.entries(values)) {
      if (wanted === null && remove) delete grains[name]
      else grains[name] = wanted
    }
  })
  await ctx.services.refreshGrains?.()
  return { ...values }
}

export interface GrainSetting {
  readonly key: string
  readonly val: unknown
  readonly force: boolean
  readonly destructive: boolean
  readonly delimiter: string
}

/** What is to be written: the value of the grain at the top, null where that is to go. */
export interface PlannedGrain {
  readonly key: string
  readonly val: unknown
}

export async function setGrain(ctx: FunctionContext, setting: GrainSetting): Promise<GrainChange> {
  const planned = planGrain(ctx.grains, setting)
  if ('comment' in planned) return planned
  const changes = await setValues(ctx, { [planned.key]: planned.val }, setting.destructive)
  return { comment: '', changes, result: true }
}

/** What `setGrain` would write, or its answer where it would write nothing. */
export function planGrain(grains: Grains, setting: GrainSetting): PlannedGrain | GrainChange {
  const { val } = setting
  const existing = traverse(grains, setting.key, setting.delimiter)
  const exists = existing !== undefined
  if (exists && sameValue(existing, val) && (val !== null || !setting.destructive)) {
    return { comment: 'Grain is already set', changes: {}, result: true }
  }
  if (exists && existing !== null && !setting.force) {
    const kind = isComplex(existing) ? 'exists but' : isComplex(val) ? 'exists and the given value' : undefined
    if (kind !== undefined) {
      return failedChange(`The key '${setting.key}' ${kind} is a dict or a list. Use 'force=True' to overwrite.`)
    }
  }
  return nest(grains, setting)
}

function failedChange(comment: string): GrainChange {
  return { comment, changes: {}, result: false }
}

/** The top-level grain that holds a nested one once it is set. */
function nest(grains: Grains, request: GrainSetting): PlannedGrain | GrainChange {
  const parts = request.key.split(request.delimiter)
  let val = request.val
  for (let depth = parts.length - 1; depth > 0; depth--) {
    const path = parts.slice(0, depth).join(request.delimiter)
    const rest = parts[depth] ?? ''
    const parent = traverse(grains, path, request.delimiter) ?? {}
    if (Array.isArray(parent)) val = nestInList(parent, rest, val, request.force)
    else if (isRecord(parent)) val = nestInMapping(parent, rest, val, request.destructive)
    else if (request.force || parent === rest) val = { [rest]: val }
    else {
      const found = pythonString(parent)
      return failedChange(
        `The key '${path}' value is '${found}', which is different from the provided key '${rest}'. Use 'force=True' to overwrite.`,
      )
    }
  }
  return { key: parts[0] ?? '', val }
}

function nestInMapping(parent: Record<string, unknown>, name: string, val: unknown, remove: boolean): unknown {
  const { [name]: _, ...others } = parent
  return val === null && remove ? others : { ...parent, [name]: val }
}

function nestInList(parent: readonly unknown[], name: string, val: unknown, append: boolean): unknown {
  let found = false
  const list = parent.map((item) => {
    if (append) return item
    if (item === name) {
      found = true
      return { [name]: val }
    }
    if (!isRecord(item) || !Object.hasOwn(item, name)) return item
    found = true
    return { ...item, [name]: val }
  })
  return found ? list : [...list, { [name]: val }]
}

/** Sets a list grain, nested or not. */
export async function setList(ctx: FunctionContext, name: string, list: readonly unknown[], separator: string) {
  const planned = planList(ctx.grains, name, list, separator)
  return await setValues(ctx, { [planned.key]: planned.val }, false)
}

/** What `setList` writes. Throws `execution-failed` where the grain cannot lie there. */
export function planList(grains: Grains, name: string, list: readonly unknown[], separator: string): PlannedGrain {
  const planned = nest(grains, { key: name, val: list, force: true, destructive: false, delimiter: separator })
  if ('comment' in planned) throw new SaltError('execution-failed', planned.comment)
  return planned
}
