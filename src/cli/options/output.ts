import { stateOutputNames } from '../../engine/state/output-options.ts'
import { outputterNames } from '../../plugins/outputters/outputters.ts'
import { flag, type OptionSpec, text } from './option.ts'

export const outputOptions: readonly OptionSpec[] = [
  text(['--out', '--output'], 'FORMAT', `Form of the output: ${outputterNames.join(', ')}.`, {
    offers: outputterNames,
  }),
  text(
    ['--out-indent', '--output-indent'],
    'SPACES',
    'Spaces per level in json, pprint and yaml; -1 puts all on one line.',
  ),
  text(['--out-file', '--output-file'], 'FILE', 'Write the output to this file instead of the terminal.'),
  flag(['--out-file-append', '--output-file-append'], 'Add to that file instead of replacing it.'),
  flag(['--no-color', '--no-colour'], 'No colors.'),
  flag(['--force-color', '--force-colour'], 'Colors even when the output is not a terminal.'),
  text(
    ['--state-output', '--state_output'],
    'STYLE',
    `How results of states are shown: ${stateOutputNames.join(', ')}.`,
    {
      choices: stateOutputNames,
    },
  ),
  text(['--state-verbose', '--state_verbose'], 'BOOLEAN', 'Whether states without changes are shown.'),
  flag(['--output-diff', '--out-diff', '--state-output-diff'], 'Show only the changes of states.'),
]
