/** Options of how results of states are shown. */
import { s } from '../../base/schema.ts'
import { stateOutputNames } from '../state/output-options.ts'
import { option } from './option.ts'

const results = s.union([s.string(), s.array(s.any())])

export const stateOutputTable = {
  state_output: option(
    s.literal(stateOutputNames),
    'full',
    'How results of states are shown: `full`, `terse` (a line each), `mixed` (only failures in full), `changes` (only changes and failures in full) or `filter` (by `state_output_exclude` and `state_output_terse`). With `_id` at the end, the id stands where else the name does.',
  ),
  state_verbose: option(s.boolean(), true, 'Show also the states that are right and changed nothing.'),
  state_output_diff: option(s.boolean(), false, 'Show only states that changed something or failed.'),
  state_output_exclude: option(
    results,
    [],
    'Results that `state_output: filter` leaves out: a list of `True`, `False` and `None`, or a text with commas.',
  ),
  state_output_terse: option(
    results,
    [],
    'Results of which `state_output: filter` shows a line each; in the same form.',
  ),
  state_output_profile: option(s.boolean(), true, 'Show when each state began and how long it took.'),
  state_output_pct: option(s.boolean(), false, 'Show shares of success and failure in the summary.'),
  state_compress_ids: option(
    s.boolean(),
    false,
    'Show states that share id, file and result, and differ only in their names, as one.',
  ),
  state_tabular: option(
    s.union([s.boolean(), s.string()]),
    false,
    'Columns where a state is one line: `True`, or a format of your own in which `{1}` is the name, `{2}` the state, `{3}` the function, `{4}` what became of it, and `{0}` and `{5}` begin and end the color.',
  ),
  strip_colors: option(s.boolean(), true, 'Take colors out of texts of minions that the `highstate` output shows.'),
}
