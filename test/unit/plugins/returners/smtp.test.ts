/** The returner `smtp`, against a mail server in this process. */
import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { smtp } from '../../../../src/plugins/returners/smtp/module.ts'
import { ConfigFolder } from '../../../support/config-folder.ts'
import { MailServer, type TakenMail } from '../../../support/mail-server.ts'
import { RecordedLog } from '../../../support/recorded-log.ts'
import {
  deliverWhileItDies,
  eventDelivery,
  manyReturns,
  openReturner,
  returnDelivery,
  someJid,
} from '../../../support/returner-world.ts'
import { makeCertificate, type SelfMadeCertificate, withoutOpenssl } from '../../../support/self-made-certificate.ts'

const startServer = (options = {}): Promise<MailServer> => new MailServer(options).start()

const options = (server: MailServer, more: Record<string, unknown> = {}): Record<string, unknown> => ({
  smtp: { host: '127.0.0.1', port: server.port, from: 'Salt <salt@example.org>', to: 'admin@example.org', ...more },
})

/** Headers by name, lines joined, and the body without its encoding. */
function parts({ text }: TakenMail): { readonly headers: Readonly<Record<string, string>>; readonly body: string } {
  const end = text.indexOf('\n\n')
  const lines = text
    .slice(0, end)
    .replace(/\n[ \t]+/g, ' ')
    .split('\n')
  const headers = Object.fromEntries(lines.map((line) => [line.split(':')[0], line.slice(line.indexOf(':') + 2)]))
  const coding = headers['Content-Transfer-Encoding']
  const body = text.slice(end + 2)
  if (coding === 'base64') return { headers, body: Buffer.from(body, 'base64').toString() }
  if (coding !== 'quoted-printable') return { headers, body }
  const bytes = body
    .replace(/=\n/g, '')
    .replace(/=([0-9A-F]{2})/g, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)))
  return { headers, body: Buffer.from(bytes, 'latin1').toString() }
}

describe('returner smtp', () => {
  const folder = new ConfigFolder()
  let certificate: SelfMadeCertificate = { key: '', cert: '' }
  before(() => {
    if (withoutOpenssl === false) certificate = makeCertificate(folder.path)
  })
  after(() => folder[Symbol.dispose]())

  it('sends one mail for each return and event', async () => {
    await using server = await startServer()
    const more = { to: ['a@example.org', 'B <b@example.org>'] }
    await using returner = await openReturner(smtp, options(server, more), { id: 'master' })
    await returner.deliver([
      returnDelivery({ return: { load: ['ä', 1] }, retcode: 2, success: false, fun_args: ['x'] }),
      eventDelivery(),
    ])
    const [first, second] = server.mails
    assert.ok(first !== undefined && second !== undefined)
    assert.deepEqual([first.from, first.to], ['salt@example.org', ['a@example.org', 'b@example.org']])
    const { headers, body } = parts(first)
    assert.equal(headers.From, 'Salt <salt@example.org>')
    assert.equal(headers.To, 'a@example.org, B <b@example.org>')
    assert.equal(headers.Subject, 'Salt: test.ping on web1 failed')
    assert.equal(headers['Auto-Submitted'], 'auto-generated')
    assert.match(headers['Message-ID'] ?? '', /^<[0-9a-f]{40}@master>$/)
    assert.equal(
      body.trimEnd(),
      `Minion: web1\nJob: ${someJid}\nFunction: test.ping\nArguments: x\nResult: failed, code 2\n\n` +
        '{\n  "load": [\n    "ä",\n    1\n  ]\n}',
    )
    assert.equal(parts(second).headers.Subject, 'Salt: my/tag')
    assert.match(parts(second).body, /^Tag: my\/tag\n\n\{\n {2}"a": 1,/)
    assert.equal(server.connections, 1)
  })

  it('has the same Message-ID for what comes again', async () => {
    await using server = await startServer()
    for (const ret of [returnDelivery(), returnDelivery(), returnDelivery({ id: 'web2' })]) {
      await using returner = await openReturner(smtp, options(server))
      await returner.deliver([ret])
    }
    const ids = server.mails.map((mail) => parts(mail).headers['Message-ID'])
    assert.equal(ids[0], ids[1])
    assert.notEqual(ids[0], ids[2])
  })

  it('sends a digest', async () => {
    await using server = await startServer()
    const more = { digest: true, digest_subject: `\${count} from \${id}`, body: `\${id}: \${return}` }
    await using returner = await openReturner(smtp, options(server, more))
    await returner.deliver(manyReturns(2))
    await returner.deliver([])
    assert.deepEqual(
      server.mails.map((mail) => [parts(mail).headers.Subject, parts(mail).body.trimEnd()]),
      [['2 from web1', `web1: 1\n${'-'.repeat(70)}\nweb1: 2`]],
    )
  })

  it('lets nothing that is delivered into the headers or the conversation', async () => {
    await using server = await startServer()
    const more = { subject: `\${fun} \${return.title}`, body: `\${return.text}`, event_subject: `\${data.text}` }
    await using returner = await openReturner(smtp, options(server, more))
    const evil = 'x\r\nBcc: victim@example.org\r\n\r\n.\r\nMAIL FROM:<evil@example.org>\r\n\u2028\u0000y'
    await returner.deliver([
      returnDelivery({ id: `web1\r\n${evil}`, fun: 'a\nBcc: v', return: { title: evil, text: evil } }),
      eventDelivery({ text: `${evil}${'ü'.repeat(300)}` }, evil),
    ])
    assert.equal(server.mails.length, 2)
    for (const mail of server.mails) {
      const { headers } = parts(mail)
      assert.deepEqual(mail.to, ['admin@example.org'])
      assert.deepEqual(Object.keys(headers).sort(), [
        ...['Auto-Submitted', 'Content-Transfer-Encoding', 'Content-Type', 'Date', 'From', 'MIME-Version'],
        ...['Message-ID', 'Subject', 'To'],
      ])
    }
    const [first] = server.mails
    assert.match(
      first?.text ?? '',
      /^Subject: a Bcc: v x Bcc: victim@example\.org \. MAIL FROM:<evil@example\.org>\n? y$/m,
    )
    assert.equal(server.commands.filter((command) => /^MAIL/i.test(command)).length, 2)
  })

  it('seals and logs in', { skip: withoutOpenssl }, async () => {
    const login = { user: 'salt', password: 'never-show' }
    const credentials = { username: 'salt', password: 'never-show', tls_ca: certificate.cert }
    const ways: readonly (readonly [server: object, options: Record<string, unknown>])[] = [
      [{ certificate, login }, credentials],
      [
        { certificate, login },
        { ...credentials, tls: true },
      ],
      [
        { certificate, login },
        { ...credentials, tls: 'starttls', tls_ca: null, tls_verify: false },
      ],
      [
        { certificate, login, isImplicit: true },
        { ...credentials, tls: 'tls' },
      ],
      [{ certificate }, { tls_ca: certificate.cert }],
    ]
    for (const [how, more] of ways) {
      await using server = await startServer(how)
      await using returner = await openReturner(smtp, options(server, more))
      await returner.deliver(manyReturns(1))
      assert.deepEqual(
        server.mails.map(({ isSealed, user }) => [isSealed, user]),
        [[true, 'login' in how ? 'salt' : undefined]],
      )
    }
    await using plain = await startServer({ login })
    await using returner = await openReturner(smtp, options(plain, { ...credentials, tls: 'off' }))
    await returner.deliver(manyReturns(1))
    assert.equal(plain.mails[0]?.isSealed, false)
  })

  it('does not tell the password where it cannot seal', { skip: withoutOpenssl }, async () => {
    const login = { user: 'salt', password: 'never-show' }
    const credentials = { username: 'salt', password: 'never-show' }
    await using plain = await startServer({ login })
    await assert.rejects(openReturner(smtp, options(plain, credentials)), { code: 'storage', message: /STARTTLS/ })
    await using unknown = await startServer({ login, certificate })
    await assert.rejects(openReturner(smtp, options(unknown, credentials)), {
      code: 'storage',
      message: /certificate is not to be trusted|self-signed certificate/,
    })
    for (const server of [plain, unknown]) assert.equal(server.commands.filter((line) => /AUTH/.test(line)).length, 0)
  })

  const faults: readonly (readonly [command: RegExp, answer: string, code: string, message: RegExp])[] = [
    [/^DATA$/, '554 5.6.0 spam', 'bad-arguments', /refuses this mail: .*554 5\.6\.0 spam/],
    [/^DATA$/, '451 4.3.0 later', 'storage', /451 4\.3\.0 later/],
    [/^MAIL/, '552 5.3.4 too large', 'bad-arguments', /552/],
    [/^MAIL/, '550 5.7.1 not from you', 'configuration', /refuses the sender or the recipients: .*550/],
    [/^RCPT/, '550 5.1.1 nobody', 'configuration', /refuses the sender or the recipients: .*550/],
    [/^RCPT/, '450 4.2.0 greylisted', 'storage', /450/],
    [/^MAIL/, 'hang up', 'storage', /./],
    [/^DATA$/, 'silence', 'timeout', /did not answer within 1 seconds?/],
  ]

  for (const [command, answer, code, message] of faults) {
    it(`tells what ${answer} to ${command.source} means, and sends again`, async () => {
      await using server = await startServer()
      await using returner = await openReturner(smtp, options(server, answer === 'silence' ? { timeout: 1 } : {}))
      server.answering = (line) => (command.test(line) ? answer : undefined)
      await assert.rejects(returner.deliver(manyReturns(2)), (error: Error & { code: string }) => {
        assert.deepEqual([error.code, message.test(error.message)], [code, true], `${error.code}: ${error.message}`)
        return true
      })
      server.answering = () => undefined
      await returner.deliver(manyReturns(2))
      assert.equal(server.mails.length, 2)
    })
  }

  it('says who of several did not get it', async () => {
    await using server = await startServer()
    const recorded = new RecordedLog()
    server.answering = (line) => (line.includes('<b@') ? '550 nobody' : undefined)
    const more = { to: ['a@example.org', 'b@example.org'] }
    await using returner = await openReturner(smtp, options(server, more), { log: recorded.log })
    await returner.deliver(manyReturns(1))
    assert.equal(recorded.matching(/^WARNING a mail did not reach everybody .*refused=b@example\.org/).length, 1)
  })

  const refused: readonly (readonly [what: string, more: Record<string, unknown>, code: string, message: RegExp])[] = [
    ['a port without a server', { port: 1 }, 'storage', /^the mail server at 127\.0\.0\.1:1 .*refused/],
    ['a line in the sender', { from: 'a@b\r\nBcc: c@d' }, 'configuration', /smtp\.from has an address that is none/],
    ['a line in a recipient', { to: ['a@b', 'c\n@d'] }, 'configuration', /smtp\.to has an address that is none/],
    ['no recipient', { to: [] }, 'configuration', /smtp\.to names nobody/],
    ['a template without an end', { subject: `\${id` }, 'configuration', /^smtp\.subject has a field without an end/],
    ['certificates that are not there', { tls_ca: '/nowhere' }, 'execution-failed', /\/nowhere/],
  ]

  for (const [what, more, code, message] of refused) {
    it(`says what is wrong with ${what}`, async () => {
      await using server = await startServer()
      await assert.rejects(openReturner(smtp, options(server, more)), { code, message })
    })
  }

  it('never shows the password', async () => {
    await using server = await startServer({ login: { user: 'salt', password: 'other' } })
    const more = { username: 'salt', password: 'never-show', tls: 'off' }
    await assert.rejects(openReturner(smtp, options(server, more)), (error: Error & { code: string }) => {
      assert.equal(error.code, 'denied')
      assert.match(error.message, /refuses this user: .*535/)
      assert.doesNotMatch(`${error.message} ${error.stack} ${JSON.stringify(error)}`, /never-show/)
      return true
    })
  })

  it('ends at once when the outlet closes', async () => {
    await using server = await startServer()
    const abort = new AbortController()
    await using returner = await openReturner(smtp, options(server), { signal: abort.signal })
    abort.abort()
    await assert.rejects(returner.deliver(manyReturns(1)), { code: 'cancelled' })
  })

  it('sends everything in its order while the server dies and comes back', async () => {
    await using server = await startServer()
    await using returner = await openReturner(smtp, options(server, { body: `\${return}` }))
    const batches = Array.from({ length: 10 }, (_, index) => manyReturns(5, index * 5 + 1))
    assert.ok((await deliverWhileItDies(returner, server, batches)) > 0)
    const numbers = server.mails.map((mail) => Number(parts(mail).body))
    assert.deepEqual(
      numbers.filter((number, index) => numbers.indexOf(number) === index),
      Array.from({ length: 50 }, (_, index) => index + 1),
    )
  })
})
