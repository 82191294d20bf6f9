/** The one entry: every request of a kind that a policy governs is judged here, whoever brings it. */
import type { Decision } from './decision.ts'
import type { PeerPolicy, PeerRequest } from './peer.ts'
import type { PeerRunPolicy, PeerRunRequest } from './peer-run.ts'

export interface Policies {
  readonly peer: PeerPolicy
  readonly peerRun: PeerRunPolicy
}

export type AuthorizationRequest =
  | ({ readonly kind: 'peer' } & PeerRequest)
  | ({ readonly kind: 'peer-run' } & PeerRunRequest)

export function authorize(policies: Policies, request: AuthorizationRequest): Decision {
  switch (request.kind) {
    case 'peer':
      return policies.peer.authorize(request)
    case 'peer-run':
      return policies.peerRun.authorize(request)
  }
}
