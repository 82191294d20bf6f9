/** `salt event listen`, `salt event send` and `salt run state.event`. */
import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { chmodSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { setTimeout } from 'node:timers/promises'
import { run } from '../../src/cli/event.ts'
import { reportFailure } from '../../src/cli/failure.ts'
import { MasterEvent, MinionEvent } from '../../src/client/library.ts'
import { capture } from '../support/captured-output.ts'
import { InProcessFleet, type TestMaster, type TestMinion } from '../support/in-process-fleet.ts'
import { type Finished, programArgv, Running } from '../support/program.ts'

let fleet: InProcessFleet
let master: TestMaster
let minion: TestMinion
before(async () => {
  fleet = new InProcessFleet()
  master = await fleet.startMaster()
  minion = await fleet.connect('web1', master)
})
after(() => fleet[Symbol.asyncDispose]())

const configOf = (words: readonly string[]): string =>
  join((words.includes('--minion') ? minion : master).folder, 'etc')
const salt = (command: string, ...words: string[]): Running =>
  new Running([...programArgv('source'), command, '-c', configOf(words), ...words])
const event = (...words: string[]): Running => salt('event', ...words)
const send = (...words: string[]): Promise<Finished> => event('send', ...words).finished

/** Listens, and resolves when nothing is missed any more. */
async function listening(...words: string[]): Promise<Running> {
  const running = event('listen', ...words)
  await running.until(/listening on the bus/)
  return running
}
const withoutStamp = (text: string): string => text.replaceAll(/,? ?"_stamp": "[^"]+",?\s*/g, '')
const lines = (text: string): unknown[] =>
  text
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line))

describe('salt event', () => {
  it('prints the events of the master as JSON, one a line, as they come', async () => {
    const listener = await listening('my/', '--out', 'json', '--count', '2')
    assert.deepEqual(await send('my/a', '{stage: done, list: [1, 1.5]}', 'version=2', 'stage=lost'), {
      exitCode: 0,
      signal: null,
      stdout: '',
      stderr: '',
    })
    await listener.until(/my\/a/)
    await Promise.all([send('other'), send('my/b')])
    const { exitCode, stdout, stderr } = await listener.finished
    const [first, second] = lines(stdout) as { tag: string; seq: number; data: Record<string, unknown> }[]
    assert.deepEqual(
      [first?.tag, first?.data.stage, first?.data.list, first?.data.version, second?.tag],
      ['my/a', 'done', [1, 1.5], 2, 'my/b'],
    )
    assert.ok((second?.seq ?? 0) > (first?.seq ?? 0))
    assert.equal(exitCode, 0)
    assert.match(stderr, /^salt event: listening on the bus of the master[^\n]*\n$/)
  })

  it('prints as state.event of Salt does, pretty and on one line, and patterns with a star are globs', async () => {
    const listeners = [
      await listening('*/pretty', '--count', '1'),
      await listening('x/*', '--count', '1', '--out', 'line'),
    ]
    await send('x/pretty', 'b=1', 'a=[ü]')
    const [pretty, line] = await Promise.all(listeners.map(({ finished }) => finished))
    assert.match(
      pretty?.stdout ?? '',
      /^x\/pretty\t\{\n {4}"_stamp": "[^"]+",\n {4}"a": \[\n {8}"ü"\n {4}\],\n {4}"b": 1\n\}\n$/,
    )
    assert.equal(withoutStamp(line?.stdout ?? ''), 'x/pretty\t{"b": 1, "a": ["ü"]}\n')
  })

  it('is at home on the bus of a minion', async () => {
    const listener = await listening('--minion', '--count', '1', '--out', 'line')
    await send('--minion', 'my/tag', 'message=hello')
    const { stdout, exitCode } = await listener.finished
    assert.deepEqual([withoutStamp(stdout), exitCode], ['my/tag\t{"message": "hello"}\n', 0])
  })

  it('begins behind an event, with those that were kept', async () => {
    for (const n of [1, 2, 3]) await onBus((bus) => bus.fireEvent({ n }, `kept/${n}`))
    const all = await event('listen', 'kept/', '--since', '0', '--count', '3', '--out', 'json').finished
    const seqs = (lines(all.stdout) as { seq: number }[]).map(({ seq }) => seq)
    const later = await event('listen', 'kept/', '--since', String(seqs[0]), '--count', '2', '--out', 'line', '-q')
      .finished
    assert.equal(withoutStamp(later.stdout), 'kept/2\t{"n": 2}\nkept/3\t{"n": 3}\n')
    assert.equal(later.stderr, '')
  })

  it('ends after its time: well without a count, with 75 where one was asked for', async () => {
    const [free, counted] = await Promise.all([
      event('listen', 'never', '--timeout', '0.1').finished,
      event('listen', 'never', '--timeout', '0.1', '--count', '1').finished,
    ])
    assert.deepEqual([free.exitCode, counted.exitCode], [0, 75])
  })

  it('ends with Ctrl-C: well without a count, with 130 where one was asked for', async () => {
    const [free, counted] = [await listening('never'), await listening('never', '--count', '1')]
    assert.deepEqual([(await free.end('SIGINT')).exitCode, (await counted.end('SIGINT')).exitCode], [0, 130])
  })

  it('ends without a word when its reader has gone', async () => {
    const listener = await listening('flood')
    listener.child.stdout?.destroy()
    await onBus(async (bus) => {
      for (let n = 0; n < 5; n++) await bus.fireEvent({ n }, 'flood')
    })
    const { exitCode, stderr } = await listener.finished
    assert.deepEqual([exitCode, stderr.split('\n').length], [0, 2])
  })

  it('goes on when the daemon was started anew, and says so', async () => {
    await using own = new InProcessFleet()
    const daemon = await own.startMaster()
    const config = join(daemon.folder, 'etc')
    const listener = new Running([...programArgv('source'), 'event', 'listen', '-c', config, 'my/', '--count', '1'])
    await listener.until(/listening/)
    await daemon.stop()
    await listener.until(/the connection was lost; trying again/)
    await daemon.start()
    await listener.until(/connected again\n.*started anew/)
    await using bus = new MasterEvent(daemon.options.paths.sock_dir)
    await bus.fireEvent({}, 'my/tag')
    const { stdout, exitCode } = await listener.finished
    assert.deepEqual([stdout.split('\t')[0], exitCode], ['my/tag', 0])
  })
})

/** Fires from this process: a program for each event would take long. */
async function onBus(work: (bus: MasterEvent) => Promise<unknown>): Promise<void> {
  await using bus = new MasterEvent(master.options.paths.sock_dir)
  await work(bus)
}

describe('salt event, wrongly', () => {
  const cases: readonly (readonly [readonly string[], number, RegExp])[] = [
    [['listen', '--match', 'soundslike', 'x'], 64, /invalid choice: 'soundslike'/],
    [['listen', '--match', 'regex', '['], 64, /not a valid regular expression \[usage\]/],
    [['listen', 'a', 'b'], 64, /one pattern at a time/],
    [['listen', '--count', '0'], 64, /--count takes a number from 1 on/],
    [['listen', '--since', '-1'], 64, /--since takes a number from 0 on/],
    [['listen', '--timeout', 'soon'], 64, /--timeout takes a number of seconds above 0, not 'soon'/],
    [['listen', '--out', 'xml'], 64, /invalid choice: 'xml'/],
    [['send'], 64, /send needs a tag/],
    [['send', 'x', '[1]'], 64, /the data of an event is one mapping \[usage\]\n {2}hint: Quote it/],
    [['send', 'x', '{a: 1}', '{b: 2}'], 64, /the data of an event is one mapping/],
    [['send', 'two\nlines'], 1, /more than one line \[bad-arguments\]/],
    [['send', ''], 1, /an event needs a tag \[bad-arguments\]/],
    [['send', 'x'.repeat(65_536)], 1, /longer than 1024 characters \[bad-arguments\]/],
    [['watch'], 64, /say listen or send/],
  ]
  it('names what is wrong and ends with the code of its kind', async () => {
    for (const [words, exitCode, stderr] of cases) {
      const argv = ['-c', configOf(words), ...words]
      const said = await capture(() => run(argv).catch((error) => reportFailure(error, argv)))
      assert.equal(said.result, exitCode, words.join(' ').slice(0, 40))
      assert.match(said.stderr, stderr)
      assert.equal(said.stdout, '')
    }
  })

  it('says that no master runs, and no minion', async () => {
    await using own = new InProcessFleet()
    const daemon = await own.startMaster()
    await daemon.stop()
    const config = join(daemon.folder, 'etc')
    writeFileSync(join(config, 'minion'), `root_dir: ${daemon.folder}\nid: web9\n`)
    for (const [words, code] of [
      [['listen'], 'master-unreachable'],
      [['send', 'x'], 'master-unreachable'],
      [['listen', '--minion'], 'minion-unreachable'],
    ] as const) {
      const { exitCode, stderr } = await new Running([...programArgv('source'), 'event', '-c', config, ...words])
        .finished
      assert.equal(exitCode, 69)
      assert.match(stderr, new RegExp(`\\[${code}\\]\\n {2}hint: `))
    }
  })

  it('refuses a key that others may read, and one that is not the daemon’s', async () => {
    const path = join(master.options.paths.sock_dir, 'bus.key')
    const key = readFileSync(path)
    try {
      chmodSync(path, 0o644)
      const open = await event('listen').finished
      assert.deepEqual([open.exitCode, /\[key-permissions\]/.test(open.stderr)], [77, true])
      chmodSync(path, 0o600)
      writeFileSync(path, randomBytes(32))
      const other = await event('listen').finished
      assert.deepEqual([other.exitCode, /\[key-invalid\]/.test(other.stderr)], [78, true])
    } finally {
      writeFileSync(path, key)
      chmodSync(path, 0o600)
    }
  })
})

describe('salt run state.event', () => {
  /** Runs it, and fires again and again until it has what it waits for: nothing tells when a run begins to listen. */
  async function watched(words: readonly string[], fire: () => Promise<unknown>): Promise<Finished> {
    const running = salt('run', 'state.event', ...words)
    const stop = new AbortController()
    void running.finished.then(() => stop.abort())
    while (!stop.signal.aborted) {
      await fire()
      await setTimeout(50, undefined, { signal: stop.signal }).catch(() => {})
    }
    return await running.finished
  }

  it('prints each event that matches, by a glob or a regular expression for the whole tag', async () => {
    for (const pattern of ['my/[ab]', 'my/(a|b)']) {
      await using bus = new MasterEvent(master.options.paths.sock_dir)
      // Together, so that it sees all or none of them.
      const fire = (): Promise<unknown> =>
        Promise.all(['my/a', 'my/ab', 'my/b'].map((tag) => bus.fireEvent({ z: 1, a: [1.5, 'ü'] }, tag)))
      const { stdout, exitCode } = await watched([pattern, 'count=2'], fire)
      const expected = 'my/a\t{"z": 1, "a": [1.5, "ü"]}\nmy/b\t{"z": 1, "a": [1.5, "ü"]}\nNone\n'
      assert.deepEqual([withoutStamp(stdout), exitCode], [expected, 0])
    }
  })

  it('prints pretty, or nothing', async () => {
    await using bus = new MasterEvent(master.options.paths.sock_dir)
    const fire = (): Promise<unknown> => bus.fireEvent({ z: 1, a: {} }, 'my/a')
    const pretty = await watched(['my/*', 'count=1', 'pretty=True'], fire)
    assert.match(pretty.stdout, /^my\/a\t\{\n {4}"_stamp": "[^"]+",\n {4}"a": \{\},\n {4}"z": 1\n\}\nNone\n$/)
    const quiet = await watched(['my/*', 'count=1', 'quiet=True'], fire)
    assert.equal(quiet.stdout, 'None\n')
  })

  it('watches the bus of the minion of this host', async () => {
    const folder = minion.options.paths.sock_dir
    await using bus = new MinionEvent(folder)
    const words = ['mine', 'count=1', 'node=minion', `sock_dir=${folder}`]
    const { stdout } = await watched(words, () => bus.fireEvent({ n: 1 }, 'mine'))
    assert.equal(withoutStamp(stdout), 'mine\t{"n": 1}\nNone\n')
  })

  it('ends with Ctrl-C, and the master forgets it', async () => {
    await using bus = new MasterEvent(master.options.paths.sock_dir)
    await bus.subscribe('salt/run/')
    const running = salt('run', 'state.event')
    await bus.getEvent({ tag: 'salt/run/', wait: 20 })
    const ended = running.end('SIGINT')
    assert.match((await bus.getEvent({ tag: '/ret', match: 'endswith', wait: 20 }))?.tag ?? '', /^salt\/run\//)
    assert.equal((await ended).exitCode, 130)
  })

  it('refuses a node that is none', async () => {
    const { exitCode, stdout } = await salt('run', 'state.event', 'node=syndic').finished
    assert.deepEqual([exitCode, stdout], [1, "node is master or minion, not 'syndic'\n"])
  })
})
