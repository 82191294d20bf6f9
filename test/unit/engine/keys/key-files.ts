import { generateKeyPairSync } from 'node:crypto'

/** The public half of a new Ed25519 key as PEM. */
export function newPublicPem(): string {
  return generateKeyPairSync('ed25519').publicKey.export({ format: 'pem', type: 'spki' }).toString()
}
