/**
 * Every event that this program fires, from tag pattern to payload. `:name` stands for one part of a tag, `:name*` at the end for all that
 * follows, slashes included, maybe nothing. The types of `fire` and `subscribe` and the reference page of events come from this map.
 *
 * No daemon loads it: whoever only needs the types imports `event-types.ts`.
 *
 * Tags and fields are Salt's (SPEC §3.2 and §3.3) where nothing else is said.
 */
import { s } from '../base/schema.ts'
import { type EventDescription, event, id, jid, metadata, names, returned, words } from './event-description.ts'
import { minionEventMap } from './minion-event-map.ts'

const runStarted = {
  fun: s.string('`runner.` or `wheel.` before the name of the function.'),
  jid: s.string('Of this run.'),
  user: s.string('Who asked for it.'),
  fun_args: s.array(s.any(), 'Its arguments.'),
}
const stepFields = {
  jid: s.string('Of the orchestration.'),
  parent: s.optional(s.string('Jid of the orchestration that began this one.')),
  id: s.string('Id of the step in the SLS file.'),
  name: s.string('Name of the step, if it has one; else its id.'),
  fun: s.string('The state, such as `salt.function`.'),
  sls: s.optional(s.string('Where it stands.')),
  total: s.integer('How many steps the orchestration has.'),
  test: s.boolean('Whether it is a dry run.'),
  status: s.literal(['begun', 'ended'], 'As in the tag.'),
}
const runEnded = {
  ...runStarted,
  return: s.any('What it returned; stars for a secret.'),
  success: s.boolean('Whether it ended without an error.'),
}
const started = {
  id,
  cmd: s.literal(['_minion_event']),
  pretag: s.null(),
  data: s.string('The same as a sentence.'),
  tag: s.string('The tag.'),
  grains: s.optional(s.record(s.any(), 'Those that `start_event_grains` of the minion names.')),
}
const stateEnded = {
  id,
  jid,
  cmd: s.literal(['_minion_event']),
  data: s.object(
    {
      ret: s.record(s.any(), 'What became of it, as the return of the job has it.'),
      len: s.optional(s.integer('How many states the run has.')),
    },
    'The result.',
  ),
  tag: s.string('The tag.'),
}
const present = s.array(s.string(), 'Minions that are connected.')

export const eventMap = {
  'salt/auth': event({
    doc: 'A minion came with its key, and this was decided.',
    on: 'master',
    by: 'master',
    option: 'auth_events',
    fields: {
      result: s.boolean('Whether it may go on: now, or once its key is accepted.'),
      act: s.literal(['accept', 'pend', 'reject', 'denied', 'full'], 'The decision.'),
      id,
      pub: s.string('Public key, PEM.'),
      reason: s.ours(s.optional(s.string('Why it was not accepted.'))),
    },
  }),
  'salt/key': event({
    doc: 'A key was accepted, rejected or deleted.',
    on: 'master',
    by: 'master',
    fields: {
      result: s.boolean('Always true.'),
      act: s.literal(['accept', 'reject', 'delete'], 'What was done.'),
      id,
      user: s.ours(s.optional(s.string('Who did it.'))),
    },
  }),
  'salt/minion/:id/start': event({
    doc: 'A minion has connected, for the first time or again, and takes jobs now.',
    on: 'master',
    by: 'master',
    fields: started,
  }),
  minion_start: event({
    doc: 'The same as `salt/minion/ID/start`, for programs that know only this.',
    on: 'master',
    by: 'master',
    option: 'enable_legacy_startup_events',
    fields: started,
  }),
  'minion/refresh/:id': event({
    doc: 'The master has stored the grains of a minion: it came, or they have changed.',
    on: 'master',
    by: 'master',
    fields: { 'Minion data cache refresh': s.string('The minion.') },
  }),
  'salt/minion/:id/returner': event({
    doc: 'A returner was not given the return of a job: there is none of that name, or its options are wrong.',
    on: 'master',
    by: 'minion',
    isOurs: true,
    fields: {
      id,
      cmd: s.literal(['_minion_event']),
      pretag: s.null(),
      tag: s.string('The tag.'),
      data: s.object({ jid, returner: s.string('Its name.'), reason: s.string('Why, in words.') }),
    },
  }),
  'salt/minion/:id/stop': event({
    doc: 'The session of a minion has ended.',
    on: 'master',
    by: 'master',
    isOurs: true,
    fields: { id, reason: s.string('Why, in words.') },
  }),
  'salt/job/:jid/new': event({
    doc: 'A job was published.',
    on: 'master',
    by: 'master',
    fields: {
      jid,
      tgt_type: s.string('How the target is written: `glob`, `list`, `compound` …'),
      tgt: s.union([s.string(), s.array(s.string())], 'The target as it was given.'),
      user: s.string('Who published it.'),
      fun: names,
      arg: s.array(s.any(), 'Its arguments; a list of them for each of several functions.'),
      minions: s.array(s.string(), 'Ids that the target means.'),
      missing: s.array(s.string(), 'Those of them that have no session.'),
      metadata,
      peer: s.ours(s.optional(s.string('The minion that published it.'))),
    },
  }),
  'salt/job/:jid/ret/:id': event({
    doc: 'A minion has returned.',
    on: 'master',
    by: 'master',
    fields: {
      ...returned,
      schedule: s.optional(s.string('Name of the scheduled job that ran.')),
      arg: s.optional(s.array(s.any(), 'Of `salt call`, which no event has announced: its arguments.')),
      tgt: s.optional(s.string('The same: the minion.')),
      tgt_type: s.optional(s.string('The same: `glob`.')),
    },
  }),
  'salt/job/:jid/error': event({
    doc: 'A job was not permitted whose client has chosen the jid.',
    on: 'master',
    by: 'master',
    fields: { jid, error: s.object({ name: s.string('Kind of the error.'), message: s.string('In words.') }) },
    isOpen: true,
  }),
  ':jid': event({
    doc: 'A job was published: for programs that know only this.',
    on: 'master',
    by: 'master',
    option: 'enable_legacy_job_events',
    fields: { minions: s.array(s.string(), 'Ids that the target means.') },
  }),
  'salt/job/:jid/prog/:id/:number': event({
    doc: 'A state of a run on a minion has ended, the one of this number in the run.',
    on: 'master',
    by: 'minion',
    option: 'state_events',
    fields: stateEnded,
  }),
  'salt/state_result/:jid/:id/:name*': event({
    doc: 'A state that says `fire_event` has ended. The end of the tag is what it says, or its name.',
    on: 'master',
    by: 'minion',
    fields: stateEnded,
  }),
  'salt/job/:jid/state/:id': event({
    doc: 'A target of a job has ended without a return, or waits in the queue.',
    on: 'master',
    by: 'master',
    isOurs: true,
    fields: {
      jid,
      id,
      state: s.string('`not-connected`, `no-ack`, `timeout`, `denied`, `expired`, `queued`, `withdrawn`.'),
      reason: s.string('Why, in words.'),
    },
  }),
  'salt/run/:jid/new': event({ doc: 'A runner began.', on: 'master', by: 'master', fields: runStarted }),
  'salt/run/:jid/progress': event({
    doc: 'A runner tells how far it is.',
    on: 'master',
    by: 'master',
    fields: {},
    isOpen: true,
  }),
  'salt/run/:jid/step/:number/begun': event({
    doc: 'A step of an orchestration began. `:number` is its place in the order, from 0 on.',
    on: 'master',
    by: 'master',
    isOurs: true,
    fields: stepFields,
  }),
  'salt/run/:jid/step/:number/ended': event({
    doc: 'A step of an orchestration has ended, or was left out because of what it requires.',
    on: 'master',
    by: 'master',
    isOurs: true,
    fields: {
      ...stepFields,
      result: s.union([s.boolean(), s.null()], 'Null: it would change something, in a dry run.'),
      comment: s.string('What became of it, in words.'),
      duration: s.optional(s.number('Milliseconds.')),
      job: s.optional(s.string('Jid of the job or run that it began.')),
      has_changes: s.boolean('Whether it changed something, or would.'),
    },
  }),
  'salt/run/:jid/ret': event({ doc: 'A runner has ended.', on: 'master', by: 'master', fields: runEnded }),
  'salt/wheel/:jid/new': event({ doc: 'A wheel function began.', on: 'master', by: 'master', fields: runStarted }),
  'salt/wheel/:jid/progress': event({
    doc: 'A wheel function tells how far it is.',
    on: 'master',
    by: 'master',
    fields: {},
    isOpen: true,
  }),
  'salt/wheel/:jid/ret': event({ doc: 'A wheel function has ended.', on: 'master', by: 'master', fields: runEnded }),
  'salt/peer/:id/refused': event({
    doc: 'The policy has refused a job or runner that a minion asked for.',
    on: 'master',
    by: 'master',
    isOurs: true,
    fields: { id, fun: names, arg: words, reason: s.string('Why, in words.') },
  }),
  'salt/storage/:state': event({
    doc: 'The disk under a cache takes nothing (`fault`), or takes it again (`well`).',
    on: 'both',
    by: 'daemon',
    isOurs: true,
    fields: { what: s.string('Which cache.'), message: s.string('The error; empty where all is well.') },
  }),
  'salt/drop/:what': event({
    doc: 'Something was dropped: `return`, `reaction`, `returner`, what an outlet had no room for, or a frame of the wire (`bad-frame`, `replay`, `wrong-key` …).',
    on: 'both',
    by: 'daemon',
    isOurs: true,
    fields: {
      count: s.integer('How many, since the last such event.'),
      reason: s.string('Why.'),
      id: s.optional(s.string('The minion whose it was.')),
      jid: s.optional(s.string('The job whose it was.')),
      returner: s.optional(s.string('Who was to store it.')),
      outlet: s.optional(s.string('Who dropped it: `sink NAME`.')),
    },
  }),
  'salt/outlet/:state': event({
    doc: 'The backend of a sink or returner takes nothing (`fault`), or takes deliveries again (`well`).',
    on: 'both',
    by: 'daemon',
    isOurs: true,
    fields: {
      outlet: s.string('`sink NAME`, or what else delivers.'),
      returner: s.string('Kind of the backend.'),
      waiting: s.integer('Deliveries that wait.'),
      message: s.string('The error; empty where all is well.'),
    },
  }),
  'salt/event/dropped': event({
    doc: 'Events of a minion will not come: its buffer had no room for them while it was away.',
    on: 'master',
    by: 'master',
    isOurs: true,
    fields: { id, count: s.integer('How many.'), reason: s.string('Why, in words.') },
  }),
  'salt/presence/present': event({
    doc: 'Which minions are connected, again and again.',
    on: 'master',
    by: 'master',
    option: 'presence_events',
    fields: { present },
  }),
  'salt/presence/change': event({
    doc: 'Minions have come or gone.',
    on: 'master',
    by: 'master',
    option: 'presence_events',
    fields: {
      new: s.array(s.string(), 'Minions that have come.'),
      lost: s.array(s.string(), 'Minions that have gone.'),
    },
  }),
  'salt/reactor/error': event({
    doc: 'A reaction could not be done.',
    on: 'master',
    by: 'master',
    isOurs: true,
    fields: {
      tag: s.string('The event that it answered.'),
      file: s.string('The reaction file, or `inline`.'),
      code: s.string('Code of the error.'),
      message: s.string('Why, in words.'),
      where: s.optional(s.string('The place in the file, with its line.')),
    },
  }),
  'salt/reactor/damped': event({
    doc: 'A tag causes so many reactions that they are done more slowly; told at most once a minute for each tag.',
    on: 'master',
    by: 'master',
    isOurs: true,
    fields: {
      tag: s.string('The tag.'),
      reason: s.string('Why, in words.'),
      waiting: s.integer('Events whose reactions wait for that.'),
    },
  }),
  'salt/beacon/:id/:beacon/disabled': event({
    doc: 'A beacon failed too often and was disabled.',
    on: 'both',
    by: 'minion',
    isOurs: true,
    fields: {
      id,
      beacon: s.string('Its name.'),
      failures: s.integer('How often it failed, one after the other.'),
      reason: s.string('Why, in words.'),
      hint: s.string('How it is enabled again.'),
    },
  }),
  'salt/beacon/:id/:beacon/:rest*': event({
    doc: 'A beacon of a minion has seen something; what, its own fields say. `REST` is its to choose, and often empty.',
    on: 'master',
    by: 'minion',
    fields: { id },
    isOpen: true,
  }),
  ...minionEventMap,
} as const satisfies Readonly<Record<string, EventDescription>>
