import assert from 'node:assert/strict'
import * as fs from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Writable } from 'node:stream'
import { after, before, describe, test } from 'node:test'
import type { Clock } from '../../../src/base/clock.ts'
import { formatLine, formatTime, messageWithFields } from '../../../src/base/log-format.ts'
import { createLog, type LogOptions, type LogOutput } from '../../../src/base/log-output.ts'
import { Secret } from '../../../src/base/secret.ts'

let folder = ''
before(() => {
  folder = fs.mkdtempSync(join(tmpdir(), 'log-'))
})
after(() => fs.rmSync(folder, { recursive: true }))

const at = new Date(2026, 10, 21, 4, 0, 0, 123).getTime()
const clock: Clock = { now: () => at, monotonic: () => 0, after: () => ({ cancel() {} }) }

function make(options: Partial<LogOptions> = {}): { log: LogOutput; shown: () => string } {
  let text = ''
  const stderr = new Writable({
    write(chunk, _encoding, callback) {
      text += String(chunk)
      callback()
    },
  })
  const log = createLog({ level: 'warning', clock, stderr, ...options })
  return { log, shown: () => text }
}

describe('on the terminal', () => {
  test('lines are as Salt prints them, fields behind', async () => {
    const { log, shown } = make()
    log.warning('the job store was damaged', { path: '/x/jobs.db', rows: 3 })
    log.error('boom')
    await log.flush()
    assert.equal(shown(), '[WARNING ] the job store was damaged path=/x/jobs.db rows=3\n[ERROR   ] boom\n')
  })

  test('what is less important than the level is left out, and the level can change', async () => {
    const { log, shown } = make()
    log.info('no')
    log.setLevel('debug')
    log.debug('yes')
    log.trace('no')
    log.setLevel('quiet')
    log.critical('no')
    await log.flush()
    assert.equal(shown(), '[DEBUG   ] yes\n')
  })

  test('a part can have a level of its own', async () => {
    const { log, shown } = make({ granular: { wire: 'trace', 'wire.frames': 'error', bus: 'error' } })
    log.named('wire.session').trace('a')
    log.named('wire').trace('b')
    log.named('wire.frames').warning('c')
    log.named('wireless').info('d')
    log.named('bus').warning('e')
    await log.flush()
    assert.equal(shown(), '[TRACE   ] a\n[TRACE   ] b\n')
  })

  test('a secret is dots, and text from outside cannot begin a line', async () => {
    const { log, shown } = make()
    log.warning('odd\nmessage', {
      password: new Secret('hunter2'),
      deep: { key: new Secret('k') },
      id: 'a\n[ERROR   ] b\u001b[31m',
    })
    await log.flush()
    assert.equal(
      shown(),
      '[WARNING ] odd\\x0amessage password=••• deep={"key": "•••"} id="a\\n[ERROR   ] b\\u001b[31m"\n',
    )
  })

  test('level names are colored where asked for', async () => {
    const { log, shown } = make({ color: true })
    log.error('x')
    await log.flush()
    assert.equal(shown(), '[\u001b[0;31mERROR   \u001b[0m] x\n')
  })

  test('records before winston is there keep their order', async () => {
    const { log, shown } = make()
    for (let index = 0; index < 50; index++) log.warning('n', { index })
    await log.flush()
    log.warning('n', { index: 50 })
    await log.flush()
    assert.deepEqual(
      shown().match(/\d+/g)?.map(Number),
      Array.from({ length: 51 }, (_, index) => index),
    )
  })

  test('a log that writes nothing ends without a trace', async () => {
    const { log, shown } = make({ logFile: join(folder, 'never/log') })
    log.info('no')
    await log[Symbol.asyncDispose]()
    assert.equal(shown(), '')
    assert.equal(fs.existsSync(join(folder, 'never')), false)
  })
})

describe('in the file', () => {
  test('lines have time, part, level and process; the file is private and its folder is made', async () => {
    const path = join(folder, 'new/folder/master')
    const { log, shown } = make({ level: 'error', logFile: path, logFileLevel: 'info' })
    log.named('wire').info('a session began', { id: 'web1' })
    log.debug('no')
    await log[Symbol.asyncDispose]()
    assert.equal(
      fs.readFileSync(path, 'utf8'),
      `2026-11-21 04:00:00,123 [wire             ][INFO    ][${process.pid}] a session began id=web1\n`,
    )
    assert.equal(fs.statSync(path).mode & 0o777, 0o600)
    assert.equal(shown(), '')
  })

  test('without a terminal the file is all there is', async () => {
    const path = join(folder, 'daemon')
    const { log, shown } = make({ console: false, logFile: path })
    log.error('x')
    log.setLevel('debug')
    log.debug('y')
    await log.flush()
    assert.equal(fs.readFileSync(path, 'utf8').split('\n').length, 3)
    assert.equal(shown(), '')
  })

  test('after reopen lines go to a new file', async () => {
    const path = join(folder, 'rotated')
    const { log } = make({ logFile: path })
    log.warning('old')
    await log.flush()
    fs.renameSync(path, `${path}.1`)
    log.warning('still old')
    await log.flush()
    log.reopen()
    await log.flush()
    assert.equal(fs.readFileSync(path, 'utf8'), '')
    log.warning('new')
    await log.flush()
    assert.match(fs.readFileSync(`${path}.1`, 'utf8'), /old\n.*still old\n$/)
    assert.match(fs.readFileSync(path, 'utf8'), /\] new\n$/)
  })

  test('a file that cannot be written is told once, counted, and used again when it can', async () => {
    const blocked = join(folder, 'blocked')
    fs.writeFileSync(blocked, 'a file in the place of a folder')
    const path = join(blocked, 'log')
    const { log, shown } = make({ logFile: path, level: 'quiet', logFileLevel: 'info' })
    log.info('one')
    log.info('two')
    await log.flush()
    assert.equal(log.lost, 2)
    log.info('three')
    await log.flush()
    assert.equal(log.lost, 3)
    assert.match(shown(), /^Cannot write the log file .*blocked\/log: .* Going on without it\.\n$/)
    fs.rmSync(blocked)
    log.info('four')
    await log.flush()
    assert.match(fs.readFileSync(path, 'utf8'), /\] four\n$/)
    assert.equal(log.lost, 3)
    await log[Symbol.asyncDispose]()
  })

  test('a full disk does not end the program', { skip: !fs.existsSync('/dev/full') && 'needs /dev/full' }, async () => {
    const { log, shown } = make({ logFile: '/dev/full', level: 'quiet', logFileLevel: 'info' })
    log.info('x')
    await log.flush()
    assert.equal(log.lost, 1)
    assert.match(shown(), /the disk is full/)
    await log[Symbol.asyncDispose]()
  })
})

test('winston is not loaded before it is needed', async () => {
  const { execFileSync } = await import('node:child_process')
  const script = `
    const { createLog } = await import(${JSON.stringify(new URL('../../../src/base/log-output.ts', import.meta.url).href)})
    const { registerHooks } = await import('node:module')
    const seen = []
    registerHooks({ resolve(name, context, next) { if (name === 'winston') seen.push(name); return next(name, context) } })
    const log = createLog({ level: 'warning' })
    log.info('x'); await log.flush(); console.log(seen.length)
    log.setLevel('info'); log.info('x'); await log.flush(); console.log(seen.length)`
  const out = execFileSync(process.execPath, ['--input-type=module', '-e', script], {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'ignore'],
  })
  assert.deepEqual(out.trim().split('\n'), ['0', '1'])
})

describe('formats', () => {
  const record = { level: 'warning', name: 'bus', message: 'm', fields: { jid: '2026', none: undefined }, at } as const
  const lines: readonly [string, string][] = [
    ['%(asctime)s,%(msecs)03d %(name)-5s|%(name)5s|%(levelname)s', '04:00:00,123 bus  |  bus|WARNING'],
    ['%(message)s [%(jid)s] %(lineno)-4d!', 'm jid=2026 [2026] !'],
    ['%(process)6d', String(process.pid).padStart(6)],
    ['%(colorlevel)s%(colormsg)s', '[WARNING ] m jid=2026'],
    ['%(created)s', (at / 1000).toFixed(3)],
  ]
  for (const [format, expected] of lines) {
    test(format, () => assert.equal(formatLine(record, { line: format, date: '%H:%M:%S', colored: false }), expected))
  }

  test('times', () => assert.equal(formatTime(at, '%d.%m.%y %Y %% %Q'), '21.11.26 2026 % %Q'))

  test('values', () => {
    const fields = { a: 'two words', b: [1, 'x'], c: null, d: new Error('bad\n'), e: 'x'.repeat(5000), f: 'žluť' }
    const line = messageWithFields({ message: 'm', fields })
    assert.match(line, /^m a="two words" b=\[1, "x"\] c=null d="bad\\n" e=x{2000}… f=žluť$/)
  })
})
