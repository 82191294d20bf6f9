/** What may be said of single git remotes, by names without `gitfs_` and `git_pillar_`. */
import { isRecord } from '../../../base/narrow.ts'
import { didYouMean, nearest } from '../../../base/text.ts'
import { isAddress } from './git-access.ts'

const ofBoth = `
  name root mountpoint ssl_verify refspecs fallback all_saltenvs update_interval
  user password insecure_auth pubkey privkey passphrase
`
const ofFiles = `${ofBoth} base saltenv saltenv_whitelist saltenv_blacklist ref_types disable_saltenv_mapping`
const ofPillar = `${ofBoth} env`

const names = { gitfs: wordsOf(ofFiles), git_pillar: wordsOf(ofPillar) } as const

/** Why a list of remotes cannot be used, as far as the list alone tells: addresses, or mappings of one address to a list of options or one mapping of them. */
export function refuseRemotes(
  remotes: readonly unknown[],
  kind: keyof typeof names,
): { readonly reason: string; readonly hint: string } | undefined {
  for (const remote of remotes) {
    if (typeof remote === 'string' && !isAddress(addressOf(remote, kind))) return noAddress(remote)
    if (!isRecord(remote)) continue
    const [entry, ...more] = Object.entries(remote)
    if (entry === undefined || more.length > 0) {
      return {
        reason: 'has a mapping that is not of one address to its options',
        hint: 'Write each repository as an item of the list.',
      }
    }
    const [address, options] = entry
    if (!isAddress(addressOf(address, kind))) return noAddress(address)
    const said = [options].flat().filter(isRecord).flatMap(Object.keys)
    const unknown = said.find((name) => !names[kind].includes(name))
    if (unknown !== undefined) {
      return {
        reason: `says '${unknown}' of ${address}, which is no option of a remote`,
        hint: `${didYouMean(nearest(unknown, names[kind])).trim()} There are ${names[kind].join(', ')}.`.trim(),
      }
    }
  }
  return undefined
}

/** What is said of a source of pillar may begin with a branch. */
function addressOf(words: string, kind: keyof typeof names): string {
  return kind === 'gitfs' ? words : branchAndAddress(words, '')[1]
}

/** `BRANCH ADDRESS`, or the address alone. */
export function branchAndAddress(words: string, otherwise: string): [branch: string, address: string] {
  const [first = '', ...rest] = words.trim().split(/\s+/)
  return rest.length === 0 ? [otherwise, first] : [first, rest.join(' ')]
}

function noAddress(words: string): { readonly reason: string; readonly hint: string } {
  return {
    reason: `names '${words}', which is no address of a git repository`,
    hint: 'Write a path, or an address with https, ssh or git.',
  }
}

function wordsOf(text: string): readonly string[] {
  return text.trim().split(/\s+/)
}
