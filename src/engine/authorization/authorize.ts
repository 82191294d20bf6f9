/** The one entry: every request that a policy governs is judged here, whoever brings it and by whichever way. */
import type { Decision } from './decision.ts'
import { refuse } from './decision.ts'
import type { PeerPolicy } from './peer.ts'
import type { PeerRunPolicy } from './peer-run.ts'
import type { PublisherAcl } from './publisher-acl.ts'
import type { JobTarget } from './target-rules.ts'

/** Who asks, as his way in has proved it. */
export interface Subject {
  /**
   * `owner` holds the key of the master's bus: root and the user of the master. `user` is any other user of that host.
   * `minion` is known by its session.
   */
  readonly kind: 'owner' | 'user' | 'minion'
  readonly name: string
  /** Names of the groups that he is a member of, where that is known. */
  readonly groups?: readonly string[]
}

/**
 * A user of the master's host by name, for whoever asks about him: root, the user of the master and those behind sudo hold the
 * key of the bus.
 */
export function hostSubject(name: string, masterUser: string, groups: readonly string[]): Subject {
  const isOwner = name === 'root' || name === masterUser || name.startsWith('sudo_')
  return isOwner ? { kind: 'owner', name } : { kind: 'user', name, groups }
}

export interface AuthorizationRequest {
  readonly subject: Subject
  /** To publish a job to minions, or to run something on the master. */
  readonly action: 'publish' | 'runner' | 'wheel'
  readonly fun: string | readonly string[]
  /** As in a job: for several functions one list each. */
  readonly arg: readonly unknown[]
  /** Of a job; read only when a rule asks for it. */
  readonly job?: JobTarget
}

export interface Policies {
  readonly peer: PeerPolicy
  readonly peerRun: PeerRunPolicy
  readonly publisherAcl: PublisherAcl
}

export function authorize(policies: Policies, request: AuthorizationRequest): Decision {
  const { subject, action, fun, arg, job } = request
  const access = { name: subject.name, groups: subject.groups ?? [], action, fun, arg, ...(job && { job }) }
  switch (subject.kind) {
    case 'owner':
      return policies.publisherAcl.authorizeOwner(access)
    case 'user':
      return policies.publisherAcl.authorizeUser(access)
    case 'minion':
      return authorizeMinion(policies, request)
  }
}

function authorizeMinion({ peer, peerRun }: Policies, request: AuthorizationRequest): Decision {
  const { subject, action, fun, arg, job } = request
  if (action === 'publish' && job !== undefined) return peer.authorize({ from: subject.name, fun, arg, job })
  if (action === 'runner' && typeof fun === 'string') return peerRun.authorize({ from: subject.name, fun, arg })
  return refuse(`a minion may not ask for this`)
}
