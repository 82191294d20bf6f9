/** The events that are seen on the bus of a minion alone; a part of `event-map.ts`. */
import { s } from '../base/schema.ts'
import { type EventDescription, event, id, jid, names, returned, words } from './event-description.ts'

export const minionEventMap = {
  'salt/event/refused': event({
    doc: 'An event is not for the bus of the master: its tag is reserved, or not among `minion_event_tags`, or it is too large.',
    on: 'minion',
    by: 'minion',
    isOurs: true,
    fields: {
      id,
      tag: s.string('Of the event.'),
      reason: s.string('Why, in words.'),
      master: s.optional(s.string('Which master refused it; absent: it was not even sent.')),
    },
  }),
  fire_master: event({
    doc: 'The minion shall fire this on the bus of its masters: `tag` and `data`, or all of `events`.',
    on: 'minion',
    by: 'program',
    fields: {
      tag: s.optional(s.union([s.string(), s.null()], 'Tag on the bus of the master.')),
      data: s.optional(s.any('Its data; ends up under `data`.')),
      events: s.optional(s.union([s.array(s.record(s.any())), s.null()], 'Several, each with `tag` and `data`.')),
      pretag: s.optional(s.union([s.string(), s.null()], 'Each of `events` is fired a second time below this.')),
    },
    isOpen: true,
  }),
  _salt_error: event({
    doc: 'A function has thrown what no function is to throw. The masters get it as a load of the minion, below `data`.',
    on: 'minion',
    by: 'minion',
    fields: {
      message: s.string('The error.'),
      args: words,
      job: s.object({
        jid,
        fun: names,
        arg: words,
        tgt: s.any(),
        tgt_type: s.string(),
        ret: s.string(),
        user: s.string(),
      }),
    },
  }),
  __schedule_return: event({
    doc: 'A scheduled job has ended.',
    on: 'minion',
    by: 'minion',
    fields: { ...returned, schedule: s.optional(s.string('Name of the scheduled job.')) },
  }),
  manage_schedule: event({
    doc: 'The minion shall do this to its schedule. It tells the end by `/salt/minion/minion_schedule_…_complete`.',
    on: 'minion',
    by: 'program',
    fields: { func: s.string('What: `add`, `delete`, `list` …'), name: s.optional(s.string('Of the scheduled job.')) },
    isOpen: true,
  }),
  manage_beacons: event({
    doc: 'The minion shall do this to its beacons. It tells the end by `/salt/minion/minion_beacon…_complete`.',
    on: 'minion',
    by: 'program',
    fields: { func: s.string('What: `add`, `delete`, `list` …'), name: s.optional(s.string('Of the beacon.')) },
    isOpen: true,
  }),
  module_refresh: event({
    doc: 'The minion shall load its functions anew.',
    on: 'minion',
    by: 'program',
    fields: {},
    isOpen: true,
  }),
  grains_refresh: event({
    doc: 'The minion shall look for its grains anew.',
    on: 'minion',
    by: 'program',
    fields: {},
    isOpen: true,
  }),
  beacons_refresh: event({
    doc: "The minion shall load the user's own beacons anew, and begin all anew that were given up.",
    on: 'minion',
    by: 'program',
    fields: {},
    isOpen: true,
  }),
  pillar_refresh: event({
    doc: 'The minion shall ask for its pillar anew.',
    on: 'minion',
    by: 'program',
    fields: {},
    isOpen: true,
  }),
  '/salt/minion/minion_pillar_refresh_complete': event({
    doc: "The minion has its pillar anew. The slash in front is Salt's.",
    on: 'minion',
    by: 'minion',
    fields: { complete: s.boolean('Always true.') },
  }),
  '/salt/minion/minion_mod_complete': event({
    doc: "The functions of the minion were loaded anew. The slash in front is Salt's.",
    on: 'minion',
    by: 'minion',
    fields: { complete: s.boolean('Always true.') },
  }),
  '/salt/minion/:done': event({
    doc: 'The minion has done what it was asked to do with its schedule or its beacons: `minion_schedule_add_complete`, `minion_beacon_add_complete` and the like, `minion_schedule_saved`.',
    on: 'minion',
    by: 'minion',
    fields: {
      complete: s.boolean('Whether it was done.'),
      comment: s.optional(s.string('What came of it.')),
      schedule: s.optional(s.record(s.any(), 'The schedule as it is now.')),
      beacons: s.optional(s.any('The beacons as they are now.')),
    },
    isOpen: true,
  }),
} as const satisfies Readonly<Record<string, EventDescription>>
