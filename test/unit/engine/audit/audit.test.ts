import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import * as fs from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, it } from 'node:test'
import { systemClock } from '../../../../src/base/clock.ts'
import { readHead } from '../../../../src/engine/audit/audit-head.ts'
import type { AuditEntry } from '../../../../src/engine/audit/audit-line.ts'
import { AuditLog, type AuditLogOptions } from '../../../../src/engine/audit/audit-log.ts'
import { auditFiles, linesOf } from '../../../../src/engine/audit/audit-reader.ts'
import { type AuditReport, verifyAudit } from '../../../../src/engine/audit/audit-verify.ts'
import { giveAuditFiles } from '../../../../src/engine/audit/give-audit.ts'
import { RecordedLog } from '../../../support/recorded-log.ts'

let folder = ''
let path = ''
let log = new RecordedLog()
beforeEach(() => {
  folder = fs.mkdtempSync(join(tmpdir(), 'salt-audit-'))
  path = join(folder, 'audit')
  log = new RecordedLog()
})
afterEach(() => fs.rmSync(folder, { recursive: true }))

function open(more: Partial<AuditLogOptions> = {}): AuditLog {
  const digestKey = Buffer.alloc(32, 7)
  return new AuditLog({ path, clock: systemClock, log: log.log, digestKey, maximumSize: 1e6, ...more })
}

const entry: AuditEntry = {
  subject: { kind: 'user', name: 'fred' },
  action: 'publish',
  fun: 'shadow.set_password',
  arg: ['anna', 'hunter2', { __kwarg__: true, salt: 'pepper' }],
  tgt: 'web*',
  targets: ['web1', 'web2', 'web3', 'web4', 'web5', 'web6'],
  decision: 'allowed',
  rule: 'publisher_acl → "fred" → item 1',
  jid: '20261121000000000001',
}

/** A log of one `start`, some requests, and a `stop`. */
function write(count: number): void {
  using audit = open()
  for (let each = 0; each < count; each++) audit.add(entry)
}

const lines = (file = path): string[] => fs.readFileSync(file, 'utf8').trimEnd().split('\n')
const parsed = (file = path): Record<string, unknown>[] => lines(file).map((line) => JSON.parse(line))
function verify(): AuditReport {
  const head = readHead(path)
  return verifyAudit(
    auditFiles(path).flatMap((file) => [...linesOf(file)]),
    head === undefined ? [] : [head],
  )
}
const problems = (): string[] =>
  verify().faults.map(({ where, problem }) => `${where.slice(folder.length + 1)} ${problem}`)
function rewrite(change: (all: string[]) => string[]): void {
  fs.writeFileSync(
    path,
    change(lines())
      .map((line) => `${line}\n`)
      .join(''),
  )
}

describe('the audit log', () => {
  it('has a line for each decision, in a file of its owner alone, without any argument', () => {
    write(1)
    assert.equal(fs.statSync(path).mode & 0o777, 0o600)
    assert.equal(fs.statSync(`${path}.head`).mode & 0o777, 0o600)
    const [start, line, stop] = parsed()
    assert.deepEqual([start?.action, start?.n, stop?.action, stop?.n], ['start', 1, 'stop', 3])
    const { time, prev, arguments: digest, ...rest } = line ?? {}
    assert.match(String(time), /^\d{4}-\d\d-\d\dT[\d:.]+Z$/)
    assert.match(String(prev), /^[0-9a-f]{64}$/)
    assert.deepEqual(rest, {
      n: 2,
      subject: { kind: 'user', name: 'fred' },
      action: 'publish',
      fun: 'shadow.set_password',
      target: 'web*',
      target_type: 'glob',
      targets: { count: 6, first: ['web1', 'web2', 'web3', 'web4', 'web5'] },
      jid: '20261121000000000001',
      decision: 'allowed',
      rule: 'publisher_acl → "fred" → item 1',
    })
    assert.deepEqual(Object.keys(digest as object), ['count', 'digest'])
    assert.doesNotMatch(fs.readFileSync(path, 'utf8'), /hunter2|pepper|anna/)
  })

  it('has the same digest for the same arguments, and another with another key', () => {
    write(2)
    using other = open({ digestKey: Buffer.alloc(32, 8) })
    other.add(entry)
    other.flush()
    const digests = parsed().flatMap(({ arguments: one }) => (one === undefined ? [] : [JSON.stringify(one)]))
    assert.equal(digests.length, 3)
    assert.equal(digests[0], digests[1])
    assert.notEqual(digests[1], digests[2])
  })

  it('shortens what could be endless, and survives what is no data', () => {
    using audit = open()
    const many = Array.from({ length: 10_000 }, (_, index) => `minion${index}`)
    audit.add({
      ...entry,
      tgt: many,
      tgtType: 'x'.repeat(100_000),
      targets: many,
      fun: 'x'.repeat(100_000),
      arg: [() => 1],
    })
    audit.flush()
    assert.ok((lines()[1]?.length ?? 0) < 2000)
    assert.deepEqual(parsed()[1]?.targets, { count: 10_000, first: many.slice(0, 5) })
  })

  it('leaves alone what is no file', { skip: process.platform === 'win32' }, () => {
    execFileSync('mkfifo', ['-m', '666', path])
    assert.throws(() => open(), { code: 'storage', message: /it is no regular file/ })
    assert.equal(fs.statSync(path).mode & 0o777, 0o666)
  })

  it('is written once per turn', () => {
    using audit = open()
    audit.flush()
    const before = fs.statSync(path).size
    audit.add(entry)
    audit.add(entry)
    assert.equal(fs.statSync(path).size, before)
    audit.flush()
    assert.equal(lines().length, 3)
  })

  it('goes on with its chain after a restart, and in a new file', () => {
    write(2)
    write(1)
    fs.renameSync(path, `${path}.1`)
    {
      using audit = open()
      audit.flush()
      fs.renameSync(path, join(folder, 'audit-20261121'))
      audit.add(entry)
      audit.flush()
      audit.reopen()
      audit.add(entry)
    }
    assert.deepEqual(problems(), [])
    const { first, last, lines: count, notes } = verify()
    assert.deepEqual([first, last, count, notes], [1, 11, 11, []])
    assert.deepEqual(
      auditFiles(path).map((file) => file.slice(folder.length + 1)),
      ['audit.1', 'audit-20261121', 'audit'],
    )
    fs.rmSync(`${path}.1`)
    assert.deepEqual(problems(), [])
    assert.deepEqual(verify().notes, ['the log begins with number 8: older files are not here'])
    fs.rmSync(join(folder, 'audit-20261121'))
    fs.writeFileSync(`${path}.1`, '')
    assert.equal(verify().first, 10)
  })

  it('puts a file aside that has grown too large', () => {
    {
      using audit = open({ maximumSize: 1500 })
      for (let each = 0; each < 10; each++) {
        audit.add(entry)
        audit.flush()
      }
    }
    assert.ok(auditFiles(path).length > 2)
    assert.deepEqual(problems(), [])
    assert.equal(verify().lines, 12)
    assert.ok(fs.statSync(path).size < 1500)
  })

  it('takes away a line that was not finished when the system fell over', () => {
    write(1)
    fs.appendFileSync(path, '{"n":4,"time":"2026-11-')
    assert.deepEqual(verify().notes.length, 1)
    write(1)
    assert.deepEqual(problems(), [])
    assert.equal(log.matching(/^WARNING the last line of the audit log had not been finished/).length, 1)
    assert.equal(parsed()[3]?.torn, 23)
  })

  it('keeps what the disk does not take, and says how much was lost', () => {
    using audit = open({ maximumSize: 1e9 })
    audit.flush()
    for (let each = 0; each < 20_010; each++) audit.add(entry)
    audit.flush()
    const last = parsed().at(-1)
    assert.deepEqual([last?.action, last?.lost], ['gap', 10])
    assert.equal(lines().length, 20_002)
    assert.deepEqual(problems(), [])
  })

  it('says at the start that its folder cannot be written', () => {
    fs.writeFileSync(join(folder, 'file'), '')
    assert.throws(() => open({ path: join(folder, 'file', 'audit') }), { code: 'storage' })
  })
})

describe('the audit log of a master that root starts as another user', { skip: process.getuid?.() !== 0 }, () => {
  it("becomes his in root's own folder, and in no other", () => {
    const other = { uid: 1, gid: 1 }
    giveAuditFiles(path, other)
    const status = fs.statSync(path)
    assert.deepEqual([status.uid, status.mode & 0o777, fs.statSync(`${path}.head`).uid], [1, 0o600, 1])
    const theirs = join(folder, 'theirs')
    fs.mkdirSync(theirs)
    fs.chmodSync(theirs, 0o777)
    fs.writeFileSync(join(folder, 'precious'), '')
    fs.symlinkSync(join(folder, 'precious'), join(theirs, 'audit'))
    giveAuditFiles(join(theirs, 'audit'), other)
    fs.symlinkSync(join(folder, 'precious'), join(folder, 'link'))
    giveAuditFiles(join(folder, 'link'), other)
    assert.equal(fs.statSync(join(folder, 'precious')).uid, 0)
  })
})

describe('a broken chain', () => {
  const breaks: { name: string; change: (all: string[]) => string[]; says: string[] }[] = [
    {
      name: 'a line that was changed',
      change: (all) => all.map((line, index) => (index === 2 ? line.replace('fred', 'anna') : line)),
      says: ['audit:3 number 3 was changed'],
    },
    {
      name: 'a line whose link was changed too',
      change: (all) => all.map((line, index) => (index === 2 ? line.replace(/"prev":"./, '"prev":"0') : line)),
      says: ['audit:3 number 3 was changed, and maybe the line before it'],
    },
    {
      name: 'a line that was taken away',
      change: (all) => all.filter((_, index) => index !== 3),
      says: ['audit:4 number 4 is missing: lines were taken away before this one'],
    },
    {
      name: 'lines that were taken away',
      change: (all) => all.filter((_, index) => index < 2 || index > 4),
      says: ['audit:3 numbers 3 to 5 are missing: lines were taken away before this one'],
    },
    {
      name: 'an end that was cut off',
      change: (all) => all.slice(0, -2),
      says: ['audit:6 numbers 7 to 8 are missing: the log was cut off behind this line'],
    },
    {
      name: 'a last line that was changed',
      change: (all) => [...all.slice(0, -1), all.at(-1)?.replace('stop', 'step') ?? ''],
      says: ['audit:8 number 8 was changed'],
    },
    {
      name: 'a first line that was changed',
      change: ([first = '', ...rest]) => [first.replace('start', 'stxrt'), ...rest],
      says: ['audit:1 number 1 was changed'],
    },
    {
      name: 'lines that changed places',
      change: ([one = '', two = '', three = '', ...rest]) => [one, three, two, ...rest],
      says: [
        'audit:2 number 2 is missing: lines were taken away before this one',
        'audit:3 number 2 stands behind number 3: it was moved or added',
        'audit:4 number 3 is missing: lines were taken away before this one',
      ],
    },
    {
      name: 'a line that was copied',
      change: (all) => all.flatMap((line, index) => (index === 4 ? [line, line] : [line])),
      says: ['audit:6 number 5 stands behind number 5: it was moved or added'],
    },
    {
      name: 'a line that is cut short',
      change: (all) => all.map((line, index) => (index === 4 ? line.slice(0, 50) : line)),
      says: ['audit:5 number 5 is damaged: it is no line of an audit log any more'],
    },
    {
      name: 'an empty file',
      change: () => [],
      says: ['the log numbers 1 to 8 are missing: the log was cut off behind this line'],
    },
  ]
  for (const { name, change, says } of breaks) {
    it(`shows ${name}, also after the master went on`, () => {
      write(6)
      rewrite(change)
      assert.deepEqual(
        verify().faults.map(({ where, problem }) => `${where.replace(`${folder}/`, '')} ${problem}`),
        says,
      )
      write(1)
      const { faults, notes } = verify()
      assert.notEqual(faults.length + notes.length, 0, 'the new lines do not hide it')
    })
  }

  it('is told when the log is opened', () => {
    write(3)
    rewrite((all) => all.slice(0, 2))
    write(0)
    assert.equal(log.matching(/^ERROR the end of the audit log/).length, 1)
    assert.equal(parsed()[2]?.n, 6)
  })

  it('shows a log that was written anew as a whole, by a hash that was noted elsewhere', () => {
    write(3)
    const { last, hash } = verify()
    fs.rmSync(path)
    fs.rmSync(`${path}.head`)
    write(5)
    assert.deepEqual(problems(), [])
    const report = verifyAudit(linesOf(path), [{ n: last, hash }])
    assert.deepEqual(
      report.faults.map(({ problem }) => problem),
      ['number 5 was changed'],
    )
  })
})
