import { flag, type OptionSpec, text } from './option.ts'

/** Long option name → target type of the job. */
export const targetTypeOptions: Readonly<Record<string, string>> = {
  pcre: 'pcre',
  list: 'list',
  grain: 'grain',
  'grain-pcre': 'grain_pcre',
  nodegroup: 'nodegroup',
  range: 'range',
  compound: 'compound',
  pillar: 'pillar',
  'pillar-pcre': 'pillar_pcre',
  ipcidr: 'ipcidr',
}

export const targetOptions: readonly OptionSpec[] = [
  flag(['-E', '--pcre'], 'The target is a regular expression for ids.'),
  flag(['-L', '--list'], 'The target is a list of ids with commas between them.'),
  flag(['-G', '--grain'], 'The target is a grain and a glob for its value: os:Deb*'),
  flag(['-P', '--grain-pcre'], 'The target is a grain and a regular expression for its value.'),
  flag(['-N', '--nodegroup'], 'The target is a node group of the configuration of the master.'),
  flag(['-R', '--range'], 'The target is a range expression.'),
  flag(['-C', '--compound'], "The target joins several kinds: 'G@os:Debian and web* or E@db\\d+'"),
  flag(['-I', '--pillar'], 'The target is a pillar key and a glob for its value.'),
  flag(['-J', '--pillar-pcre'], 'The target is a pillar key and a regular expression for its value.'),
  flag(['-S', '--ipcidr'], 'The target is an address or a network: 10.0.0.0/8'),
  text(['--delimiter'], 'TEXT', 'What stands between the parts of grain and pillar targets instead of a colon.'),
]
