/** Faults that only a network has: a cable that is pulled, a line that swallows everything, one that loses some, an address that changes. */
import assert from 'node:assert/strict'
import { after, afterEach, before, describe, it } from 'node:test'
import type { PublishItem } from '../../src/client/api.ts'
import type { BusEvents } from '../support/bus-events.ts'
import { Gate } from '../support/gate.ts'
import { type Host, Network, whyNoNetwork } from '../support/network.ts'
import type { Running } from '../support/program.ts'

/** Seconds. A peer counts as lost after 2.5 intervals, which is looked at every 0.8 to 1.2 of them. */
const heartbeat = 1
const lostAfterMs = heartbeat * 1000 * (2.5 + 1.2)
/** Of a loaded host; without heartbeats it would take minutes. */
const slackMs = 8000

describe('a fleet whose network fails', { skip: whyNoNetwork() }, () => {
  let network: Network
  let master: Host
  let web1: Host
  let minion: Running
  let other: Running
  let events: BusEvents

  before(async () => {
    network = new Network(['master', 'web1', 'db1'])
    master = network.host('master')
    web1 = network.host('web1')
    master.configure('master', `interface: '::'\nauto_accept: true\nheartbeat_interval: ${heartbeat}\n`)
    const daemon = master.start(['./salt', 'master', '-l', 'info'])
    await daemon.until(/the master is ready/)
    events = await master.events()
    minion = startMinion(web1, master.address)
    other = startMinion(network.host('db1'), `'${master.address6}'`)
    await Promise.all([connected(minion), connected(other)])
  })
  afterEach(() => {
    web1.plug()
    web1.unblock()
    web1.widen()
  })
  after(async () => {
    await events?.[Symbol.asyncDispose]()
    network?.[Symbol.dispose]()
  })

  function startMinion(host: Host, address: string): Running {
    const often = `heartbeat_interval: ${heartbeat}\nrecon_default: 100\nrecon_max: 300\nauth_timeout: 1\n`
    host.configure('minion', `master: ${address}\n${often}`)
    return host.start(['./salt', 'minion', '-l', 'info'])
  }

  const connected = (daemon: Running): Promise<void> => daemon.until(/(?<!not )connected to the master/)

  /** What happens from now on. */
  function forget(): void {
    events.seen.length = 0
    minion.forget()
  }

  async function begin(command: string): Promise<string> {
    const { stdout } = await master.salt('--async', 'web1', 'cmd.run', command)
    return /job ID: (\d{20})/.exec(stdout)?.[1] ?? assert.fail(stdout)
  }

  /** Of what is printed for a minion only the first line. */
  async function ping(...more: readonly string[]): Promise<Record<string, unknown>> {
    const { stdout } = await master.salt('*', 'test.ping', '--static', '--out', 'json', ...more)
    return JSON.parse(stdout, (_, value) => (typeof value === 'string' ? value.split('\n', 1)[0] : value))
  }

  /** How far each minion is with a ping after these seconds. */
  async function statesAfter(timeout: number): Promise<Record<string, string>> {
    await using bus = await master.bus()
    const states: Record<string, string> = {}
    const request = { tgt: '*', tgt_type: 'glob', fun: 'test.ping', arg: [], user: 'tester', ret: '', follow: true }
    const onItem = (item: PublishItem): void => {
      if (item.kind === 'outcome') states[item.id] = item.state
    }
    await bus.call('publish', { ...request, timeout }, { onItem })
    return states
  }

  const all = { db1: true, web1: true }

  /** Resolves when the return is there; rejects when it comes twice. */
  async function returnsOnce(jid: string, value = 'passed'): Promise<void> {
    const tag = new RegExp(`^salt/job/${jid}/ret/web1$`)
    const { data } = await events.until(tag)
    assert.deepEqual([data.return, data.success], [value, true])
    // Whatever might be sent twice was sent before what comes after it on the same session.
    assert.deepEqual(await ping(), all)
    assert.equal(events.tagged(tag).length, 1)
    const found = await master.salt('run', 'jobs.lookup_jid', jid, '--out', 'json')
    assert.deepEqual(JSON.parse(found.stdout), { web1: value })
  }

  function assertSoon(since: number): void {
    const took = performance.now() - since
    assert.ok(took < lostAfterMs + slackMs, `took ${took.toFixed(0)} ms`)
  }

  /** Waits until the master and the minion have each noticed, in time, that they do not hear each other. */
  async function lost(since: number): Promise<void> {
    await Promise.all([events.until(/^salt\/minion\/web1\/stop$/), minion.until(/not connected to the master/)])
    assertSoon(since)
  }

  async function backAgain(): Promise<void> {
    await events.until(/^salt\/minion\/web1\/start$/)
    assert.deepEqual(await ping(), all)
  }

  it('has minions over IPv4 and IPv6 at one master', async () => {
    assert.match(other.output, /connected to the master master="?\[?fd83::1/)
    assert.match(minion.output, /connected to the master master="?10\.83\.0\.1/)
    assert.deepEqual(await ping(), all)
  })

  it('has the return of a job once, and says who is away, while the cable of a minion is pulled', async () => {
    using gate = new Gate()
    const jid = await begin(gate.command)
    await gate.entered()
    forget()
    const since = performance.now()
    web1.unplug()
    assert.deepEqual(await ping('-t', '1'), { db1: true, web1: 'Minion did not return. [No response]' })
    assert.ok(performance.now() - since < 1000 + slackMs)
    await lost(since)
    const asked = performance.now()
    assert.deepEqual(await ping('-t', '30'), { db1: true, web1: 'Minion did not return. [Not connected]' })
    assert.ok(performance.now() - asked < slackMs)
    gate.open()
    web1.plug()
    await backAgain()
    await returnsOnce(jid)
  })

  it('keeps the session and the return when the cable is back soon', async () => {
    using gate = new Gate()
    const jid = await begin(gate.command)
    await gate.entered()
    forget()
    web1.unplug()
    gate.open()
    assert.deepEqual(await statesAfter(0.4), { db1: 'returned', web1: 'no-ack' })
    web1.plug()
    await returnsOnce(jid)
    assert.doesNotMatch(minion.output, /connected to the master/)
    assert.deepEqual(events.tagged(/^salt\/minion/), [])
  })

  it('has the return once when the line swallows everything without a word', async () => {
    using gate = new Gate()
    const jid = await begin(gate.command)
    await gate.entered()
    forget()
    const since = performance.now()
    web1.block()
    gate.open()
    await lost(since)
    web1.unblock()
    await backAgain()
    await returnsOnce(jid)
  })

  it('finds a minion again whose address changed, with the return of its job', async () => {
    using gate = new Gate()
    const jid = await begin(gate.command)
    await gate.entered()
    forget()
    const since = performance.now()
    web1.move('10.83.0.77')
    gate.open()
    // The master may learn it from the new session only.
    await minion.until(/not connected to the master/)
    await backAgain()
    assertSoon(since)
    await returnsOnce(jid)
  })

  it('carries a large return over a narrow line that loses packets', async (context) => {
    if (!web1.narrow()) return context.skip('the kernel cannot narrow a line: no sch_tbf')
    forget()
    const { exitCode, stdout } = await master.salt('web1', 'cmd.run', 'seq 1000000 1131071', '--out', 'json')
    assert.equal(exitCode, 0)
    assert.equal(JSON.parse(stdout).web1.length, 8 * 131_072 - 1)
    assert.ok(web1.packetsLost > 0, 'the line has lost nothing')
    assert.doesNotMatch(minion.output, /connected to the master/)
  })

  it('connects a minion that was started without a line', async () => {
    await minion.end()
    web1.unplug()
    minion = startMinion(web1, master.address)
    await minion.until(/not connected to the master/)
    forget()
    web1.plug()
    await backAgain()
  })
})
