/** Credentials by their names, where no schema says what is one. */
import { dots } from './secret.ts'
import { isMapping } from './validate.ts'

/** Last word of a name. */
const credentialName = /(?:^|[._-])(?:passw(?:or)?d|pass|passphrase|secret|token|api_?key|secret_?key|access_?key)$/i

/** A copy in which dots stand for what the names in it say is a credential, at any depth. */
export function withoutCredentials(mapping: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(mapping).map(([name, item]) => [name, credentialName.test(name) ? dotted(item) : searched(item)]),
  )
}

function dotted(value: unknown): unknown {
  return typeof value === 'string' && value !== '' ? dots : searched(value)
}

function searched(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(searched)
  return isMapping(value) ? withoutCredentials(value) : value
}
