import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, it } from 'node:test'
import { ServiceManager } from '../../../src/cli/service-manager.ts'
import { receiveDatagrams, withoutReceiver } from '../../support/datagrams.ts'
import { FakeClock } from '../../support/fake-clock.ts'
import { RecordedLog } from '../../support/recorded-log.ts'

const clock = (): FakeClock => new FakeClock()

describe('word for the service manager', () => {
  let folder = ''
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'salt-notify-'))
  })
  afterEach(() => rmSync(folder, { recursive: true, force: true }))

  const said = (pattern: string): RegExp => new RegExp(`^${process.pid} ${pattern}$`, 'm')

  for (const kind of ['a path', 'an abstract name'] as const) {
    it(`reaches ${kind}, from this very process`, { skip: withoutReceiver }, async () => {
      const address = kind === 'a path' ? join(folder, 'notify') : `@${folder}/notify`
      const receiver = await receiveDatagrams(address)
      try {
        using manager = ServiceManager.take(clock(), { NOTIFY_SOCKET: address })
        await manager.ready(new RecordedLog().log)
        await receiver.until(said('READY=1'))
        receiver.forget()
        manager.reloading()
        await receiver.until(said('RELOADING=1 MONOTONIC_USEC=\\d{7,}'))
        manager.reloaded()
        await receiver.until(said('READY=1'))
        manager.stopping()
        await receiver.until(said('STOPPING=1'))
      } finally {
        await receiver.end('SIGKILL')
      }
    })
  }

  it('feeds the watchdog twice in its time, until the end', { skip: withoutReceiver }, async () => {
    const address = join(folder, 'notify')
    const receiver = await receiveDatagrams(address)
    try {
      const time = clock()
      const environment = { NOTIFY_SOCKET: address, WATCHDOG_USEC: '20000000', WATCHDOG_PID: String(process.pid) }
      const manager = ServiceManager.take(time, environment)
      await manager.ready(new RecordedLog().log)
      await receiver.until(said('WATCHDOG=1'))
      receiver.forget()
      await time.advance(9_999)
      assert.doesNotMatch(receiver.output, /WATCHDOG/)
      await time.advance(1)
      await receiver.until(said('WATCHDOG=1'))
      await time.advance(10_000)
      await receiver.until(/(WATCHDOG=1[\s\S]*){2}/)
      manager[Symbol.dispose]()
      assert.equal(time.pending, 0)
    } finally {
      await receiver.end('SIGKILL')
    }
  })

  it('takes its variables out of the environment', () => {
    const environment = { NOTIFY_SOCKET: '/x', WATCHDOG_USEC: '1', WATCHDOG_PID: '1', HOME: '/' }
    using _manager = ServiceManager.take(clock(), environment)
    assert.deepEqual(environment, { HOME: '/' })
  })

  it('is not given for the watchdog of another process, nor for none', { skip: withoutReceiver }, async () => {
    const address = join(folder, 'notify')
    const receiver = await receiveDatagrams(address)
    try {
      for (const more of [{ WATCHDOG_USEC: '20000000', WATCHDOG_PID: '1' }, { WATCHDOG_USEC: 'soon' }, {}]) {
        const time = clock()
        using manager = ServiceManager.take(time, { NOTIFY_SOCKET: address, ...more })
        await manager.ready(new RecordedLog().log)
        assert.equal(time.pending, 0)
      }
    } finally {
      await receiver.end('SIGKILL')
    }
  })

  it('is silent without a socket, and warns of one that it cannot use', async () => {
    const { log, lines } = new RecordedLog()
    for (const environment of [{}, { NOTIFY_SOCKET: '' }, { NOTIFY_SOCKET: '/nobody/listens' }]) {
      using manager = ServiceManager.take(clock(), environment)
      await manager.ready(log)
      manager.stopping()
    }
    assert.deepEqual(lines, [])
    for (const address of ['vsock:2:1234', `/${'x'.repeat(107)}`]) {
      using manager = ServiceManager.take(clock(), { NOTIFY_SOCKET: address })
      await manager.ready(log)
    }
    assert.equal(lines.length, 2)
  })
})
