/** A certificate for this host that nobody knows, made with openssl. */
import { execFileSync } from 'node:child_process'
import { join } from 'node:path'
import { findProgram } from '../../src/engine/functions/process-identity.ts'

export interface SelfMadeCertificate {
  /** Files of PEM. */
  readonly key: string
  readonly cert: string
}

export const withoutOpenssl = findProgram('openssl') === undefined && 'needs openssl: apt-get install openssl'

/** For `localhost` and 127.0.0.1. */
export function makeCertificate(folder: string): SelfMadeCertificate {
  const key = join(folder, 'key.pem')
  const cert = join(folder, 'cert.pem')
  const names = ['-subj', '/CN=localhost', '-addext', 'subjectAltName=DNS:localhost,IP:127.0.0.1']
  const kind = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '2']
  execFileSync('openssl', ['req', '-x509', ...kind, ...names, '-keyout', key, '-out', cert], { stdio: 'ignore' })
  return { key, cert }
}
