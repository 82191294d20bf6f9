/** The programs in `examples/`, against a master and a minion. */
import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { chmodSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { MasterEvent, MinionEvent, type SaltEvent } from '../../src/client/library.ts'
import { type ExampleBus, Examples, findPython, languages } from '../support/examples.ts'
import { Fleet } from '../support/fleet.ts'

let fleet: Fleet
let examples: Examples
let master: ExampleBus
let minion: ExampleBus
let minionDir = ''
before(async () => {
  fleet = await Fleet.start({ minions: { web1: '' } })
  examples = new Examples(join(fleet.folder, 'bin'))
  minionDir = join(fleet.folder, 'root-web1/var/run/salt/minion')
  master = { words: [fleet.sockDir], saltOptions: `-c ${fleet.config}` }
  minion = { words: [minionDir, 'web1'], saltOptions: `-c ${fleet.minionConfig('web1')}` }
})
after(() => fleet[Symbol.asyncDispose]())

const { skip: noPython } = findPython()
const firedOnMaster = { 'sample-msg': 'this is a test', example: 'this is the same test' }
const ready = /[Ll]istening/

for (const language of languages) {
  describe(`examples in ${language}`, { skip: language === 'python' && noPython }, () => {
    it('listen on the bus of the master', async () => {
      // Ctrl-C in a terminal ends all of a pipe; a signal from here would only end its shell.
      const counted = { ...master, saltOptions: `${master.saltOptions} --count 1` }
      const listener = examples.start(language, 'listen-to-master-bus', counted)
      await listener.until(ready)
      await using bus = new MasterEvent(fleet.sockDir)
      await bus.fireEvent({ n: 1 }, 'other')
      await bus.fireEvent({ n: 2, text: 'ü' }, 'mytag')
      await listener.until(/"n": ?2.*ü/)
      assert.doesNotMatch(listener.output, /"n": ?1/)
      const { exitCode } = await (language === 'shell' ? listener.finished : listener.end('SIGINT'))
      assert.equal(exitCode, 0)
    })

    it('fire on the bus of the master', async () => {
      await using bus = new MasterEvent(fleet.sockDir)
      await bus.subscribe('mytag')
      const { exitCode, stderr } = await examples.start(language, 'emit-to-master-bus', master).finished
      assert.deepEqual([exitCode, stderr], [0, ''])
      assert.deepEqual(await dataOf(bus, 'mytag'), firedOnMaster)
    })

    it('listen and fire on the bus of the minion', async () => {
      const listener = examples.start(language, 'listen-to-minion-bus', minion)
      await listener.until(ready)
      await using bus = new MinionEvent({ sockDir: minionDir, id: 'web1' })
      await bus.subscribe('mytag')
      const { exitCode, stderr } = await examples.start(language, 'emit-to-minion-bus', minion).finished
      assert.deepEqual([exitCode, stderr], [0, ''])
      const data = { message: 'a drop in the bucket' }
      assert.deepEqual(await dataOf(bus, 'mytag'), language === 'shell' ? data : { id: 'web1', tag: 'mytag', data })
      await listener.until(/a drop in the bucket/)
      await listener.end('SIGINT')
    })
  })
}

async function dataOf(bus: SaltEvent, tag: string): Promise<unknown> {
  const found = await bus.getEvent({ tag })
  const { _stamp, ...data } = found?.data ?? {}
  return data
}

describe('salt_bus.py', { skip: noPython }, () => {
  /** What a program says that may use `bus` and `salt_bus`. */
  async function say(text: string, ...words: string[]): Promise<string> {
    const program = `import json, sys, salt_bus\nfrom salt_bus import *\nsock_dir = sys.argv[1]\n${text}`
    const { stdout, stderr, exitCode } = await examples.python(program, fleet.sockDir, ...words).finished
    assert.deepEqual([stderr, exitCode], ['', 0])
    return stdout
  }

  it('agrees with the worked example of the protocol page', async () => {
    const page = readFileSync(join(import.meta.dirname, '../../docs/wire-protocol.md'), 'utf8')
    const [, forward] = /^forward +([0-9a-f]{64})$/m.exec(page) ?? []
    const [, control] = /^ {2}control +([0-9a-f]{64})$/m.exec(page) ?? []
    const [, pong] = /pong, counter 0\n.*\n {2}frame +(.*\n +.*)\n/.exec(page) ?? []
    const said = await say(`
salt = bytes(range(0x20, 0x60))
forward = hkdf(bytes(range(32)), salt, b'salt bus client to server v1')
control = hkdf(forward, hashlib.sha256(salt).digest(), b'salt session control v1')
header = HEADER.pack(MAGIC, 1, CONTROL, bytes(4), 0x0102030405060708, 0)
pong = header + aead_seal(pack({'kind': 'pong', 'number': 1}), header, nonce(0), control)
print(forward.hex(), control.hex(), pong.hex())
`)
    assert.equal(said, `${forward} ${control} ${pong?.replaceAll(/\s/g, '')}\n`)
  })

  it('sends and receives every kind of value, large ones too', async () => {
    await using bus = new MasterEvent(fleet.sockDir)
    await bus.subscribe('values')
    const said = await say(`
numbers = [0, 1, 127, 128, 255, 256, 65535, 65536, 2**32, 2**53, -1, -32, -33, -128, -129, -32768, -32769, -2**31 - 1, 1.5]
values = {'numbers': numbers, 'none': None, 'flags': [True, False], 'text': 'ü' * 40, 'long': 'x' * 400_000,
          'list': list(range(70)), 'mapping': {str(n): {} for n in range(20)}}
with Bus(sock_dir) as bus:
    events = bus.listen('values', wait=5)
    bus.fire('values', values)
    event = next(events)
    stamp = event.data.pop('_stamp')
    print(event.data == values, event.tag, len(stamp))
`)
    assert.equal(said, 'True values 26\n')
    const { data } = (await bus.getEvent({ tag: 'values' })) ?? { data: {} as Record<string, unknown> }
    const { numbers, text, long, list, mapping } = data as Record<string, unknown[]>
    assert.deepEqual(numbers?.slice(-3), [-32769, -(2 ** 31) - 1, 1.5])
    assert.deepEqual([text?.length, long?.length, list?.length], [40, 400_000, 70])
    assert.equal(Object.keys(mapping ?? {}).length, 20)
  })

  it('refuses what cannot be sent, and goes on', async () => {
    const said = await say(`
circle = {}
circle['again'] = circle
deep = {}
for _ in range(70):
    deep = {'in': deep}
with Bus(sock_dir) as bus:
    for data in (circle, {'large': 2**64}, {'object': object()}, deep, [1]):
        try:
            bus.fire('refused', data)
        except (BusError, TypeError, ValueError) as error:
            print(getattr(error, 'code', type(error).__name__))
    print(bus.fire('taken', {}))
`)
    assert.equal(said, 'ValueError\nValueError\nTypeError\nbad-arguments\nbad-arguments\nNone\n')
  })

  it('keeps up with many events while it fires, and resumes behind one', async () => {
    const said = await say(`
with Bus(sock_dir) as bus:
    events = bus.listen('many/', wait=5)
    for n in range(500):
        bus.fire('many/%d' % n, {'n': n, 'fill': 'x' * 200})
    seen = [next(events) for _ in range(500)]
    print([event.data['n'] for event in seen] == list(range(500)))
    again = bus.listen('many/', since=seen[496].seq, wait=5)
    print([next(again).data['n'] for _ in range(3)])
`)
    assert.equal(said, 'True\n[497, 498, 499]\n')
  })

  it('names what is wrong', async () => {
    const said = await say(`
with Bus(sock_dir) as bus:
    for work in (
        lambda: bus.fire('tag', [1]),
        lambda: bus.fire('', {}),
        lambda: bus.fire('two\\nlines', {}),
        lambda: bus.listen('[', match='regex'),
        lambda: bus.listen('x', match='soundslike'),
        lambda: bus.call('no.such', None),
        lambda: Bus(sock_dir + '/nowhere'),
        lambda: Bus(sock_dir, 'no-minion'),
    ):
        try:
            work()
        except BusError as error:
            print(error.code)
    bus.fire('well', {})
`)
    const codes = 'bad-arguments bad-arguments bad-arguments usage usage denied session-closed session-closed'
    assert.equal(said, `${codes.replaceAll(' ', '\n')}\n`)
  })

  it('refuses a key that others may read, and one that is not the daemon’s', async () => {
    const path = join(fleet.sockDir, 'bus.key')
    const key = readFileSync(path)
    const attempt = 'try:\n    Bus(sock_dir)\nexcept BusError as error:\n    print(error.code)\n'
    try {
      chmodSync(path, 0o644)
      assert.equal(await say(attempt), 'key-permissions\n')
      chmodSync(path, 0o600)
      writeFileSync(path, randomBytes(32))
      assert.equal(await say(attempt), 'key-invalid\n')
      writeFileSync(path, 'short')
      assert.equal(await say(attempt), 'key-invalid\n')
    } finally {
      writeFileSync(path, key)
      chmodSync(path, 0o600)
    }
  })

  it('resumes after a restart of the daemon, and is told of it', async () => {
    await using own = await Fleet.start()
    const before = `import sys
from salt_bus import Bus
with Bus(sys.argv[1]) as bus:
    events = bus.listen('my/', wait=20)
    bus.fire('my/1', {})
    print(next(events).seq, bus.instance)
`
    const { stdout: position } = await examples.python(before, own.sockDir).finished
    await own.master.end()
    await own.startMaster()
    await using bus = new MasterEvent(own.sockDir)
    await bus.fireEvent({}, 'my/2')
    const after = `import sys
from salt_bus import Bus
with Bus(sys.argv[1]) as bus:
    events = bus.listen('my/', since=int(sys.argv[2]), instance=sys.argv[3], wait=20)
    print(next(events).restarted, next(events).tag)
`
    const { stdout, stderr } = await examples.python(after, own.sockDir, ...position.trim().split(' ')).finished
    assert.deepEqual([stdout, stderr], ['True my/2\n', ''])
  })

  it('says that the daemon has gone, however it went', async () => {
    for (const signal of ['SIGTERM', 'SIGKILL'] as const) {
      await using own = await Fleet.start()
      const words = "bus = salt_bus.Bus(sys.argv[1])\nevents = bus.listen()\nprint('ready', flush=True)\nnext(events)\n"
      const program = `import sys, salt_bus\ntry:\n    ${words.trim().replaceAll('\n', '\n    ')}\nexcept salt_bus.BusError as error:\n    print(error.code)\n`
      const running = examples.python(program, own.sockDir)
      await running.until(/ready/)
      await own.master.end(signal)
      assert.equal((await running.finished).stdout, 'ready\nsession-closed\n')
    }
  })
})
