/** Which sources of pillar there are, and what to use in place of Salt's others. */
import { isRecord } from '../../../base/narrow.ts'
import { didYouMean, nearest } from '../../../base/text.ts'
import { refuseRemotes } from '../../files/git/git-option-names.ts'

const sourceNames = ['cmd_json', 'cmd_yaml', 'file_tree', 'git', 'http_json', 'http_yaml', 'stack'] as const
export type SourceName = (typeof sourceNames)[number]

/** Salt's sources that are not here → what to write instead. */
const replacements: Readonly<Record<string, string>> = {
  cmd_yamlex: 'Use cmd_yaml with pillar_source_merging_strategy: aggregate.',
  hg: 'Use git, or cmd_yaml with a script that reads the repository.',
  svn: 'Use git, or cmd_yaml with a script that reads the repository.',
  makostack: 'Use stack, whose files are Jinja.',
  varstack: 'Use stack.',
  hiera: 'Use cmd_json with a command such as: hiera -c /etc/hiera.yaml --format json',
  puppet: 'Use cmd_json with a script that asks Puppet for the node.',
  reclass_adapter: 'Use cmd_yaml with a command such as: reclass -b /srv/reclass --pillar %s',
  vault: 'Use http_json with the address of the secrets, or cmd_json with: vault kv get -format=json',
  csvpillar: 'Use cmd_json with a script that reads the table.',
}

export function isSourceName(name: string): name is SourceName {
  return sourceNames.some((known) => known === name)
}

/** Why a list of sources cannot be used, and what to write instead. */
export function refuseExtPillar(sources: readonly unknown[]): { reason: string; hint: string } | undefined {
  for (const source of sources) {
    const names = isRecord(source) ? Object.keys(source) : []
    if (names.length === 0) {
      return { reason: 'must be a list of mappings', hint: 'Write, for example: - cmd_json: /srv/pillar/hosts %s' }
    }
    const unknown = names.find((name) => !isSourceName(name))
    if (unknown !== undefined) return { reason: `names '${unknown}', which is no source here`, hint: instead(unknown) }
    const remotes = isRecord(source) && Array.isArray(source.git) ? source.git : []
    const refusal = refuseRemotes(remotes, 'git_pillar')
    if (refusal !== undefined) return refusal
  }
  return undefined
}

function instead(name: string): string {
  const known = replacements[name]
  if (known !== undefined) return known
  const all = `There are ${sourceNames.join(', ')}.`
  const near = didYouMean(nearest(name, sourceNames)).trim()
  return near === '' ? `${all} A script under cmd_json can ask any other system.` : `${near} ${all}`
}
