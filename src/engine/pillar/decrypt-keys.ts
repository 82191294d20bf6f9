/** `decrypt_pillar`: keys whose values are decrypted once pillar is there. */
import { asSaltError } from '../../base/errors.ts'
import { isRecord } from '../../base/narrow.ts'
import type { ConfigView } from '../config-view.ts'
import type { Value } from '../render/values/kinds.ts'

interface DecryptRequest {
  readonly data: Value
  readonly config: ConfigView
  decrypt(value: Value): Promise<Value>
  fail(message: string): void
}

export async function decryptKeys({ data, config, decrypt, fail }: DecryptRequest): Promise<void> {
  const delimiter = textOr(config.get('decrypt_pillar_delimiter'), ':')
  const known = config.get('decrypt_pillar_renderers')
  const permitted: readonly unknown[] = Array.isArray(known) ? known : ['gpg']
  for (const [key, chosen] of keysOf(config.get('decrypt_pillar'))) {
    const renderer = textOr(chosen, textOr(config.get('decrypt_pillar_default'), 'gpg'))
    const place = placeOf(data, key.split(delimiter))
    if (place === undefined) continue
    try {
      if (renderer !== 'gpg' || !permitted.includes(renderer))
        throw new Error(`the renderer '${renderer}' may not decrypt`)
      place.put(await decrypt(place.value))
    } catch (error) {
      fail(`Failed to decrypt pillar key '${key}': ${asSaltError(error).message}`)
    }
  }
}

/** `[a:b, {c: gpg}]` or `{a:b: gpg}` → each key and its renderer. */
function keysOf(option: unknown): readonly (readonly [string, unknown])[] {
  if (isRecord(option)) return Object.entries(option)
  const list: readonly unknown[] = Array.isArray(option) ? option : []
  return list.flatMap((item): readonly (readonly [string, unknown])[] => {
    if (typeof item === 'string') return [[item, undefined]]
    return isRecord(item) ? Object.entries(item) : []
  })
}

function textOr(value: unknown, otherwise: string): string {
  return typeof value === 'string' && value !== '' ? value : otherwise
}

/** Where a path leads; undefined where nothing is there. */
function placeOf(data: Value, path: readonly string[]): { value: Value; put(value: Value): void } | undefined {
  const [name = '', ...rest] = path
  const place = entryOf(data, name)
  if (place?.value === undefined) return undefined
  return rest.length === 0 ? place : placeOf(place.value, rest)
}

function entryOf(data: Value, name: string): { value: Value; put(value: Value): void } | undefined {
  if (data instanceof Map) return { value: data.get(name), put: (value) => data.set(name, value) }
  const index = Number(name)
  if (!Array.isArray(data) || !Number.isInteger(index)) return undefined
  return {
    value: data.at(index),
    put: (value) => {
      data[index < 0 ? data.length + index : index] = value
    },
  }
}
