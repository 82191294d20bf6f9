import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { SaltError } from '../../../../src/base/errors.ts'
import { authorize, type Subject } from '../../../../src/engine/authorization/authorize.ts'
import type { Decision } from '../../../../src/engine/authorization/decision.ts'
import { compilePeerPolicy } from '../../../../src/engine/authorization/peer.ts'
import { compilePeerRunPolicy } from '../../../../src/engine/authorization/peer-run.ts'
import { PublisherAcl, type PublisherAclConfig } from '../../../../src/engine/authorization/publisher-acl.ts'
import { compileTarget } from '../../../../src/engine/target/compile.ts'

const fleet = ['db1', 'web1', 'web2']
const matches = (compound: string): string[] => {
  const matcher = compileTarget(compound, 'compound')
  return fleet.filter((id) => matcher.matches({ id }))
}

interface Asked {
  readonly config: PublisherAclConfig
  readonly subject?: Partial<Subject>
  readonly action?: 'publish' | 'runner' | 'wheel'
  readonly fun: string | readonly string[]
  readonly arg?: readonly unknown[]
  readonly targets?: readonly string[]
}

function ask({ config, subject, action = 'publish', fun, arg = [], targets = fleet }: Asked): Decision {
  const policies = {
    peer: compilePeerPolicy({ '.*': ['.*'] }),
    peerRun: compilePeerRunPolicy({ '.*': ['.*'] }),
    publisherAcl: new PublisherAcl(config, (path) => `master:${path.length}`),
  }
  return authorize(policies, {
    subject: { kind: 'user', name: 'fred', ...subject },
    action,
    fun,
    arg,
    job: { targets, matches },
  })
}

const acl = {
  publisher_acl: {
    fred: [
      'test.ping',
      { 'web*': ['pkg.version', { 'service.restart': { args: ['nginx'], kwargs: { force: 'True' } } }] },
    ],
    'dev_*': ['test.*'],
    '(anna|berta)': ['.*', '@runner'],
    'ops%': ['cmd.run'],
    clerk: ['@jobs', { '@wheel': ['key.list_all', { 'key.accept': { args: ['web.*'] } }] }, { '@survey': ['diff'] }],
    lone: '@runners',
    all: { '*': ['test.version'] },
  },
}
const kwargs = (values: object): object => ({ ...values, __kwarg__: true })

const cases: (Omit<Asked, 'config'> & { allowed: boolean; says?: string; config?: PublisherAclConfig })[] = [
  { fun: 'test.ping', allowed: true, says: 'permitted by publisher_acl → "fred" → item 1' },
  { fun: 'test.ping_all', allowed: false, says: 'no entry of publisher_acl permits test.ping_all to fred' },
  { fun: 'pkg.version', targets: ['web1', 'web2'], allowed: true },
  { fun: 'pkg.version', targets: ['web1', 'db1'], allowed: false, says: 'on web* only, which db1 is not part of' },
  { fun: 'pkg.version', targets: [], allowed: false, says: 'no minion matches the target' },
  { fun: 'service.restart', arg: ['nginx', kwargs({ force: true })], targets: ['web1'], allowed: true },
  { fun: 'service.restart', arg: ['nginx'], targets: ['web1'], allowed: false, says: 'with other arguments only' },
  { fun: 'service.restart', arg: ['sshd', kwargs({ force: true })], targets: ['web1'], allowed: false },
  { fun: ['test.ping', 'pkg.version'], arg: [[], []], targets: ['web1'], allowed: true },
  { fun: ['test.ping', 'cmd.run'], arg: [[], ['id']], targets: ['web1'], allowed: false },
  { fun: [], allowed: false, says: 'no function is named' },
  { fun: 'test.ping,cmd.run', allowed: false, says: 'is not the name of a function' },
  { fun: 'manage.up', action: 'runner', allowed: false, says: 'permits the runner manage.up to fred' },
  { subject: { name: 'freda' }, fun: 'test.ping', allowed: false, says: 'permits anything to freda' },
  { subject: { name: 'dev_1' }, fun: 'test.echo', allowed: true },
  { subject: { name: 'adev_1' }, fun: 'test.echo', allowed: false },
  { subject: { name: 'anna' }, fun: 'cmd.run', allowed: true },
  { subject: { name: 'anna' }, fun: 'jobs.active', action: 'runner', allowed: true },
  { subject: { name: 'anna' }, fun: 'key.accept', action: 'wheel', allowed: false },
  { subject: { name: 'annab' }, fun: 'cmd.run', allowed: false },
  { subject: { name: 'zoe', groups: ['users', 'ops'] }, fun: 'cmd.run', allowed: true },
  { subject: { name: 'ops' }, fun: 'cmd.run', allowed: false },
  { subject: { name: 'clerk' }, fun: 'jobs.list_jobs', action: 'runner', allowed: true },
  { subject: { name: 'clerk' }, fun: 'jobs.list_jobs', allowed: false },
  { subject: { name: 'clerk' }, fun: 'manage.up', action: 'runner', allowed: false },
  { subject: { name: 'clerk' }, fun: 'key.list_all', action: 'wheel', allowed: true },
  { subject: { name: 'clerk' }, fun: 'key.accept', arg: ['web1'], action: 'wheel', allowed: true },
  {
    subject: { name: 'clerk' },
    fun: 'key.accept',
    arg: ['db1'],
    action: 'wheel',
    allowed: false,
    says: 'with other arguments only',
  },
  { subject: { name: 'clerk' }, fun: 'survey.diff', action: 'runner', allowed: true },
  { subject: { name: 'clerk' }, fun: 'survey.hash', action: 'runner', allowed: false },
  { subject: { name: 'lone' }, fun: 'manage.up', action: 'runner', allowed: true },
  { subject: { name: 'all' }, fun: 'test.version', allowed: true },
  { config: {}, fun: 'test.ping', allowed: false },
  { config: { publisher_acl: null }, fun: 'test.ping', allowed: false },
  // The owner of the bus may do everything but what the blacklist forbids.
  { subject: { kind: 'owner', name: 'root' }, fun: 'cmd.run', allowed: true, says: 'permitted by the bus key' },
  { subject: { kind: 'owner', name: 'sudo_fred' }, fun: 'cmd.run', allowed: true },
  { config: { ...acl, sudo_acl: true }, subject: { kind: 'owner', name: 'sudo_fred' }, fun: 'cmd.run', allowed: false },
  {
    config: { ...acl, sudo_acl: true },
    subject: { kind: 'owner', name: 'sudo_fred' },
    fun: 'test.ping',
    allowed: true,
  },
  { config: { ...acl, sudo_acl: true }, subject: { kind: 'owner', name: 'root' }, fun: 'cmd.run', allowed: true },
  { config: { sudo_acl: true }, subject: { kind: 'owner', name: 'sudo_fred' }, fun: 'cmd.run', allowed: true },
  // A user cannot take a name that is the owner's.
  { config: { ...acl, sudo_acl: true }, subject: { name: 'sudo_anna' }, fun: 'cmd.run', allowed: false },
]

describe('publisher_acl', () => {
  for (const { allowed, says = '', config = acl, ...asked } of cases) {
    it(`${allowed ? 'permits' : 'refuses'} ${JSON.stringify(asked)}`, () => {
      const decision = ask({ config, ...asked })
      assert.equal(decision.allowed, allowed, decision.reason)
      assert.ok(decision.reason.includes(says), decision.reason)
    })
  }

  it('names the place of the rule in the file', () => {
    const decision = ask({ config: acl, fun: 'pkg.version', targets: ['web1'] })
    assert.equal(decision.rule, 'publisher_acl → "fred" → item 2 → "web*" → item 1')
    assert.equal(decision.where, 'master:5')
  })

  it('tells which minions somebody can reach at all', () => {
    const list = new PublisherAcl({
      publisher_acl: { a: [{ 'web*': ['x'] }, { db1: ['y'] }], b: ['x', { 'web*': ['y'] }] },
    })
    assert.deepEqual(list.reach('a', []), ['web*', 'db1'])
    assert.equal(list.reach('b', []), 'any')
    assert.deepEqual(list.reach('c', []), [])
  })
})

describe('publisher_acl_blacklist', () => {
  const config = {
    publisher_acl: { fred: ['.*', '@runner'], root: ['.*'] },
    publisher_acl_blacklist: { users: ['^(?!sudo_|fred).*$'], modules: ['cmd', 'network.*', 'test.ech.'] },
  }
  const forbidden = ['cmd.run', 'cmd.script', 'network.ip_addrs', 'test.echo', ['test.ping', 'cmd.run']]
  for (const fun of forbidden) {
    it(`forbids ${fun}, even to the owner`, () => {
      for (const subject of [{}, { kind: 'owner', name: 'sudo_fred' }] as const) {
        const decision = ask({ config, subject, fun, arg: [[], []] })
        assert.equal(decision.allowed, false)
        assert.match(decision.rule ?? '', /^publisher_acl_blacklist → "modules" → item \d$/)
      }
    })
  }
  it('leaves alone what it does not name', () => {
    for (const fun of ['cmdmod.run', 'test.ping', 'net.get']) assert.equal(ask({ config, fun }).allowed, true)
    assert.equal(ask({ config, fun: 'cmd.run', action: 'runner' }).allowed, true, 'modules are those of minions')
  })
  it('forbids everything to a user it names, the owner included', () => {
    const decision = ask({ config, subject: { kind: 'owner', name: 'root' }, fun: 'test.ping' })
    assert.equal(decision.allowed, false)
    assert.equal(decision.where, 'master:3')
    assert.equal(ask({ config, subject: { kind: 'owner', name: 'sudo_x' }, fun: 'test.ping' }).allowed, true)
    assert.equal(ask({ config, subject: { name: 'anna' }, fun: 'test.ping' }).allowed, false)
  })
})

describe('a wrong publisher_acl', () => {
  const faults: { config: PublisherAclConfig; says: RegExp }[] = [
    { config: { publisher_acl: ['fred'] }, says: /a mapping from users/ },
    { config: { publisher_acl: { '(': ['test.ping'] } }, says: /publisher_acl → "\("/ },
    { config: { publisher_acl: { fred: ['@'] } }, says: /item 1: "@" names neither runner nor wheel/ },
    { config: { publisher_acl: { fred: [{ 'web*': ['a'], 'db*': ['b'] }] } }, says: /exactly one key/ },
    { config: { publisher_acl: { fred: [{ 'test.ping': { args: ['a'] } }] } }, says: /read as a target/ },
    { config: { publisher_acl_blacklist: ['root'] }, says: /a mapping with users and modules/ },
    { config: { publisher_acl_blacklist: { user: ['root'] } }, says: /users and modules only/ },
    { config: { publisher_acl_blacklist: { users: [{}] } }, says: /a name or a pattern is expected, not a mapping/ },
  ]
  for (const { config, says } of faults) {
    it(JSON.stringify(config), () => {
      assert.throws(
        () => new PublisherAcl(config),
        (error) => error instanceof SaltError && error.code === 'configuration' && says.test(error.message),
      )
    })
  }
})
