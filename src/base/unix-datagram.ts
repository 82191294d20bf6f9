/**
 * Datagrams to a Unix socket, which Node has no way to send. The calls are those of the C library that Node itself is linked with,
 * so no program is started and the receiver sees the process id of this one.
 */
import { SaltError } from './errors.ts'

const familyUnix = 1
const typeDatagram = 2
const closeOnExec = 0o2000000
const noSignal = 0x4000
/** A receiver that reads nothing must not hold up a daemon. */
const doNotWait = 0x40
/** Room for the path in `struct sockaddr_un`, its end mark included. */
const pathBytes = 108

const calls = {
  socket: { arguments: ['int32', 'int32', 'int32'], return: 'int32' },
  sendto: { arguments: ['int32', 'buffer', 'uint64', 'int32', 'buffer', 'uint32'], return: 'int64' },
  close: { arguments: ['int32'], return: 'int32' },
} as const

type Calls = Awaited<ReturnType<typeof loadCalls>>

/** One socket of Linux, sending to one address. */
export class DatagramSender implements Disposable {
  readonly #calls: Calls
  readonly #address: Buffer
  readonly #descriptor: number

  private constructor(calls: Calls, address: Buffer, descriptor: number) {
    this.#calls = calls
    this.#address = address
    this.#descriptor = descriptor
  }

  /** @param address a path, or `@name` for an abstract one. Throws `storage` where there is no such socket to be had. */
  static async open(address: string): Promise<DatagramSender> {
    const encoded = socketAddress(address)
    if (process.platform !== 'linux' || encoded === undefined) throw cannot('this is no address of one', address)
    const calls = await loadCalls()
    const descriptor = calls.socket(familyUnix, typeDatagram | closeOnExec, 0)
    if (descriptor < 0) throw cannot('no socket could be opened', address)
    return new DatagramSender(calls, encoded, descriptor)
  }

  /** False when nobody receives there, or the receiver has too much to read already. */
  send(text: string): boolean {
    const bytes = Buffer.from(text)
    const sent = this.#calls.sendto(
      this.#descriptor,
      bytes,
      BigInt(bytes.length),
      noSignal | doNotWait,
      this.#address,
      this.#address.length,
    )
    return sent === BigInt(bytes.length)
  }

  [Symbol.dispose](): void {
    this.#calls.close(this.#descriptor)
  }
}

async function loadCalls() {
  const { dlopen } = await import('node:ffi')
  return dlopen(null, calls).functions
}

/** `struct sockaddr_un`; undefined for what is no path and no abstract name. */
function socketAddress(address: string): Buffer | undefined {
  if (!/^[/@]./.test(address)) return undefined
  const name = Buffer.from(address)
  if (name.length >= pathBytes) return undefined
  // An abstract name begins with a NUL and ends with its last byte, a path ends with a NUL.
  const isAbstract = name[0] === 0x40
  if (isAbstract) name[0] = 0
  const family = Buffer.from(new Uint16Array([familyUnix]).buffer)
  return Buffer.concat([family, name, ...(isAbstract ? [] : [Buffer.alloc(1)])])
}

function cannot(reason: string, address: string): SaltError {
  return new SaltError('storage', `no datagram can be sent to a Unix socket: ${reason}`, { where: address })
}
