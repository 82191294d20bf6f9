/** What may be said of single git remotes, by names without `gitfs_` and `git_pillar_`. */
import { isRecord } from '../../../base/narrow.ts'
import { didYouMean, nearest } from '../../../base/text.ts'

const ofBoth = `
  name root mountpoint ssl_verify refspecs fallback all_saltenvs update_interval
  user password insecure_auth pubkey privkey passphrase
`
const ofFiles = `${ofBoth} base saltenv saltenv_whitelist saltenv_blacklist ref_types disable_saltenv_mapping`
const ofPillar = `${ofBoth} env`

const names = { gitfs: wordsOf(ofFiles), git_pillar: wordsOf(ofPillar) } as const

/** Why a list of remotes cannot be used: addresses, or mappings of one address to a list of options or one mapping of them. */
export function refuseRemotes(
  remotes: readonly unknown[],
  kind: keyof typeof names,
): { readonly reason: string; readonly hint: string } | undefined {
  for (const remote of remotes.filter(isRecord)) {
    const [entry, ...more] = Object.entries(remote)
    if (entry === undefined || more.length > 0) {
      return {
        reason: 'has a mapping that is not of one address to its options',
        hint: 'Write each repository as an item of the list.',
      }
    }
    const [address, options] = entry
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

function wordsOf(text: string): readonly string[] {
  return text.trim().split(/\s+/)
}
