/** PEM texts that are written into files, or given as they are. */
import { chmodSync, existsSync } from 'node:fs'
import { SaltError } from '../../../base/errors.ts'
import { writeSystemFile } from '../../../engine/functions/system-files.ts'
import type { FunctionContext } from '../../../engine/plugin.ts'
import { pemEntries, pemEntry, textOrFile } from './pem.ts'

/** Exactly one of both must be given (`bad-arguments`). */
export function assertTarget(target: string | undefined, asText: boolean): void {
  const isPath = target !== undefined && target !== ''
  if (isPath === asText) {
    const both = isPath ? ', not both.' : '.'
    throw new SaltError('bad-arguments', `Either path or text must be specified${both}`)
  }
}

/** Writes it, where there is a place to write it to. */
export function given(ctx: FunctionContext, pem: string, target: string | undefined, overwrite = true): string {
  return target === undefined || target === '' ? pem : writePem(ctx, pem, target, overwrite)
}

/** Other users cannot read what was made by this. */
export function writePem(ctx: FunctionContext, pem: string, target: string, overwrite = true): string {
  const entry = pemEntry(pem)
  const old = overwrite ? [] : pemEntries(textOrFile(ctx, target))
  const keys = old.filter((one) => one.type.endsWith('PRIVATE KEY'))
  const parameters = old.filter((one) => one.type === 'DH PARAMETERS')
  const all = entry.type === 'CERTIFICATE' ? [...keys, entry, ...parameters] : [entry]
  const isSecret = all.some((one) => one.type.endsWith('PRIVATE KEY'))
  // A file that is there keeps its mode, which others must not read a key by.
  if (isSecret && existsSync(ctx.at(target))) chmodSync(ctx.at(target), 0o600)
  writeSystemFile(ctx, target, all.map((one) => one.text).join(''), { mode: 0o600 })
  return `PEM written to ${target}`
}
