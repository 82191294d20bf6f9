import assert from 'node:assert/strict'
import { createSocket } from 'node:dgram'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { run } from '../../support/runner-world.ts'

const folder = mkdtempSync(join(tmpdir(), 'salt-wol-'))
after(() => rmSync(folder, { recursive: true }))

/** Runs a runner against a local socket; the packets that came, as hex. */
async function packetsOf(
  count: number,
  work: (way: readonly string[]) => Promise<unknown>,
): Promise<readonly string[]> {
  const socket = createSocket('udp4')
  const packets: string[] = []
  const { promise: all, resolve } = Promise.withResolvers<void>()
  socket.on('message', (packet) => {
    packets.push(packet.toString('hex'))
    if (packets.length === count) resolve()
  })
  await new Promise<void>((bound) => socket.bind(0, '127.0.0.1', bound))
  try {
    await work(['bcast=127.0.0.1', `destport=${socket.address().port}`])
    await all
    return packets
  } finally {
    socket.close()
  }
}

function magic(mac: string): string {
  return 'ff'.repeat(6) + mac.repeat(16)
}

for (const mac of ['08-00-27-13-69-7a', '08:00:27:13:69:7A', '08002713697a']) {
  test(`network.wol ${mac}`, async () => {
    const packets = await packetsOf(1, async (way) => {
      assert.equal((await run({}, 'network.wol', `'${mac}'`, ...way)).value, true)
    })
    assert.deepEqual(packets, [magic('08002713697a')])
  })
}

for (const mac of ['', '08-00-27-13-69', '08:00-27:13:69:77', '0800271369zz', '08-00-27-13-69-77-88']) {
  test(`network.wol refuses ${JSON.stringify(mac)}`, async () => {
    await assert.rejects(run({}, 'network.wol', `mac='${mac}'`), { code: 'bad-arguments' })
  })
}

test('network.wollist wakes each line of a file', async () => {
  const file = join(folder, 'macs')
  writeFileSync(file, '08:00:27:00:00:01\n\n080027000002 \r\n')
  const packets = await packetsOf(2, async (way) => {
    const { value, shown } = await run({}, 'network.wollist', file, ...way)
    assert.deepEqual(value, ['08:00:27:00:00:01', '080027000002'])
    assert.deepEqual(shown, ['Waking up 08:00:27:00:00:01', 'Waking up 080027000002'])
  })
  assert.deepEqual(packets.toSorted(), [magic('080027000001'), magic('080027000002')])
})

test('network.wollist tells the line that is none, and not what it holds', async () => {
  const file = join(folder, 'passwd')
  writeFileSync(file, '08:00:27:00:00:01\nroot:secret\n')
  await assert.rejects(run({}, 'network.wollist', file), (error: Error) => {
    assert.match(error.message, /^line 2 of .* is no hardware address/)
    return !error.message.includes('root')
  })
  await assert.rejects(run({}, 'network.wollist', join(folder, 'none')), { code: 'bad-arguments' })
})

test('network.wolmatch wakes the cards that minions told of', async () => {
  const world = {
    accepted: ['alpha', 'beta', 'new'],
    grains: {
      alpha: { hwaddr_interfaces: { lo: '00:00:00:00:00:00', eth0: '08:00:27:00:00:01', tun0: ':::::' } },
      beta: { hwaddr_interfaces: { eth0: '08:00:27:00:00:02', eth1: '08:00:27:00:00:03' } },
    },
  }
  const packets = await packetsOf(3, async (way) => {
    const { value } = await run(world, 'network.wolmatch', '*', ...way)
    assert.deepEqual(value, ['08:00:27:00:00:01', '08:00:27:00:00:02', '08:00:27:00:00:03'])
  })
  assert.deepEqual(packets.toSorted(), ['080027000001', '080027000002', '080027000003'].map(magic))
})

test('an address that cannot be reached is told', async () => {
  const way = ['bcast=::1', 'destport=9']
  await assert.rejects(run({}, 'network.wol', '08-00-27-13-69-77', ...way), {
    code: 'execution-failed',
    message: /could not be sent to ::1:9/,
  })
})
