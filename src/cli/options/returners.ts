import { type OptionSpec, text } from './option.ts'

export const returnerOptions: readonly OptionSpec[] = [
  text(
    ['--return'],
    'NAMES',
    'Returners that get the result, with commas between them, besides the master. docs/reference/returners.md tells of them.',
  ),
  text(
    ['--return_config', '--return-config'],
    'NAME',
    'Let the returners take their options from NAME.redis.host and the like, where the configuration of the minion has them.',
  ),
  text(
    ['--return_kwargs', '--return-kwargs'],
    'MAPPING',
    "Options of the returners for this job: '{tag: monitoring}'. Other users of this host see them in the list of processes: credentials belong into the configuration.",
  ),
]
