import { deriveKey } from './crypto.ts'
import { rekeyed } from './noise.ts'

/** The keys of one direction, one for each purpose. */
export interface DirectionKeys {
  readonly control: Uint8Array
  readonly bulk: Uint8Array
}

export interface SessionKeys {
  readonly send: DirectionKeys
  readonly receive: DirectionKeys
}

/** From the two keys that a handshake ends with: initiator to responder, and back. */
export function sessionKeys(
  keys: readonly [Uint8Array, Uint8Array],
  hash: Uint8Array,
  initiator: boolean,
): SessionKeys {
  const [forward, backward] = keys.map((key) => directionKeys(key, hash)) as [DirectionKeys, DirectionKeys]
  return initiator ? { send: forward, receive: backward } : { send: backward, receive: forward }
}

function directionKeys(key: Uint8Array, hash: Uint8Array): DirectionKeys {
  return {
    control: deriveKey(key, hash, 'salt session control v1'),
    bulk: deriveKey(key, hash, 'salt session bulk v1'),
  }
}

export function nextKeys(keys: DirectionKeys): DirectionKeys {
  return { control: rekeyed(keys.control), bulk: rekeyed(keys.bulk) }
}
