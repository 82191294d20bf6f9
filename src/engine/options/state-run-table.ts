/** Options that say how states are run, of a minion and of the orchestrations of a master. */
import { s } from '../../base/schema.ts'
import { option, unset } from './option.ts'

export const stateRunOptions = {
  test: option(s.boolean(), false, 'Let runs of states only show what they would do, where they do not say otherwise.'),
  failhard: option(
    s.boolean(),
    false,
    'End a run of states at the first that fails, where the state does not say otherwise.',
  ),
  state_queue: option(
    s.union([s.boolean(), s.integer()]),
    false,
    'Let a run of states wait while another one is at work, instead of refusing it; a number: while at most so many are before it.',
  ),
  state_events: option(
    s.boolean(),
    false,
    'Fire the event `salt/job/JID/prog/ID/NUMBER` on the master for each state that has ended.',
  ),
  autoload_dynamic_modules: option(
    s.boolean(),
    true,
    "Let a highstate begin with fetching the user's own plugins of the environments that the top files have.",
  ),
  state_aggregate: option(
    s.union([s.boolean(), s.array(s.string())]),
    false,
    'Let states do the work of later ones in one go, where their family can (`pkg`): all, or a list of families.',
  ),
  state_max_parallel: option(
    s.integer('', { minimum: 0 }),
    0,
    'Most states with `parallel: True` that are at work at a time; 0: 32.',
    { isOurs: true },
  ),
  global_state_conditions: unset(
    s.union([s.record(s.any()), s.null()]),
    'Compound targets that must mean this minion for states to be run, by `*`, family or function; one of them is enough.',
  ),
  saltenv: unset(
    s.union([s.string(), s.null()]),
    'Environment of SLS files and other files where none is named; `base` when left out, and for a highstate all.',
  ),
  lock_saltenv: option(s.boolean(), false, 'Refuse to run states of another environment than `saltenv`.'),
}
