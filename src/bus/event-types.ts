/**
 * The events that this program fires, from tag pattern to payload: `:name` stands for one part of the tag.
 *
 * Names and fields are Salt's (SPEC §3.2); a field or event of our own is marked.
 */
import type { EventData } from './event.ts'

/** A runner or a wheel function began: `fun` with `runner.` or `wheel.` before its name. */
interface RunStarted {
  fun: string
  jid: string
  user: string
  fun_args: readonly unknown[]
}

interface RunEnded extends RunStarted {
  return: unknown
  success: boolean
}

export interface EventTypes {
  'salt/auth': {
    result: boolean
    act: 'accept' | 'pend' | 'reject' | 'denied' | 'full'
    id: string
    pub: string
    /** Ours: why. */
    reason?: string
  }
  'salt/key': { result: boolean; act: 'accept' | 'reject' | 'delete'; id: string /** Ours. */; user?: string }
  'salt/minion/:id/start': {
    id: string
    cmd: '_minion_event'
    pretag: null
    data: string
    tag: string
    grains?: EventData
  }
  /** Ours: the session of a minion ended. */
  'salt/minion/:id/stop': { id: string; reason: string }
  'salt/job/:jid/new': {
    jid: string
    tgt_type: string
    tgt: string | readonly string[]
    user: string
    fun: string | readonly string[]
    arg: readonly unknown[]
    minions: readonly string[]
    missing: readonly string[]
    metadata?: EventData
    /** Ours: the minion that published a peer job. */
    peer?: string
  }
  'salt/job/:jid/ret/:id': {
    cmd: '_return'
    id: string
    jid: string
    fun: string | readonly string[]
    fun_args: readonly unknown[]
    return: unknown
    retcode: number
    success: boolean
    out?: string
    user?: string
    metadata?: EventData
    /** Name of the scheduled job that ran. */
    schedule?: string
  }
  /** Ours: a target ended without a return. */
  'salt/job/:jid/state/:id': { jid: string; id: string; state: string; reason: string }
  'salt/run/:jid/new': RunStarted
  'salt/run/:jid/ret': RunEnded
  'salt/wheel/:jid/new': RunStarted
  'salt/wheel/:jid/ret': RunEnded
  /** Ours: a beacon failed too often and was disabled. */
  'salt/beacon/:id/:name/disabled': { id: string; beacon: string; failures: number; reason: string; hint: string }
  /** Ours: a peer request that the policy refused. */
  'salt/peer/:id/refused': { id: string; fun: string | readonly string[]; arg: readonly unknown[]; reason: string }
  /** Ours: the disk under a cache takes nothing (`fault`), or takes it again (`well`). */
  'salt/storage/:state': { what: string; message: string }
  /** Ours: something was dropped; always with a count. */
  'salt/drop/:what': { count: number; reason: string }
}

/** One string for each part of a tag, in their order. */
type Parts<Pattern extends string> = Pattern extends `${string}:${string}/${infer Rest}`
  ? [string, ...Parts<Rest>]
  : Pattern extends `${string}:${string}`
    ? [string]
    : []

/** Fills the parts of a tag pattern: `tagOf('salt/job/:jid/ret/:id', jid, id)`. */
export function tagOf<Pattern extends keyof EventTypes>(pattern: Pattern, ...parts: Parts<Pattern>): string {
  const values: readonly string[] = parts
  let next = 0
  return pattern.replace(/:[a-z]+/g, () => values[next++] ?? '')
}
