/** What the states of `cron` take. */
import { type Schema, type StaticProperties, s } from '../../../base/schema.ts'

export const user = s.withDefault(s.string('Whose crontab'), 'root')

const when = (what: string) => s.withDefault(s.string(`${what}; random, or a range such as '10:20' to draw from`), '*')

const identifier = s.optional(
  s.union(
    [s.string(), s.boolean()],
    'Name of the job, by which it is found when its command changes; the command by default',
  ),
)

export const presentArguments = {
  name: s.command('The command'),
  user,
  minute: when('Minute'),
  hour: when('Hour'),
  daymonth: when('Day of the month'),
  month: when('Month'),
  dayweek: when('Day of the week'),
  comment: s.optional(s.text('What stands above the job')),
  commented: s.withDefault(s.boolean('Write the job as a comment, so that it does not run'), false),
  identifier,
  special: s.optional(s.string('A moment with a name in place of times: @reboot, @daily, …')),
} satisfies Record<string, Schema>

export const absentArguments = { name: presentArguments.name, user, identifier, special: presentArguments.special }

export const fileArguments = {
  name: s.string('The file: salt://path, a path on the minion, or a URL with source_hash'),
  source_hash: s.optional(s.string('Hash that the file must have: sha256=…')),
  user,
  template: s.optional(s.string('jinja: render the file first')),
  context: s.optional(s.record(s.any(), 'Variables for the template')),
  defaults: s.optional(s.record(s.any(), 'Variables that context does not name')),
  replace: s.withDefault(s.boolean('Put it in place of a crontab that is there'), true),
} satisfies Record<string, Schema>

export type PresentWishes = StaticProperties<typeof presentArguments>
export type AbsentWishes = StaticProperties<typeof absentArguments>
export type FileWishes = StaticProperties<typeof fileArguments>

/** Times of a job that is only to be removed mean nothing, and often stay where a state is turned around. */
export const leftOver = Object.fromEntries(
  ['minute', 'hour', 'daymonth', 'month', 'dayweek', 'comment', 'commented'].map((key) => [
    key,
    'a job is found by its identifier or command alone',
  ]),
)

export function identifierOf({
  name,
  identifier: given,
}: {
  readonly name: string
  readonly identifier: PresentWishes['identifier']
}) {
  return typeof given === 'string' ? given : name.trim()
}
