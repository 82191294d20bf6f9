import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { SaltError } from '../../../../src/base/errors.ts'
import { s } from '../../../../src/base/schema.ts'
import { Secret } from '../../../../src/base/secret.ts'
import { isAcceptedSaltKey, returnerKeys } from '../../../../src/engine/options/accepted-salt-keys.ts'
import { loadReturner, returnerNames } from '../../../../src/engine/returners/returner-catalogue.ts'
import { type ReturnerRequest, returnerOptions } from '../../../../src/engine/returners/returner-options.ts'
import { returnerRegistry } from '../../../../src/plugins/registry.ts'

const store = {
  name: 'store',
  options: {
    host: s.withDefault(s.string('Where'), 'localhost'),
    port: s.withDefault(s.integer('Port', { minimum: 1, maximum: 65535 }), 6379),
    password: s.optional(s.secret('Word')),
    headers: s.optional(s.record(s.secret(), 'Headers')),
  },
}

const needy = { name: 'needy', options: { url: s.string('Where') } }

function read(
  all: Record<string, unknown>,
  request: Omit<ReturnerRequest, 'name'> = {},
  definition: Parameters<typeof returnerOptions>[0] = store,
): Readonly<Record<string, unknown>> {
  return returnerOptions(definition, request, { all, where: (path) => `/etc/salt/minion:${path.join('/')}` })
}

const sources: readonly [string, Record<string, unknown>, Omit<ReturnerRequest, 'name'>, Record<string, unknown>][] = [
  ['defaults', {}, {}, { host: 'localhost', port: 6379 }],
  ['keys with points', { 'store.host': 'a', 'store.port': '7' }, {}, { host: 'a', port: 7 }],
  ['a mapping', { store: { host: 'a' } }, {}, { host: 'a', port: 6379 }],
  ['both', { store: { host: 'a', port: 1 }, 'store.host': 'b' }, {}, { host: 'b', port: 1 }],
  ['something else of that name', { store: 'file' }, {}, { host: 'localhost', port: 6379 }],
  ['a profile with points', { 'store.port': 1, 'alt.store.host': 'p' }, { profile: 'alt' }, { host: 'p', port: 1 }],
  ['a profile as a mapping', { alt: { store: { host: 'p' } } }, { profile: 'alt' }, { host: 'p', port: 6379 }],
  ['a profile in between', { 'alt.store': { host: 'p' } }, { profile: 'alt' }, { host: 'p', port: 6379 }],
  ['names that begin with returner', { 'returner.store.host': 'a' }, {}, { host: 'a', port: 6379 }],
  [
    'the plain name rather than that',
    { 'store.port': 1, 'returner.store.port': 2 },
    {},
    { host: 'localhost', port: 1 },
  ],
  [
    'a profile of names that begin with returner',
    { 'alt.returner.store.port': 1, alt: { returner: { 'store.host': 'p' } } },
    { profile: 'alt' },
    { host: 'p', port: 1 },
  ],
  ['another profile', { 'alt.store.host': 'p' }, { profile: 'other' }, { host: 'localhost', port: 6379 }],
  [
    'arguments, which win',
    { 'store.host': 'a', 'alt.store.host': 'p' },
    { profile: 'alt', kwargs: { host: 'k' } },
    { host: 'k', port: 6379 },
  ],
]

describe('options of a returner', () => {
  for (const [what, all, request, expected] of sources) {
    it(`come from ${what}`, () => assert.deepEqual(read(all, request), expected))
  }

  it('hide their secrets, also inside of a mapping', () => {
    const { password, headers } = read({ 'store.password': 'sesame', store: { headers: { key: 'open' } } })
    assert.ok(password instanceof Secret)
    assert.equal(password.reveal(), 'sesame')
    assert.equal(JSON.stringify(headers), '{"key":"•••"}')
  })
})

const faults: readonly [
  string,
  Record<string, unknown>,
  Omit<ReturnerRequest, 'name'>,
  { code: string; message: RegExp; where?: string },
][] = [
  [
    'an unknown key',
    { 'store.hots': 'a' },
    {},
    { code: 'configuration', message: /'store\.hots' is no option.*'host'/, where: '/etc/salt/minion:store.hots' },
  ],
  [
    'an unknown key of a profile',
    { alt: { store: { prt: 1 } } },
    { profile: 'alt' },
    { code: 'configuration', message: /'alt\.store\.prt'.*'port'/, where: '/etc/salt/minion:alt/store/prt' },
  ],
  [
    'a wrong value',
    { store: { port: 'many' } },
    {},
    { code: 'configuration', message: /^store\.port must be an integer.*'many'/, where: '/etc/salt/minion:store/port' },
  ],
  ['an unknown argument', {}, { kwargs: { hsot: 1 } }, { code: 'bad-arguments', message: /no option 'hsot'.*'host'/ }],
  ['a wrong argument', {}, { kwargs: { port: 0 } }, { code: 'bad-arguments', message: /'port'.* must be an integer/ }],
]

describe('options of a returner that are refused', () => {
  for (const [what, all, request, expected] of faults) {
    it(`as ${what}`, () => {
      assert.throws(
        () => read(all, request),
        (error) => {
          assert.ok(error instanceof SaltError)
          assert.equal(error.code, expected.code)
          assert.match(error.message, expected.message)
          assert.equal(error.where, expected.where)
          return true
        },
      )
    })
  }

  it('do not show a secret that is wrong', () => {
    for (const kwargs of [{ password: ['hunter2'] }, { headers: { key: ['hunter2'] } }]) {
      assert.throws(
        () => read({}, { kwargs }),
        (error) => error instanceof SaltError && !error.message.includes('hunter2'),
      )
    }
  })

  it('say what to set where one is missing', () => {
    assert.throws(() => read({}, {}, needy), /the option 'url' of the returner needy is missing/)
  })
})

describe('names of returners', () => {
  it('are read from text and lists, each once', () => {
    assert.deepEqual(returnerNames(' a,b,, a'), ['a', 'b'])
    assert.deepEqual(returnerNames(['b', ' a ']), ['b', 'a'])
    assert.deepEqual(returnerNames(''), [])
  })

  it('are known, or the nearest ones are named with the place', async () => {
    const registry = { redis: () => Promise.reject(new Error('loaded')), file: () => Promise.reject(new Error()) }
    await assert.rejects(loadReturner(registry, 'redis'), /loaded/)
    await assert.rejects(loadReturner(registry, 'rediss'), { code: 'bad-arguments', message: /Did you mean 'redis'/ })
    await assert.rejects(loadReturner(registry, 'toString', '/etc/salt/minion:3'), {
      code: 'configuration',
      where: '/etc/salt/minion:3',
    })
  })
})

describe('the configuration', () => {
  it('of Salt say what to write instead', async () => {
    const hintOf = (name: string) => loadReturner(returnerRegistry, name).catch((error: SaltError) => error.hint)
    assert.match(String(await hintOf('pgjsonb')), /^Salt’s tables are those of the returner postgres: .*There are /)
    assert.match(String(await hintOf('sqlite3')), /sqlite\.database for returner\.sqlite3\.database/)
    assert.match(String(await hintOf('constructor')), /^There are /)
    const smtp = { name: 'smtp', options: { host: s.string('Where') } }
    assert.throws(() => read({ 'smtp.host': 'a', 'smtp.fields': 'id,fun' }, {}, smtp), {
      message: "'smtp.fields' is no option of the returner smtp.",
      hint: /^Write smtp.*Its options are host\.$/,
    })
  })

  it('may have a mapping for each returner', () => {
    assert.deepEqual([...returnerKeys].sort(), Object.keys(returnerRegistry).sort())
    for (const name of returnerKeys) assert.ok(isAcceptedSaltKey(name))
  })
})
