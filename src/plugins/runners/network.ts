import { createSocket } from 'node:dgram'
import { readFileSync } from 'node:fs'
import { SaltError } from '../../base/errors.ts'
import { systemReason } from '../../base/files.ts'
import { isRecord } from '../../base/narrow.ts'
import { s } from '../../base/schema.ts'
import { defineRunner, type RunnerContext, runnerFn } from '../../engine/plugin.ts'

const way = {
  bcast: s.withDefault(
    s.string('Address that the packets are sent to, mostly the broadcast address of a network'),
    '255.255.255.255',
  ),
  destport: s.withDefault(s.integer('Port that they are sent to', { minimum: 1, maximum: 65535 }), 9),
}
const awoken = s.array(s.string(), 'The addresses that a packet was sent for')

interface Way {
  readonly bcast: string
  readonly destport: number
}

/** The six bytes of a hardware address: 12 hex digits, or pairs of them with one sign between each. Undefined for anything else. */
function hardwareAddress(text: string): Buffer | undefined {
  const pairs = /^([0-9a-f]{2})([^0-9a-f]?)([0-9a-f]{2})(?:\2[0-9a-f]{2}){4}$/i
  return pairs.test(text) ? Buffer.from(text.replace(/[^0-9a-f]/gi, ''), 'hex') : undefined
}

/** Six bytes of ones, and the address sixteen times: what a sleeping network card looks for. */
function magicPacket(address: Buffer): Buffer {
  return Buffer.concat([Buffer.alloc(6, 0xff), ...Array.from({ length: 16 }, () => address)])
}

async function send(packets: readonly Buffer[], { bcast, destport }: Way): Promise<void> {
  const socket = createSocket('udp4')
  try {
    await new Promise<void>((done, failed) => {
      socket.once('error', failed)
      socket.bind(0, () => done())
    })
    socket.setBroadcast(true)
    for (const packet of packets) {
      await new Promise<void>((done, failed) => {
        socket.send(packet, destport, bcast, (error) => (error ? failed(error) : done()))
      })
    }
  } catch (cause) {
    const reason = systemReason(cause)
    throw new SaltError('execution-failed', `a packet could not be sent to ${bcast}:${destport}: ${reason}`, { cause })
  } finally {
    socket.close()
  }
}

/** Tells the line and not what stands on it: the file may be another one than was meant. */
function addressesIn(file: string): readonly string[] {
  let text: string
  try {
    text = readFileSync(file, 'utf8')
  } catch (cause) {
    throw new SaltError('bad-arguments', `the list of addresses cannot be read: ${systemReason(cause)} (${file})`, {
      cause,
    })
  }
  return text.split('\n').flatMap((line, index) => {
    const mac = line.trim()
    if (mac === '') return []
    if (hardwareAddress(mac) !== undefined) return [mac]
    throw new SaltError('bad-arguments', `line ${index + 1} of ${file} is no hardware address. Nothing was sent.`)
  })
}

/** Addresses of the network cards that a minion has told; not those of the loopback and of tunnels. */
function addressesOf(ctx: RunnerContext, id: string): readonly string[] {
  const cards = ctx.minions.grains(id)?.hwaddr_interfaces
  return Object.values(isRecord(cards) ? cards : {}).filter(
    (mac): mac is string =>
      typeof mac === 'string' && /[1-9a-f]/i.test(mac) && hardwareAddress(mac.trim()) !== undefined,
  )
}

function packetsFor(macs: readonly string[]): readonly Buffer[] {
  return macs.flatMap((mac) => {
    const address = hardwareAddress(mac.trim())
    return address === undefined ? [] : [magicPacket(address)]
  })
}

export const network = defineRunner({
  name: 'network',
  doc: 'Wakes hosts up over the network.',
  functions: {
    wol: runnerFn({
      doc: 'Wake a host up by the hardware address of its network card.',
      args: { mac: s.string('The hardware address: 080027136977, 08:00:27:13:69:77 or 08-00-27-13-69-77'), ...way },
      returns: s.boolean('Always true: nobody answers such a packet'),
      examples: ['salt run network.wol 08-00-27-13-69-77', 'salt run network.wol 080027136977 192.168.1.255 7'],
      async run(_ctx, { mac, ...to }) {
        const address = hardwareAddress(mac.trim())
        if (address === undefined) throw new SaltError('bad-arguments', `'${mac}' is no hardware address.`)
        await send([magicPacket(address)], to)
        return true
      },
    }),
    wollist: runnerFn({
      doc: 'Wake the hosts up whose hardware addresses stand in a file of the master, one on each line.',
      args: { maclist: s.string('Path of the file'), ...way },
      returns: awoken,
      examples: ['salt run network.wollist /etc/salt/macs', 'salt run network.wollist /etc/salt/macs 192.168.1.255 7'],
      async run(ctx, { maclist, ...to }) {
        const macs = addressesIn(maclist)
        await send(packetsFor(macs), to)
        for (const mac of macs) ctx.progress(`Waking up ${mac}`)
        return [...macs]
      },
    }),
    wolmatch: runnerFn({
      doc: 'Wake minions up by the hardware addresses that they told when they were awake.',
      args: {
        tgt: s.union([s.string(), s.array(s.string())], 'Which minions'),
        tgt_type: s.withDefault(s.string('How tgt is meant: glob, list, pcre, grain, compound and so on'), 'glob'),
        ...way,
      },
      returns: awoken,
      examples: ["salt run network.wolmatch 'web*'", 'salt run network.wolmatch 192.168.0.0/16 tgt_type=ipcidr'],
      async run(ctx, { tgt, tgt_type, ...to }) {
        const macs = ctx.minions.match(tgt, tgt_type).flatMap((id) => addressesOf(ctx, id))
        await send(packetsFor(macs), to)
        return macs.map((mac) => mac.trim())
      },
    }),
  },
})
