import { s } from '../../../base/schema.ts'

/** Arguments of every state that sends a job to minions. */
export const jobArguments = {
  tgt: s.union([s.string(), s.array(s.string())], 'Which minions'),
  tgt_type: s.optional(
    s.string(
      'How tgt is meant: glob (a list of ids where tgt is a list), list, pcre, grain, pillar, compound and so on',
    ),
  ),
  ret: s.optional(s.union([s.string(), s.array(s.string())], 'Returners that get what the minions return')),
  ret_config: s.optional(s.string('Profile of the configuration of the minions for these returners')),
  ret_kwargs: s.optional(s.record(s.any(), 'Options of these returners')),
  expect_minions: s.optional(s.boolean('Whether a minion that does not return has failed')),
  fail_minions: s.optional(s.any('Minions that may fail: a list, or a text with commas')),
  timeout: s.optional(s.seconds('How long to wait for a silent minion')),
  batch: s.optional(s.union([s.string(), s.integer()], 'Never run on more minions at a time than this: 5, or 10%')),
  subset: s.optional(
    s.integer('Run on so many of the connected minions that the target means, chosen at random', { minimum: 1 }),
  ),
  failhard: s.optional(s.boolean('Begin no further batch when a minion has failed')),
}

/** Arguments of Salt that mean nothing here, with the reason. */
export const jobArgumentsIgnored = {
  ssh: 'every minion is reached through its own agent',
  roster: 'there is no list of hosts: every minion has an agent of its own',
}
