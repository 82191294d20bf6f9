import { spawnSync } from 'node:child_process'
import { Running } from './program.ts'

/** Prints each datagram as `PID TEXT`, its lines parted by blanks; the process id is what the kernel says of the sender. */
const script = `
import socket, struct, sys
receiver = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
receiver.setsockopt(socket.SOL_SOCKET, socket.SO_PASSCRED, 1)
address = sys.argv[1]
receiver.bind('\\0' + address[1:] if address.startswith('@') else address)
print('listening', flush=True)
while True:
    text, more, _, _ = receiver.recvmsg(4096, socket.CMSG_SPACE(12))
    pid = struct.unpack('3i', more[0][2])[0]
    print(pid, text.decode().replace('\\n', ' '), flush=True)
`

/** Why there can be no receiver here; false when there can. */
export const withoutReceiver: string | false =
  process.platform !== 'linux'
    ? 'only Linux has systemd'
    : spawnSync('python3', ['--version']).status === 0
      ? false
      : 'python3 is not installed, which receives the datagrams'

/** A Unix socket that shows in its output what is sent to it: by another program, so that both ends cannot err alike. */
export async function receiveDatagrams(address: string): Promise<Running> {
  const receiver = new Running(['python3', '-c', script, address])
  await receiver.until(/listening/)
  return receiver
}
