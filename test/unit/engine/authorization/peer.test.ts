import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { describe, it } from 'node:test'
import { SaltError } from '../../../../src/base/errors.ts'
import { authorize } from '../../../../src/engine/authorization/authorize.ts'
import { compilePeerPolicy } from '../../../../src/engine/authorization/peer.ts'
import { compilePeerRunPolicy } from '../../../../src/engine/authorization/peer-run.ts'
import { PublisherAcl } from '../../../../src/engine/authorization/publisher-acl.ts'
import { compileTarget } from '../../../../src/engine/target/compile.ts'

interface PeerCase {
  from: string
  fun: string | string[]
  arg?: unknown[]
  targets: string[]
  exactTargets?: string[]
  allowed: boolean
  reason?: string
  rule?: string
}
interface Cases {
  fleet: string[]
  policies: { name: string; peer: unknown; cases: PeerCase[] }[]
  faults: { peer: unknown; says: string }[]
}

const cases: Cases = JSON.parse(readFileSync(new URL('../../../cases/peer.json', import.meta.url), 'utf8'))
const matches = (compound: string) => {
  const matcher = compileTarget(compound, 'compound')
  return cases.fleet.filter((id) => matcher.matches({ id }))
}

for (const { name, peer, cases: requests } of cases.policies) {
  describe(`peer: ${name}`, () => {
    const policy = compilePeerPolicy(peer)
    for (const { allowed, reason, rule, arg = [], targets, exactTargets, ...request } of requests) {
      it(`${allowed ? 'permits' : 'refuses'} ${JSON.stringify({ ...request, arg, targets })}`, () => {
        const decision = policy.authorize({
          ...request,
          arg,
          job: { targets, matches, ...(exactTargets && { exactTargets }) },
        })
        assert.equal(decision.allowed, allowed, decision.reason)
        if (reason !== undefined) assert.ok(decision.reason.includes(reason), decision.reason)
        if (rule !== undefined) assert.equal(decision.rule, rule)
      })
    }
  })
}

describe('a peer request', () => {
  const policy = compilePeerPolicy({ alpha: [{ '*': [{ 'service.restart': { args: ['nginx'] } }] }] })

  it('is refused without a look at the minions when nothing is permitted to the sender', () => {
    const request = {
      from: 'beta',
      fun: 'test.ping',
      arg: [],
      job: {
        matches,
        get targets(): never {
          throw new Error('its target was resolved')
        },
      },
    }
    assert.equal(policy.authorize(request).allowed, false)
    assert.equal(compilePeerPolicy(undefined).authorize(request).allowed, false)
  })

  it('of several functions is judged by the arguments that each of them will get', () => {
    const targets = ['alpha']
    const allows = (arg: readonly unknown[]): boolean =>
      policy.authorize({ from: 'alpha', fun: ['service.restart'], arg, job: { targets, matches } }).allowed
    assert.equal(allows([['nginx']]), true)
    assert.equal(allows(['nginx']), false, 'what is no list is not passed on')
    assert.equal(allows([]), false)
  })
})

describe('a wrong peer configuration', () => {
  for (const { peer, says } of cases.faults) {
    it(JSON.stringify(peer), () => {
      assert.throws(
        () => compilePeerPolicy(peer),
        (error) => {
          assert.ok(error instanceof SaltError)
          assert.equal(error.code, 'configuration')
          assert.ok(error.message.includes(says), error.message)
          return true
        },
      )
    })
  }

  it('is told with the line that the caller knows', () => {
    const where = (path: readonly string[]) => (path.join('/') === 'peer/a/0' ? '/etc/salt/master:7' : undefined)
    assert.throws(() => compilePeerPolicy({ a: ['('] }, where), { code: 'configuration', where: '/etc/salt/master:7' })
  })
})

describe('peer_run', () => {
  const policy = compilePeerRunPolicy({
    alpha: ['manage.up', 'test.arg', { 'jobs.lookup_jid': { args: ['\\d{20}'] } }],
    'be.*': 'manage.*',
  })
  const allows = (from: string, fun: string, arg?: unknown[]) =>
    policy.authorize({ from, fun, ...(arg ? { arg } : {}) }).allowed

  it('permits what its lists name, in full', () => {
    assert.equal(allows('alpha', 'manage.up'), true)
    assert.equal(allows('alpha', 'manage.upper'), false)
    assert.equal(allows('alphabet', 'manage.up'), false)
    assert.equal(allows('beta', 'manage.down'), true)
    assert.equal(allows('gamma', 'manage.up'), false)
    assert.equal(allows('beta', 'manage.up,jobs.list_jobs'), false)
  })

  it('limits arguments', () => {
    assert.equal(allows('alpha', 'jobs.lookup_jid', ['20261121025504701682']), true)
    assert.equal(allows('alpha', 'jobs.lookup_jid', ['*']), false)
    assert.equal(allows('alpha', 'jobs.lookup_jid'), false)
  })

  it('refuses all when it is not configured, and malformed configuration at the start', () => {
    assert.deepEqual(compilePeerRunPolicy(undefined).authorize({ from: 'a', fun: 'b.c' }).allowed, false)
    assert.equal(compilePeerRunPolicy({}).isOn, false)
    assert.throws(() => compilePeerRunPolicy({ a: { b: ['c'] } }), /a list of runners is expected/)
    assert.throws(() => compilePeerRunPolicy('x'), { code: 'configuration' })
  })

  it('is reached through the one entry as peers are', () => {
    const policies = {
      peer: compilePeerPolicy({ alpha: ['test.ping'] }),
      peerRun: compilePeerRunPolicy({ alpha: ['manage.up'] }),
      publisherAcl: new PublisherAcl({}),
    }
    const subject = { kind: 'minion', name: 'alpha' } as const
    const job = { targets: ['beta'], matches }
    const asks = (action: 'publish' | 'runner' | 'wheel', fun: string): boolean =>
      authorize(policies, { subject, action, fun, arg: [], job }).allowed
    assert.equal(asks('publish', 'test.ping'), true)
    assert.equal(asks('publish', 'manage.up'), false)
    assert.equal(asks('runner', 'manage.up'), true)
    assert.equal(asks('runner', 'test.ping'), false)
    assert.equal(asks('wheel', 'manage.up'), false)
  })
})
