import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { systemClock } from '../../../../src/base/clock.ts'
import { priorityOf } from '../../../../src/plugins/returners/syslog/priority.ts'
import { linesOf, openSyslog, type SyslogOptions } from '../../../../src/plugins/returners/syslog/syslog-writer.ts'
import { ConfigFolder } from '../../../support/config-folder.ts'
import { receiveDatagrams, withoutReceiver } from '../../../support/datagrams.ts'
import { eventDelivery, returnDelivery, someJid } from '../../../support/returner-world.ts'

const plain: SyslogOptions = { level: 'LOG_INFO', facility: 'LOG_USER', tag: undefined, options: [], filter: [] }
const host = { role: 'minion', clock: systemClock } as const

describe('returner syslog', () => {
  it('counts priorities as the C library does', () => {
    const cases = [
      ['LOG_USER', 'LOG_INFO', 14],
      ['kern', 'emerg', 0],
      ['LOG_LOCAL7', 'LOG_DEBUG', 191],
      ['LOG_FTP', 'LOG_ERR', 91],
    ] as const
    for (const [facility, level, number] of cases) assert.equal(priorityOf(facility, level), number)
  })

  it('cuts long returns into numbered parts, never within a character', () => {
    const value = 'ä'.repeat(9000)
    const lines = linesOf(returnDelivery({ return: value }))
    assert.equal(lines.length, 3)
    assert.ok(lines.every((line, index) => line.startsWith(`${someJid}/web1 ${index + 1}/3 `)))
    const joined = lines.map((line) => line.slice(`${someJid}/web1 1/3 `.length)).join('')
    assert.equal(JSON.parse(joined).return, value)
    assert.equal(linesOf(returnDelivery({ return: 'two\nlines' }))[0]?.includes('\n'), false)
  })

  it('refuses a tag that breaks the line', async () => {
    for (const tag of ['', 'two words', 'a:b', 'x'.repeat(33), 'a\nb']) {
      await assert.rejects(openSyslog(host, { ...plain, tag }, '/nonexistent'), { code: 'configuration' })
    }
  })

  it('sends what passes the filter', { skip: withoutReceiver }, async () => {
    using folder = new ConfigFolder()
    const path = folder.file('log')
    const receiver = await receiveDatagrams(path)
    const options = { ...plain, tag: 'mine', options: ['LOG_PID'], filter: ['test.*', 'my/*'] }
    try {
      await using syslog = await openSyslog(host, options, path)
      await syslog.deliver([returnDelivery({ fun: 'cmd.run' }), returnDelivery(), eventDelivery()])
      await receiver.until(/"tag": "my\/tag"/)
    } finally {
      await receiver.end('SIGKILL')
    }
    const lines = receiver.output.split('\n').filter((line) => line.includes('<14>'))
    assert.equal(lines.length, 2)
    assert.match(
      lines[0] ?? '',
      new RegExp(`<14>\\w{3} [ \\d]\\d \\d\\d:\\d\\d:\\d\\d mine\\[${process.pid}\\]: \\{"id"`),
    )
  })

  it('says that nobody takes it', { skip: withoutReceiver, timeout: 10_000 }, async () => {
    using folder = new ConfigFolder()
    await using syslog = await openSyslog(host, plain, folder.file('nobody'))
    await assert.rejects(syslog.deliver([returnDelivery()]), { code: 'overloaded' })
  })
})
