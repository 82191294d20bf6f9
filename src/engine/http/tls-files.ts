/** The files of a TLS client: whom it trusts, and how it shows who it is. */
import * as fs from 'node:fs'
import { SaltError } from '../../base/errors.ts'
import { systemReason } from '../../base/files.ts'

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
