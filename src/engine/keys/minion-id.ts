/** What a minion may be called. An id is a file name, a target and a part of event tags. */
import { SaltError } from '../../base/errors.ts'

const maximumBytes = 255

const rules: readonly { readonly broken: RegExp; readonly why: string }[] = [
  { broken: /[/\\]/, why: 'contains a slash or backslash' },
  { broken: /^\./, why: 'starts with a dot' },
  { broken: /^-/, why: 'starts with a minus' },
  { broken: /\p{Cc}/u, why: 'contains a control character' },
  { broken: /\p{Z}/u, why: 'contains a space' },
  { broken: /[\p{Cf}\p{Cs}\p{Co}\p{Cn}\p{Default_Ignorable_Code_Point}]/u, why: 'contains an invisible character' },
  { broken: /[*?[\],]/, why: 'contains a character that has a meaning in targets (* ? [ ] ,)' },
]

/** Why the text cannot be a minion id, or undefined. */
function minionIdFault(id: string): string | undefined {
  if (id === '') return 'is empty'
  if (Buffer.byteLength(id) > maximumBytes) return `is longer than ${maximumBytes} bytes`
  // Two spellings of one text would be two minions here and one file on some file systems.
  if (id.normalize('NFC') !== id) return 'is not in the normal form of Unicode (NFC)'
  return rules.find(({ broken }) => broken.test(id))?.why
}

export function isMinionId(id: string): boolean {
  return minionIdFault(id) === undefined
}

/** Throws `bad-id` with the reason. */
export function assertMinionId(id: string): void {
  const fault = minionIdFault(id)
  if (fault === undefined) return
  const shown = JSON.stringify(id.length > 80 ? `${id.slice(0, 80)}…` : id)
  throw new SaltError('bad-id', `the minion id ${shown} ${fault}`, {
    hint: 'Set id: in the configuration of the minion to letters, digits, dots, dashes and underscores.',
  })
}
