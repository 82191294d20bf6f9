import assert from 'node:assert/strict'
import { chmodSync, existsSync, lstatSync, mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import type { BusEvent, BusGap } from '../../src/bus/event.ts'
import { masterBusName } from '../../src/client/bus-names.ts'
import { EventConnection, type EventConnectionOptions } from '../../src/client/event-connection.ts'
import { connectMasterBus } from '../../src/client/master-bus.ts'
import { startMaster } from '../../src/daemons/master/master.ts'
import { loadMasterOptions } from '../../src/engine/options/master-options.ts'
import { zeromqClient } from '../../src/wire/zeromq-transport.ts'
import { InProcessFleet, type TestMaster } from '../support/in-process-fleet.ts'
import { programArgv, Running } from '../support/program.ts'
import { Changes } from '../support/waiting.ts'

function open(sockDir: string, options: Partial<EventConnectionOptions> = {}): Promise<EventConnection> {
  return EventConnection.open({
    connect: () => connectMasterBus({ sockDir, timeoutMs: 2000 }),
    reconnect: { minimumMs: 10, maximumMs: 50 },
    ...options,
  })
}

class Heard {
  readonly events: BusEvent[] = []
  readonly gaps: BusGap[] = []
  readonly #changes = new Changes()

  readonly onEvents = (events: readonly BusEvent[]): void => {
    this.events.push(...events)
    this.#changes.happened()
  }
  readonly onGap = (gap: BusGap): void => {
    this.gaps.push(gap)
    this.#changes.happened()
  }

  get dropped(): number {
    return this.gaps.reduce((sum, { dropped }) => sum + dropped, 0)
  }

  until(holds: () => boolean): Promise<true> {
    return this.#changes.until(
      () => holds() || undefined,
      () => `${this.events.length} events, ${this.dropped} dropped, the last ${JSON.stringify(this.events.at(-1))}`,
    )
  }
}

async function masterAlone(configuration = '') {
  const fleet = new InProcessFleet()
  const master = await fleet.startMaster(configuration)
  const sockDir = master.options.paths.sock_dir
  return { master, sockDir, [Symbol.asyncDispose]: () => fleet[Symbol.asyncDispose]() }
}

describe('what is no frame', () => {
  it('is dropped, counted and told, and nobody else suffers', async () => {
    await using world = await masterAlone()
    await using events = await open(world.sockDir)
    const heard = new Heard()
    await events.subscribe({ pattern: 'salt/drop/', match: 'startswith' }, heard)
    await using stranger = await zeromqClient(`ipc://${join(world.sockDir, masterBusName)}`)
    await stranger.connect()
    for (let count = 0; count < 5; count++) stranger.send(Buffer.from('rubbish'))
    await heard.until(() => heard.events.length > 0)
    assert.deepEqual(
      heard.events.map(({ tag, data }) => [tag, data.count, data.reason]),
      [['salt/drop/bad-frame', 1, 'a frame is shorter than its header']],
    )
    await events.fire('still/here', {})
  })
})

describe('what cannot be an event', () => {
  it('is refused by name, alone and among others, and nothing else suffers', async () => {
    await using world = await masterAlone('max_event_size: 2000\n')
    await using events = await open(world.sockDir)
    await using bus = await world.master.bus()
    const heard = new Heard()
    await events.subscribe({ pattern: 'my/', match: 'startswith' }, heard)
    const bad: readonly (readonly [string, unknown, RegExp])[] = [
      ['my/big', { text: 'x'.repeat(2000) }, /more than the 2000 of max_event_size/],
      ['my/very-big', { text: 'x'.repeat(3_000_000) }, /more than the 2000 of max_event_size/],
      ['my/list', [1, 2], /must be a mapping/],
      ['my/text', 'text', /must be a mapping/],
      ['my/function', { run: () => {} }, /not plain data/],
      ['my/bigint', { number: 2n ** 70n }, /not plain data/],
      ['', {}, /needs a tag/],
      ['my/\nsecond', {}, /more than one line/],
      [`my/${'x'.repeat(64 * 1024)}`, {}, /longer than 1024/],
    ]
    const results = await Promise.allSettled(
      bad.flatMap(([tag, data], number) => [events.fire(tag, data as never), events.fire('my/good', { number })]),
    )
    for (const [number, [tag, data, message]] of bad.entries()) {
      const alone = bus.call('fire', { tag, data: data as never })
      await assert.rejects(alone, { code: 'bad-arguments', message }, `alone: ${message}`)
      const result = results[number * 2]
      assert.equal(result?.status === 'rejected' ? result.reason.code : 'fired', 'bad-arguments', String(message))
      assert.equal(results[number * 2 + 1]?.status, 'fulfilled')
    }
    await heard.until(() => heard.events.length === bad.length)
    assert.deepEqual(
      heard.events.map(({ data }) => data.number),
      bad.map((_, number) => number),
    )
  })

  it('is a value of the daemon itself: it is trimmed, the rest is told', async () => {
    await using fleet = await InProcessFleet.start(['alpha'], 'max_event_size: 3000\n')
    await using events = await fleet.master.events()
    await fleet.master.publish('alpha', 'test.echo', ['x'.repeat(5000)])
    const { data } = await events.until(/^salt\/job\/\d+\/ret\/alpha$/)
    const { id, fun, retcode, oversized } = data
    assert.deepEqual({ id, fun, retcode, oversized }, { id: 'alpha', fun: 'test.echo', retcode: 0, oversized: true })
    assert.equal(data.return, 'VALUE_TRIMMED')
  })
})

describe('the key of a bus', () => {
  it('that is missing, wrong, too short or readable by all keeps programs away, with words', async () => {
    await using world = await masterAlone()
    const path = join(world.sockDir, 'bus.key')
    const key = readFileSync(path)
    chmodSync(path, 0o644)
    await assert.rejects(open(world.sockDir), { code: 'key-permissions', hint: `Run: chmod 600 ${path}` })
    await assert.rejects(open(world.sockDir, { waitForDaemon: true }), { code: 'key-permissions' })
    chmodSync(path, 0o600)
    writeFileSync(path, Buffer.alloc(32))
    await assert.rejects(open(world.sockDir), { code: 'key-invalid', message: /not the one that the daemon uses/ })
    writeFileSync(path, 'short')
    await assert.rejects(open(world.sockDir), { code: 'key-invalid', message: /does not have 32 bytes/ })
    rmSync(path)
    await assert.rejects(open(world.sockDir), { code: 'master-unreachable', hint: /bus\.key/ })
    // Somebody puts it back: who has waited comes in.
    const states: string[] = []
    const seen = new Changes()
    const waiting = open(world.sockDir, {
      waitForDaemon: true,
      onState: ({ kind }) => {
        states.push(kind)
        seen.happened()
      },
    })
    await seen.until(
      () => states.includes('waiting') || undefined,
      () => 'nobody waits',
    )
    writeFileSync(path, key, { mode: 0o600 })
    await using events = await waiting
    await events.fire('here')
  })

  it('that is readable by all keeps a master from starting', async () => {
    await using world = await masterAlone()
    await world.master.stop()
    chmodSync(join(world.sockDir, 'bus.key'), 0o640)
    await assert.rejects(world.master.start(), { code: 'key-permissions' })
  })
})

describe('a program that outlives its master', () => {
  it('goes on with the next one, sees the gap, and misses nothing of the new one', async () => {
    await using world = await masterAlone()
    const lost = Promise.withResolvers<void>()
    await using events = await open(world.sockDir, { onState: ({ kind }) => kind === 'waiting' && lost.resolve() })
    const heard = new Heard()
    await events.subscribe({ pattern: 'my/', match: 'startswith' }, heard)
    await events.fire('my/first')
    await heard.until(() => heard.events.length === 1)
    await world.master.stop()
    await lost.promise
    const between = events.fire('my/between')
    await world.master.start()
    await between
    await events.fire('my/last')
    await heard.until(() => heard.events.length === 3)
    assert.deepEqual(
      heard.events.map(({ tag }) => tag),
      ['my/first', 'my/between', 'my/last'],
    )
    assert.deepEqual(
      heard.gaps.map(({ restarted }) => restarted),
      [true],
    )
  })

  it('also where the master was killed, and left its socket behind', async () => {
    await using world = await masterAlone()
    await world.master.stop()
    const argv = [...programArgv('source'), 'master', '-c', join(world.master.folder, 'etc'), '-l', 'info']
    const killed = new Running(argv)
    try {
      await killed.until(/the master is ready/)
      const lost = Promise.withResolvers<void>()
      await using events = await open(world.sockDir, { onState: ({ kind }) => kind === 'waiting' && lost.resolve() })
      const heard = new Heard()
      await events.subscribe({ pattern: 'my/', match: 'startswith' }, heard)
      killed.child.kill('SIGKILL')
      await killed.finished
      await lost.promise
      assert.ok(lstatSync(join(world.sockDir, masterBusName)).isSocket(), 'its socket is left')
      await world.master.start()
      await events.fire('my/tag')
      await heard.until(() => heard.events.length === 1)
      assert.equal(heard.gaps[0]?.restarted, true)
    } finally {
      killed.child.kill('SIGKILL')
    }
  })
})

describe('two masters', () => {
  it('on one sock_dir: the second is refused, and the first keeps its programs and its socket', async () => {
    await using world = await masterAlone()
    const { master, sockDir } = world
    await using events = await open(sockDir)
    const heard = new Heard()
    await events.subscribe({ pattern: 'my/', match: 'startswith' }, heard)
    const socket = join(sockDir, masterBusName)
    const { ino } = statSync(socket)
    await assert.rejects(secondMaster(master), { code: 'address-in-use', hint: /sock_dir/ })
    assert.equal(statSync(socket).ino, ino)
    assert.ok(existsSync(join(sockDir, 'bus.key')))
    await using late = await open(sockDir)
    await late.fire('my/tag')
    await heard.until(() => heard.events.length === 1)
    assert.deepEqual(heard.gaps, [])
  })
})

/** A master with another folder and port, but the same folder for its sockets. */
async function secondMaster(first: TestMaster): Promise<never> {
  const etc = join(first.folder, 'second')
  mkdirSync(etc, { recursive: true })
  const { sock_dir: sockDir } = first.options.paths
  writeFileSync(join(etc, 'master'), `root_dir: ${first.folder}/second\ninterface: 127.0.0.1\nret_port: 0\n`)
  const options = await loadMasterOptions({ configDir: etc })
  const second = await startMaster({ ...options, paths: { ...options.paths, sock_dir: sockDir } }, first.log.log)
  await second[Symbol.asyncDispose]()
  throw new Error('the second master has started')
}

describe('a program that floods the bus', () => {
  it('is told when too much waits; all else is fired, in order, and others are served meanwhile', async () => {
    await using world = await masterAlone()
    await using flooding = await open(world.sockDir)
    await using other = await open(world.sockDir)
    const heard = new Heard()
    await other.subscribe({ pattern: 'flood', match: 'startswith' }, heard)
    const count = 120_000
    let refused = 0
    const fired = Array.from({ length: count }, (_, number) =>
      flooding.fire('flood', { number }).catch((error: { code: string }) => {
        assert.equal(error.code, 'overloaded')
        refused += 1
      }),
    )
    await other.fire('other')
    await Promise.all(fired)
    assert.equal(refused, count - 100_000)
    await heard.until(() => heard.events.length + heard.dropped === count - refused)
    const numbers = heard.events.map(({ data }) => Number(data.number))
    assert.deepEqual(
      numbers,
      numbers.toSorted((left, right) => left - right),
    )
  })
})

describe('a subscriber that is stopped', () => {
  it('costs the others nothing and the master a bounded queue, and is told what it missed', async () => {
    await using world = await masterAlone()
    const script = `
      import { EventConnection } from './src/client/event-connection.ts'
      import { connectMasterBus } from './src/client/master-bus.ts'
      const events = await EventConnection.open({ connect: () => connectMasterBus({ sockDir: process.argv[1] }) })
      let seen = 0, dropped = 0
      await events.subscribe({ pattern: 'my/', match: 'startswith' }, {
        onEvents: (batch) => console.log('in all', (seen += batch.length) + dropped, 'missed', dropped),
        onGap: (gap) => console.log('in all', (dropped += gap.dropped) + seen, 'missed', dropped),
      })
      console.log('listening')`
    const stalled = new Running([process.execPath, '--input-type=module', '-e', script, world.sockDir])
    try {
      await stalled.until(/listening/)
      await using events = await open(world.sockDir)
      const heard = new Heard()
      await events.subscribe({ pattern: 'my/', match: 'startswith' }, heard)
      stalled.child.kill('SIGSTOP')
      const text = 'x'.repeat(5000)
      const count = 8000
      for (let round = 0; round < count / 500; round++) {
        await Promise.all(Array.from({ length: 500 }, () => events.fire('my/tag', { text })))
        await heard.until(() => heard.events.length === (round + 1) * 500)
        heard.events.fill({ seq: 0, tag: '', data: {} })
      }
      assert.deepEqual(heard.gaps, [])
      stalled.child.kill('SIGCONT')
      await events.fire('my/end')
      await stalled.until(new RegExp(`in all ${count + 1} `))
      const missed = new RegExp(`in all ${count + 1} missed (\\d+)`).exec(stalled.output)?.[1]
      assert.ok(Number(missed) > count / 2, `${missed} missed of 40 MB`)
    } finally {
      stalled.child.kill('SIGKILL')
      await stalled.finished
    }
  })
})
