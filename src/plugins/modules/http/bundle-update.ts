/** Fetches the certificates that Mozilla trusts. */
import * as fs from 'node:fs'
import { SaltError } from '../../../base/errors.ts'
import { systemReason } from '../../../base/files.ts'
import { replaceFile } from '../../../engine/functions/replace-file.ts'
import type { FunctionContext } from '../../../engine/plugin.ts'
import { query } from './query.ts'
import type { QueryOptions } from './request.ts'
import { findBundle } from './trust.ts'

/** curl's extract of Mozilla's list. */
const defaultSource = 'https://curl.se/ca/cacert.pem'

export interface BundleUpdate {
  readonly target: string | undefined
  readonly source: string | undefined
  readonly mergeFiles: readonly string[]
}

/** Throws `execution-failed` where there is nothing to write to, or nothing good to write. */
export async function updateBundle(ctx: FunctionContext, update: BundleUpdate, options: QueryOptions): Promise<void> {
  const target = update.target ?? findBundle(ctx, (name) => ctx.config.get(name))
  if (target === undefined) {
    throw new SaltError('execution-failed', 'Unable to detect location to write CA bundle to', {
      hint: 'Name the file with target=PATH.',
    })
  }
  const configured = ctx.config.get('ca_bundle_url')
  const source = update.source ?? (typeof configured === 'string' ? configured : defaultSource)
  const { body, error } = await query(ctx, source, options)
  if (error !== undefined) throw new SaltError('execution-failed', `${source} cannot be fetched: ${String(error)}`)
  if (typeof body !== 'string' || !body.includes('-----BEGIN CERTIFICATE-----')) {
    throw new SaltError('execution-failed', `${source} has no certificates`)
  }
  const parts = [body, ...update.mergeFiles.map(readCertificates)]
  replaceFile(fs.existsSync(target) ? fs.realpathSync(target) : target, parts.map(withEnd).join('\n'), { mode: 0o644 })
}

function withEnd(text: string): string {
  return text.endsWith('\n') ? text : `${text}\n`
}

function readCertificates(path: string): string {
  try {
    return fs.readFileSync(path, 'utf8')
  } catch (error) {
    throw new SaltError('execution-failed', `Cannot read ${path}: ${systemReason(error)}`, { cause: error })
  }
}
