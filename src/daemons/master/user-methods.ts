/** What a user of the master's host may ask over his own bus: jobs that are permitted to him, and what became of them. */
import type { Clock } from '../../base/clock.ts'
import { SaltError } from '../../base/errors.ts'
import { asRecord, asString } from '../../base/narrow.ts'
import type { Published, PublishItem, PublishRequest } from '../../client/api.ts'
import type { PublisherAcl } from '../../engine/authorization/publisher-acl.ts'
import { jidToTime } from '../../engine/jobs/jid.ts'
import type { Handler } from '../../wire/rpc.ts'
import { type BusMethodsOptions, publishFor, publishRequestFrom, runFor, targetFrom, withItems } from './bus-methods.ts'
import type { HostUser } from './host-users.ts'
import { listJobs } from './job-list.ts'

export interface UserMethodsOptions
  extends Pick<BusMethodsOptions, 'publisher' | 'authority' | 'hosts' | 'isConnected' | 'store'> {
  readonly policies: { readonly publisherAcl: PublisherAcl }
  readonly clock: Pick<Clock, 'now'>
}

/** His name is the one that his key stands for, whatever the parameters say. There are no events, and nothing else of the owner's. */
export function userMethods(
  options: UserMethodsOptions,
  { name, groups }: HostUser,
): Readonly<Record<string, Handler>> {
  const { publisher, store, policies } = options
  const subject = { kind: 'user', name, groups } as const
  /** Of these minions, those on which he may do something. */
  const withinReach = (ids: readonly string[]): readonly string[] => {
    const reach = policies.publisherAcl.reach(name, groups)
    if (reach === 'any') return ids
    const reached = new Set(reach.flatMap((tgt) => publisher.resolveKnown({ tgt, tgt_type: 'compound' })))
    return ids.filter((id) => reached.has(id))
  }
  return {
    publish: (params, call) => {
      const record = asRecord(params)
      const request = publishRequestFrom(record, name)
      assertNotToCome(request.jid, options.clock.now())
      assertConfiguredReturners(request, name)
      return publishFor(options, subject, request, record.follow === true, call)
    },
    follow: (params, call) => {
      const jid = asString(asRecord(params).jid, 'jid')
      const job = store.get(jid)
      if (job?.user !== name) {
        const reason = `the job is one of ${job?.user}`
        if (job !== undefined) options.authority.note({ subject, action: 'follow', jid, decision: 'refused', reason })
        // As for a job that is not known: the number of somebody else's job tells nothing.
        throw new SaltError('no-match', `no job ${jid} of yours is known`)
      }
      return withItems<PublishItem, Published>(call, (follower) => publisher.follow(jid, follower, call.signal))
    },
    jobs: (params) => listJobs(store, params, name),
    targets: (params) => {
      const minions = withinReach(publisher.resolve(targetFrom(asRecord(params))))
      return { minions, connected: minions.filter((id) => options.isConnected(id)) }
    },
    'files.offer': () => {
      throw new SaltError(
        'denied',
        `${name} must not copy files: the master reads them, and may read all of this host`,
        {
          hint: 'Let whoever owns the master run salt cp.',
        },
      )
    },
    runner: (params, call) => runFor(options, subject, 'runner', asRecord(params), call),
    wheel: (params, call) => runFor(options, subject, 'wheel', asRecord(params), call),
  }
}

/** A returner writes with the rights of the minion, to where its options say: those of the configuration are the operator's. */
function assertConfiguredReturners({ ret_kwargs }: PublishRequest, user: string): void {
  if (ret_kwargs === undefined) return
  throw new SaltError('denied', `${user} must not give options of returners`, {
    hint: 'Name the returner alone, or a part of the configuration of the minions with --return_config.',
  })
}

/** Whoever took a jid before its time would take it away from the job of somebody else that the master is going to give it to. */
function assertNotToCome(jid: string | undefined, now: number): void {
  if (jid === undefined) return
  const at = jidToTime(jid)
  if (at !== undefined && at <= now) return
  throw new SaltError('bad-arguments', `the jid ${jid} is no time that has passed`, {
    hint: 'Leave it out: the master then gives the job one of its own.',
  })
}
