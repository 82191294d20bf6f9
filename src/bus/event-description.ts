/** How an event is described, and what several of them share. */
import { type Schema, s } from '../base/schema.ts'

export interface EventDescription<Fields extends Readonly<Record<string, Schema>> = Readonly<Record<string, Schema>>> {
  /** When it is fired, in a sentence or two. */
  readonly doc: string
  /** On which buses it is seen. */
  readonly on: 'master' | 'minion' | 'both'
  /**
   * Who fires it. `minion` on the master's bus: it came over the session of that minion. `program`: whoever wants the daemon to do
   * something.
   */
  readonly by: 'master' | 'minion' | 'daemon' | 'program'
  /** Salt has no such event. */
  readonly isOurs?: true
  /** The option without which it is not fired. */
  readonly option?: string
  /** Without `_stamp`, which every event has. */
  readonly fields: Fields
  /** Further fields may come: what they are is up to whoever caused the event. */
  readonly isOpen?: true
}

export function event<const D extends EventDescription>(description: D): D {
  return description
}

export const id = s.string('The minion.')
export const jid = s.string('The job.')
export const names = s.union([s.string(), s.array(s.string())], 'Name of the function; a list of several.')
export const words = s.array(s.any())
export const metadata = s.optional(s.record(s.any(), 'What the publisher gave with it.'))

/** Of a return. */
export const returned = {
  cmd: s.literal(['_return']),
  id,
  jid,
  fun: names,
  fun_args: s.array(s.any(), 'Its arguments.'),
  return: s.any('What the function returned.'),
  retcode: s.integer('0 where all is well.'),
  success: s.boolean('Whether it ended without an error.'),
  out: s.optional(s.string('Outputter that suits the return.')),
  user: s.optional(s.string('Who published the job.')),
  metadata,
}
