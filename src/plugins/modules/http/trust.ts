/** Certificates: whom this host trusts, and how it shows who it is. */
import * as fs from 'node:fs'
import { join } from 'node:path'
import { SaltError } from '../../../base/errors.ts'
import { systemReason } from '../../../base/files.ts'
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

export interface TlsFiles {
  readonly ca?: Buffer
  readonly cert?: Buffer
  readonly key?: Buffer
}

/**
 * @param bundle File of trusted certificates; Node's own by default.
 * @param cert File with certificate and key, or one of each. Throws `execution-failed` where a file cannot be read.
 */
export function readTlsFiles(bundle: string | undefined, cert: string | readonly string[] | undefined): TlsFiles {
  const [certFile, keyFile = certFile] = cert === undefined ? [] : [cert].flat()
  return {
    ...(bundle === undefined ? {} : { ca: readCertificates(bundle) }),
    ...(certFile === undefined || keyFile === undefined
      ? {}
      : { cert: readCertificates(certFile), key: readCertificates(keyFile) }),
  }
}

function readCertificates(path: string): Buffer {
  try {
    return fs.readFileSync(path)
  } catch (error) {
    throw new SaltError('execution-failed', `Cannot read ${path}: ${systemReason(error)}`, { cause: error })
  }
}
