/** What every state may have besides its own arguments, as JSON Schema. */
import { type Schema, s } from '../../base/schema.ts'
import type { globalOptions, RequisiteKind } from './low-chunk.ts'

const commands = s.union([s.command(), s.array(s.any())])
const switchOn = (description: string): Schema<boolean> => s.boolean(description)

/** By the names that SLS files use. */
export const globalSchemas: Readonly<Record<(typeof globalOptions)[number], Schema>> = {
  unless: { ...commands, description: 'Do nothing where all of these commands and function calls succeed' },
  onlyif: { ...commands, description: 'Do nothing where one of these commands or function calls fails' },
  creates: s.union([s.path(), s.array(s.path())], 'Do nothing where all of these files are there'),
  check_cmd: {
    ...commands,
    description: 'The state has succeeded where all of these commands and function calls do, else it has failed',
  },
  failhard: switchOn('End the run where this state fails'),
  retry: s.union(
    [
      s.boolean(),
      s.object({
        attempts: s.optional(s.integer('How often it is tried at most')),
        until: s.optional(s.boolean('The result that is waited for')),
        interval: s.optional(s.seconds('Between two tries')),
        splay: s.optional(s.integer('Up to so many seconds more, by chance')),
      }),
    ],
    'Try again where it fails',
  ),
  parallel: switchOn('Run it beside the states that follow'),
  fire_event: s.union([s.boolean(), s.string()], 'Fire an event when it is done, with this tag'),
  reload_modules: switchOn('Load all modules anew afterwards'),
  force_reload_modules: switchOn('Load all modules anew afterwards, whatever changed'),
  reload_grains: switchOn('Compute the grains anew afterwards'),
  reload_pillar: switchOn('Fetch the pillar anew afterwards'),
  aggregate: switchOn('Do it together with states of the same kind'),
  runas: s.string('User that commands run as'),
  runas_password: s.string('Password of that user'),
  umask: s.union([s.string(), s.integer()], 'Mask of the permissions of new files'),
  timeout: s.seconds('Until commands are ended'),
  success_retcodes: s.union([s.integer(), s.array(s.integer())], 'Return codes that are no failure'),
  success_stdout: s.union([s.string(), s.array(s.string())], 'Outputs that are no failure'),
  success_stderr: s.union([s.string(), s.array(s.string())], 'Error outputs that are no failure'),
  cwd: s.path('Folder that commands run in'),
  root: s.path('Folder that is the root of commands'),
  shell: s.path('Shell that commands are run by'),
  prepend_path: s.string('Folders that come before PATH'),
  cmd_opts_exclude: s.union([s.string(), s.array(s.string())], 'Options that are not for commands of conditions'),
  test: switchOn('Only show what it would do'),
  saltenv: s.string('Environment that files come from'),
  onfail_stop: switchOn('Whether a state that is run for a failure leaves it one'),
  ignore_missing: switchOn('Take requisites that are not there as met'),
  sensitive: switchOn('Keep what changed out of results and logs'),
}

export const orderSchema = s.union(
  [s.number(), s.literal(['first', 'last'])],
  'Place among all states; a negative number counts from the end',
)

/** What the bonds between states do, by the names that SLS files use. */
export const requisiteMeanings: Readonly<Record<RequisiteKind | 'use', string>> = {
  require: 'Comes after them, and fails where one of them has failed',
  require_any: 'The same, but one that has succeeded is enough',
  watch: 'As `require`; when one of them has changed something, it reacts: a service is restarted, a command runs',
  watch_any: 'As `watch`, but one that has succeeded is enough',
  prereq: 'Comes before them, and only when a dry run says that they would change something',
  onchanges: 'Is done only when all of them have succeeded and one has changed something',
  onchanges_any: 'The same, but one that has succeeded and changed something is enough',
  onfail: 'Is done only when one of them has failed',
  onfail_any: 'The same by its full name',
  onfail_all: 'Is done only when all of them have failed',
  listen: 'As `watch`, but reacts at the end of the run, once',
  use: 'Takes their arguments where it has none of its own',
}
