/** Certificates that this host trusts. */
import * as fs from 'node:fs'
import { join } from 'node:path'
import type { FunctionContext } from '../../../engine/plugin.ts'

/** Where systems keep the certificates that they trust: Debian first, whose place others have too. */
const bundles = [
  '/etc/ssl/certs/ca-certificates.crt',
  '/etc/pki/tls/certs/ca-bundle.crt',
  '/etc/pki/tls/certs/ca-bundle.trust.crt',
  '/etc/ssl/certs/ca-bundle.crt',
  '/var/lib/ca-certificates/ca-bundle.pem',
  '/etc/ssl/cert.pem',
]

/** File of trusted certificates that is configured or that the system has; undefined where there is none. */
export function findBundle(ctx: FunctionContext, setting: (name: string) => unknown): string | undefined {
  const configured = setting('ca_bundle')
  if (typeof configured === 'string' && fs.existsSync(configured)) return configured
  const roots = setting('file_roots')
  const base = typeof roots === 'object' && roots !== null && 'base' in roots ? roots.base : undefined
  const own = (Array.isArray(base) ? base : []).flatMap((root) =>
    ['cacert.pem', 'ca-bundle.crt'].map((name) => join(String(root), name)),
  )
  return [...own, ...bundles.map((path) => ctx.at(path))].find((path) => fs.existsSync(path))
}
