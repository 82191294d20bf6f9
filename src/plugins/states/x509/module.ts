import { defineStates } from '../../../engine/plugin.ts'
import { warningOfFolders } from '../file/missing-folder.ts'
import { certificateManaged } from './certificate.ts'
import { privateKeyManaged } from './private-key.ts'
import { csrManaged, pemManaged } from './request.ts'
import { crlManaged } from './revocation-list.ts'

export const x509 = defineStates({
  name: 'x509',
  doc: 'Private keys, certificates, requests for them and lists of revoked ones, in files.',
  functions: warningOfFolders({
    private_key_managed: privateKeyManaged,
    csr_managed: csrManaged,
    certificate_managed: certificateManaged,
    crl_managed: crlManaged,
    pem_managed: pemManaged,
  }),
})
