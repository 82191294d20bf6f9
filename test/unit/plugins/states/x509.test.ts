/** Keys, certificates, requests and revocation lists: what is made is judged by the real openssl. */
import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import {
  chmodSync,
  existsSync,
  lstatSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { test } from 'node:test'
import { findProgram } from '../../../../src/engine/functions/process-identity.ts'
import type { PerformedState } from '../../../../src/engine/state/perform.ts'
import { ConfigFolder } from '../../../support/config-folder.ts'
import { chunkOf, StateHost, type StateHostOptions } from '../../../support/state-host.ts'

const skip = findProgram('openssl') === undefined ? 'needs openssl' : false

type Arguments = Readonly<Record<string, unknown>>

function openssl(...words: readonly string[]): string {
  return execFileSync('openssl', words, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] })
}

/** A place with an authority: `ca.key` and `ca.crt`. */
class Office extends ConfigFolder {
  readonly host: StateHost

  constructor(options: StateHostOptions = {}) {
    super()
    this.host = new StateHost({ config: { cachedir: this.file('cache') }, ...options })
  }

  async call(fun: string, args: Arguments): Promise<unknown> {
    const outcome = await this.host.functions.call(`x509.${fun}`, { __kwarg__: true, ...args })
    assert.equal(outcome.success, true, `x509.${fun}: ${outcome.return}`)
    return outcome.return
  }

  async failure(fun: string, args: Arguments): Promise<string> {
    const outcome = await this.host.functions.call(`x509.${fun}`, { __kwarg__: true, ...args })
    assert.equal(outcome.success, false, `x509.${fun} has not failed`)
    return String(outcome.return)
  }

  async authority(more: Arguments = {}): Promise<void> {
    await this.call('create_private_key', { path: this.file('ca.key'), algo: 'ec' })
    await this.call('create_certificate', {
      ...{ path: this.file('ca.crt'), signing_private_key: this.file('ca.key'), CN: 'ca.example.com', O: 'Office' },
      ...{
        basicConstraints: 'critical CA:true',
        keyUsage: 'critical cRLSign, keyCertSign',
        subjectKeyIdentifier: 'hash',
      },
      ...more,
    })
  }

  /** A dry run, which must leave all as it is, and a run. */
  async both(state: string, args: Arguments): Promise<{ dry: PerformedState; run: PerformedState }> {
    const before = this.#look()
    const dry = await this.host.test(`x509.${state}`, args)
    assert.deepEqual(this.#look(), before, 'a dry run changes nothing')
    return { dry, run: await this.host.apply(`x509.${state}`, args) }
  }

  #look(): unknown {
    return readdirSync(this.path).map((name) => [name, statSync(this.file(name)).mtimeMs])
  }

  read(name: string): string {
    return readFileSync(this.file(name), 'utf8')
  }
}

const mode = (path: string): number => statSync(path).mode & 0o777
const changed = (name: string): string =>
  `The file ${name} is set to be changed\nNote: No changes made, actual changes may\nbe different due to other states.`

test('a dry run knows keys that states before it make', { skip }, async () => {
  using office = new Office()
  const [key, crt] = [office.file('new.key'), office.file('new.crt')]
  const args = { name: crt, signing_private_key: key, CN: 'www.example.com' }
  const maker = chunkOf('x509.private_key_managed', { name: key })
  const later = new StateHost({ chunks: [maker] })
  const dry = await later.test('x509.certificate_managed', args)
  assert.deepEqual([dry.result, dry.comment, dry.changes], [null, changed(crt), {}])
  const run = await later.apply('x509.certificate_managed', args)
  assert.deepEqual([run.result, run.comment], [false, `${key} does not exist`])
  const alone = await office.host.test('x509.certificate_managed', args)
  assert.deepEqual([alone.result, alone.comment], [false, `${key} does not exist`])
})

test('a file of an unknown user is planned, and not made', { skip }, async () => {
  using office = new Office()
  const args = { name: office.file('a.key'), algo: 'ed25519', user: 'nosuchuser' }
  const { dry, run } = await office.both('private_key_managed', args)
  const warning = 'User nosuchuser is not available, and no state before this one makes it so'
  assert.deepEqual([dry.result, dry.warnings], [null, [warning]])
  assert.deepEqual([run.result, run.comment], [false, 'User nosuchuser is not available '])
  assert.equal(existsSync(office.file('a.key')), false)
})

test('a dry run warns of a folder that no state before makes', { skip }, async () => {
  using office = new Office()
  const args = { name: office.file('dir/www.key'), algo: 'ed25519' }
  const { dry, run } = await office.both('private_key_managed', args)
  const warning = `Folder ${office.file('dir')} is not there, and no state before this one makes it`
  assert.deepEqual([dry.result, dry.warnings], [null, [warning]])
  assert.deepEqual([run.result, run.comment], [false, 'Parent directory not present'])
  const before = async (...chunk: Parameters<typeof chunkOf>) =>
    (await new StateHost({ chunks: [chunkOf(...chunk)] }).test('x509.private_key_managed', args)).warnings
  const elsewhere = { name: office.file('other.key') }
  assert.deepEqual(await before('x509.private_key_managed', elsewhere), [warning])
  assert.equal(await before('x509.private_key_managed', { name: office.file('dir/ca.key') }), undefined)
})

test('a private key is made once, for its owner alone', { skip }, async () => {
  using office = new Office()
  const name = office.file('www.key')
  const { dry, run } = await office.both('private_key_managed', { name, bits: 1024 })
  assert.deepEqual(dry, { result: null, comment: changed(name), changes: { new: 'New private key generated' } })
  assert.deepEqual(run, {
    result: true,
    comment: `File ${name} updated`,
    changes: { new: 'New private key generated' },
  })
  assert.equal(mode(name), 0o600)
  assert.match(openssl('pkey', '-in', name, '-noout', '-text'), /1024 bit/)
  const again = await office.both('private_key_managed', { name, bits: 1024 })
  const right = { result: true, comment: `File ${name} is in the correct state`, changes: {} }
  assert.deepEqual(again, { dry: right, run: right })
  chmodSync(name, 0o644)
  const closed = await office.both('private_key_managed', { name, bits: 1024 })
  assert.deepEqual([closed.dry.changes, closed.run.changes, mode(name)], [{ mode: '0600' }, { mode: '0600' }, 0o600])
  const before = office.read('www.key')
  const larger = await office.both('private_key_managed', { name, bits: 1536, backup: true })
  assert.equal(larger.run.result, true, larger.run.comment)
  assert.notEqual(office.read('www.key'), before)
  assert.equal(await office.call('get_private_key_size', { private_key: name }), 1536)
  assert.ok(existsSync(office.file('cache/file_backup')), 'the old one was kept')
  const rotated = await office.both('private_key_managed', { name, bits: 1536, new: true })
  assert.equal(rotated.dry.result, null)
})

test('files of keys are managed as other files are', { skip }, async () => {
  using office = new Office()
  const key = (name: string, more: Arguments) =>
    office.both('private_key_managed', { name: office.file(name), algo: 'ed25519', ...more })
  await key('open/www.key', { makedirs: true })
  assert.equal(mode(office.file('open')), 0o777 & ~process.umask(), 'the folder is one for others, too')
  await key('closed/www.key', { makedirs: true, mode: '0640' })
  assert.deepEqual([mode(office.file('closed')), mode(office.file('closed/www.key'))], [0o750, 0o640])
  symlinkSync(office.file('closed/www.key'), office.file('link'))
  await key('link', { new: true, mode: 400 })
  assert.equal(lstatSync(office.file('link')).isSymbolicLink(), true)
  assert.equal(mode(office.file('closed/www.key')), 0o400)
  const wrong = await key('wrong.key', { mode: 'rw' })
  assert.deepEqual([wrong.dry.result, wrong.dry.comment], [false, 'Invalid mode: rw'])
  writeFileSync(office.file('folder'), '')
  const below = await key('folder/www.key', { makedirs: true })
  assert.equal(below.run.result, false)
})

test('an encrypted key opens with its passphrase only', { skip }, async () => {
  using office = new Office()
  const name = office.file('www.key')
  const args = { name, algo: 'ec', passphrase: 's3cret' }
  await office.both('private_key_managed', args)
  assert.match(office.read('www.key'), /^-----BEGIN ENCRYPTED PRIVATE KEY-----/)
  assert.match(openssl('pkey', '-in', name, '-passin', 'pass:s3cret', '-noout', '-text'), /prime256v1/)
  assert.equal((await office.both('private_key_managed', args)).run.comment, `File ${name} is in the correct state`)
  const wrong = await office.both('private_key_managed', { ...args, passphrase: 'wrong' })
  assert.deepEqual(
    [wrong.dry.result, wrong.run.comment],
    [false, 'The provided passphrase cannot decrypt the private key.'],
  )
  const over = await office.both('private_key_managed', { ...args, passphrase: 'other', overwrite: true })
  assert.equal(over.run.result, true)
  writeFileSync(office.file('text'), 'hello\n')
  const text = await office.both('private_key_managed', { name: office.file('text') })
  assert.match(text.run.comment, /holds something else than a private key/)
  const nowhere = await office.both('private_key_managed', { name: office.file('no/such.key'), algo: 'ed25519' })
  assert.deepEqual([nowhere.dry.result, nowhere.run.comment], [null, 'Parent directory not present'])
  const made = await office.both('private_key_managed', {
    name: office.file('no/such.key'),
    algo: 'ed25519',
    makedirs: true,
    dir_mode: '0700',
  })
  assert.deepEqual([made.run.result, mode(office.file('no'))], [true, 0o700])
  assert.equal((await office.both('private_key_managed', { name: 'relative.key' })).run.result, false)
})

test('an authority certifies itself and others', { skip }, async () => {
  using office = new Office()
  const [key, crt] = [office.file('ca.key'), office.file('ca.crt')]
  await office.call('create_private_key', { path: key, algo: 'ec', passphrase: 'pass' })
  const args = {
    ...{ name: crt, signing_private_key: key, signing_private_key_passphrase: 'pass', C: 'US', ST: 'Utah', CN: 'ca' },
    ...{ O: 'Tom/Jerry + "Co" $HOME # \\', basicConstraints: 'critical CA:true, pathlen:0' },
    ...{
      keyUsage: 'critical cRLSign, keyCertSign',
      subjectKeyIdentifier: 'hash',
      authorityKeyIdentifier: 'keyid,issuer:always',
    },
    ...{ days_valid: 3650, days_remaining: 0, algorithm: 'sha384' },
  }
  const { dry, run } = await office.both('certificate_managed', args)
  assert.equal(dry.comment, changed(crt))
  assert.equal(run.result, true, run.comment)
  const { Old, New } = run.changes.Certificate as { Old: unknown; New: Record<string, unknown> }
  assert.equal(Old, `${crt} does not exist.`)
  assert.deepEqual(New.Subject, { C: 'US', ST: 'Utah', O: args.O, CN: 'ca' })
  assert.deepEqual(New.Issuer, New.Subject)
  const text = openssl('x509', '-in', crt, '-noout', '-text', '-nameopt', 'utf8,sname')
  assert.match(text, /ecdsa-with-SHA384/)
  assert.match(text, /O=Tom\/Jerry \+ "Co" \$HOME # \\/)
  assert.match(text, /CA:TRUE, pathlen:0/)
  assert.equal(mode(crt), 0o644)
  const again = await office.both('certificate_managed', args)
  assert.deepEqual([again.dry.comment, again.run.changes], [`File ${crt} is in the correct state`, {}])
  const other = await office.both('certificate_managed', { ...args, CN: 'other' })
  assert.equal(other.dry.result, null)
  assert.equal(openssl('x509', '-in', crt, '-noout', '-subject').includes('other'), true)
})

test('a certificate for another key, from a request, and in time', { skip }, async () => {
  using office = new Office()
  await office.authority()
  const signing = { signing_private_key: office.file('ca.key'), signing_cert: office.file('ca.crt') }
  const csr = office.file('www.csr')
  await office.call('create_private_key', { path: office.file('www.key'), bits: 1024 })
  const request = {
    name: csr,
    private_key: office.file('www.key'),
    CN: 'www',
    O: 'Old',
    subjectAltName: ['dns:www.example.com', 'IP Address:10.0.0.1'],
    keyUsage: 'critical digitalSignature',
  }
  const made = await office.both('csr_managed', request)
  assert.deepEqual([made.dry.result, made.run.result], [null, true], made.run.comment)
  assert.match(
    openssl('req', '-in', csr, '-noout', '-text', '-verify'),
    /DNS:www\.example\.com, IP Address:10\.0\.0\.1/,
  )
  assert.equal((await office.both('csr_managed', request)).run.comment, `File ${csr} is in the correct state`)
  const changedCsr = await office.both('csr_managed', { ...request, O: 'Office' })
  assert.deepEqual(Object.keys(changedCsr.run.changes), ['Old', 'New'])
  const name = office.file('www.crt')
  const args = {
    name,
    ...signing,
    csr,
    CN: 'www.example.com',
    authorityKeyIdentifier: 'keyid:always',
    extendedKeyUsage: ['serverAuth', 'clientAuth'],
    append_certs: [office.file('ca.crt')],
    days_valid: 100,
  }
  const { run } = await office.both('certificate_managed', args)
  assert.equal(run.result, true, run.comment)
  assert.match(openssl('verify', '-CAfile', office.file('ca.crt'), name), /OK/)
  const text = openssl('x509', '-in', name, '-noout', '-text')
  for (const part of [
    /CN = www\.example\.com/,
    /O = Office/,
    /DNS:www\.example\.com/,
    /TLS Web Server Authentication, TLS Web Client/,
  ]) {
    assert.match(text, part)
  }
  assert.equal(office.read('www.crt').split('BEGIN CERTIFICATE').length, 3, 'the chain is in it')
  assert.equal((await office.both('certificate_managed', args)).run.comment, `File ${name} is in the correct state`)
  const stale = await office.both('certificate_managed', { ...args, days_remaining: 100 })
  assert.deepEqual([stale.dry.result, stale.run.result], [null, true], 'it is renewed')
  await office.call('create_private_key', { path: office.file('ca.key'), algo: 'ec' })
  await office.authority()
  const resigned = await office.both('certificate_managed', args)
  assert.equal(resigned.dry.result, null, 'another authority of the same name has not signed it')
  assert.match(openssl('verify', '-CAfile', office.file('ca.crt'), name), /OK/)
})

test('a key that comes with its certificate', { skip }, async () => {
  using office = new Office()
  await office.authority()
  const name = office.file('site.pem')
  const signing = { signing_private_key: office.file('ca.key'), signing_cert: office.file('ca.crt') }
  const args = { name, ...signing, CN: 'site', managed_private_key: { algo: 'ec' } }
  const { run } = await office.both('certificate_managed', args)
  assert.equal(run.result, true, run.comment)
  assert.equal(run.changes['Private Key'], 'New private key generated')
  assert.deepEqual([mode(name), /PRIVATE KEY[\s\S]*CERTIFICATE/.test(office.read('site.pem'))], [0o600, true])
  assert.equal(
    await office.call('verify_private_key', { private_key: name, public_key: openssl('x509', '-in', name) }),
    true,
  )
  assert.deepEqual((await office.both('certificate_managed', args)).run.changes, {})
  const apart = {
    ...args,
    name: office.file('apart.crt'),
    managed_private_key: { name: office.file('apart.key'), algo: 'ec', new: true },
  }
  assert.equal((await office.both('certificate_managed', apart)).run.result, true)
  assert.equal(mode(office.file('apart.key')), 0o600)
  const before = office.read('apart.key')
  assert.deepEqual((await office.both('certificate_managed', apart)).run.changes, {})
  const renewed = await office.both('certificate_managed', { ...apart, days_remaining: 365 })
  assert.equal(renewed.run.result, true, renewed.run.comment)
  assert.notEqual(office.read('apart.key'), before, 'a new certificate has a new key')
  assert.equal(JSON.stringify(renewed).includes('PRIVATE KEY-----'), false)
})

test('revocation lists', { skip }, async () => {
  using office = new Office()
  await office.authority()
  const name = office.file('ca.crl')
  const signing = { signing_private_key: office.file('ca.key'), signing_cert: office.file('ca.crt') }
  await office.call('create_certificate', {
    path: office.file('bad.crt'),
    ...signing,
    public_key: office.file('ca.crt'),
    CN: 'bad',
  })
  const revoked = [
    {
      lost: [
        { certificate: office.file('bad.crt') },
        { revocation_date: '2015-03-01 00:00:00' },
        { reason: 'keyCompromise' },
      ],
    },
    { serial_number: 'D6:D2:DC', revocation_date: '2015-02-25 00:00:00' },
    { serial_number: 'AA', not_after: '2016-01-01 00:00:00' },
  ]
  const args = { name, ...signing, revoked: revoked.slice(0, 2) }
  const { dry, run } = await office.both('crl_managed', args)
  assert.equal(dry.comment, changed(name))
  assert.equal(run.result, true, run.comment)
  assert.equal(run.changes.Old, `${name} does not exist.`)
  const list = openssl('crl', '-in', name, '-noout', '-text')
  assert.match(list, /Serial Number: D6D2DC\n\s+Revocation Date: Feb 25 00:00:00 2015 GMT/)
  assert.match(list, /Key Compromise/)
  assert.equal(await office.call('verify_crl', { crl: name, cert: office.file('ca.crt') }), true)
  const right = await office.both('crl_managed', args)
  assert.equal(right.run.comment, `File ${name} is in the correct state`)
  const more = await office.both('crl_managed', { ...args, revoked, include_expired: true })
  assert.match(openssl('crl', '-in', name, '-noout', '-text'), /Serial Number: AA/)
  assert.equal(more.dry.result, null)
  const fewer = await office.both('crl_managed', { ...args, revoked })
  assert.equal(fewer.run.result, true)
  assert.doesNotMatch(openssl('crl', '-in', name, '-noout', '-text'), /Serial Number: AA/, 'it had expired')
  const soon = await office.both('crl_managed', { ...args, days_remaining: 100 })
  assert.equal(soon.dry.result, null)
  const wrong = await office.both('crl_managed', { ...args, revoked: [{ serial_number: 'AA', reason: 'boredom' }] })
  assert.match(wrong.run.comment, /boredom is no reason to revoke a certificate/)
  assert.match(
    String((await office.both('crl_managed', { ...args, revoked: [{ x: 1 }] })).run.comment),
    /needs a certificate or a serial_number/,
  )
})

test('PEM texts are put in form', { skip }, async () => {
  using office = new Office()
  await office.authority()
  const pem = office.read('ca.crt')
  const name = office.file('copy.crt')
  const text = pem.replaceAll('\n', '')
  const { dry, run } = await office.both('pem_managed', { name, text })
  assert.deepEqual(
    [dry.changes, run.changes, office.read('copy.crt')],
    [{ diff: 'New file' }, { diff: 'New file' }, pem],
  )
  assert.equal((await office.both('pem_managed', { name, text })).run.comment, `File ${name} is in the correct state`)
  const key = await office.both('pem_managed', { name, text: office.read('ca.key') })
  assert.deepEqual([key.run.changes, mode(name)], [{ diff: '<show_changes=False>', mode: '0600' }, 0o600])
  const wrong = await office.both('pem_managed', { name, text: 'nothing' })
  assert.deepEqual([wrong.dry.result, wrong.run.comment], [false, 'PEM text not valid'])
  const entries = await office.call('get_pem_entries', { glob_path: office.file('*') })
  assert.deepEqual(entries, { [office.file('ca.crt')]: pem }, 'keys are left out')
  await office.call('write_pem', {
    text: `${pem}${office.read('ca.key')}`,
    path: office.file('both'),
    pem_type: '(?:RSA )?PRIVATE KEY',
  })
  await office.call('write_pem', { text: pem, path: office.file('both'), pem_type: 'CERTIFICATE', overwrite: false })
  assert.equal(office.read('both'), office.read('ca.key') + pem)
})

test('what functions tell of certificates', { skip }, async () => {
  using office = new Office()
  await office.authority({ serial_number: '0A:BC', copypath: office.file('.'), prepend_cn: true, days_valid: 30 })
  assert.ok(existsSync(office.file('ca.example.com-0A:BC.crt')), 'a copy is kept')
  const crt = office.file('ca.crt')
  const facts = (await office.call('read_certificate', { certificate: crt })) as Record<string, unknown>
  const shown = openssl('x509', '-in', crt, '-noout', '-fingerprint', '-sha256', '-subject_hash', '-serial')
  assert.equal(shown.includes(String(facts['SHA-256 Finger Print'])), true)
  assert.equal(shown.toUpperCase().includes(String(facts['Subject Hash']).replaceAll(':', '')), true)
  assert.equal(facts['Serial Number'], '0A:BC')
  assert.deepEqual(facts.Version, 3)
  assert.equal(
    await office.call('get_public_key', { key: office.file('ca.key') }),
    openssl('x509', '-in', crt, '-noout', '-pubkey'),
  )
  assert.deepEqual(
    Object.keys((await office.call('read_certificates', { glob_path: office.file('ca.c*') })) as object),
    [crt],
  )
  assert.equal(await office.call('verify_signature', { certificate: crt }), true)
  assert.equal(await office.call('expires', { certificate: crt }), false)
  assert.equal(await office.call('expires', { certificate: crt, days: 31 }), true)
  assert.deepEqual(await office.call('expired', { certificate: crt }), {
    path: crt,
    cn: 'ca.example.com',
    expired: false,
  })
  assert.deepEqual(await office.call('will_expire', { certificate: crt, days: 29 }), {
    path: crt,
    check_days: 29,
    cn: 'ca.example.com',
    will_expire: false,
  })
  await office.call('create_private_key', { path: office.file('other.key'), algo: 'ed25519' })
  assert.equal(
    await office.call('verify_private_key', { private_key: office.file('other.key'), public_key: crt }),
    false,
  )
  const own = { signing_private_key: office.file('other.key'), text: true, CN: 'edwards' }
  assert.match(String(await office.call('create_certificate', own)), /^-----BEGIN CERTIFICATE-----/)
})

test('functions say what is wrong', { skip }, async () => {
  using office = new Office()
  await office.authority()
  await office.call('create_private_key', { path: office.file('other.key'), algo: 'ec' })
  const signing = { signing_private_key: office.file('ca.key'), signing_cert: office.file('ca.crt') }
  for (const [fun, args, message] of [
    ['create_private_key', {}, /Either path or text must be specified\./],
    ['create_private_key', { path: '/x', text: true }, /must be specified, not both\./],
    ['create_private_key', { text: true, algo: 'dsa' }, /'dsa' is no kind of key/],
    ['create_private_key', { text: true, bits: 100 }, /an RSA key has 1024 to 16384 bits/],
    ['create_private_key', { text: true, algo: 'ec', bits: 100 }, /an EC key has 256, 384 or 521 bits/],
    ['create_private_key', { text: true, passphrase: 'x', cipher: 'rot13' }, /the cipher rot13 is not known/],
    ['create_csr', { text: true }, /private_key is required/],
    [
      'create_csr',
      { text: true, private_key: office.file('ca.crt') },
      /does not contain a single entry of type PRIVATE KEY/,
    ],
    ['create_csr', { text: true, private_key: office.file('ca.key'), CN: 'a\nb' }, /CN must not have line breaks/],
    ['create_csr', { text: true, private_key: office.file('ca.key'), keyUsage: 'nonsense' }, /openssl req failed/],
    ['create_certificate', { text: true, CN: 'x' }, /signing_private_key is required/],
    ['create_certificate', { text: true, signing_private_key: '/no/such' }, /\/no\/such does not exist/],
    [
      'create_certificate',
      { text: true, ...signing, signing_private_key: office.file('other.key') },
      /signing_private_key does not match signing_cert/,
    ],
    [
      'create_certificate',
      { text: true, signing_private_key: office.file('ca.key'), public_key: office.file('other.key') },
      /signing_cert is required to certify another key/,
    ],
    ['create_certificate', { text: true, ...signing, days_valid: 0 }, /days_valid must be a number of days/],
    ['create_certificate', { text: true, ...signing, serial_number: 'xyz' }, /xyz is no serial number/],
    ['create_certificate', { text: true, ...signing, digest: '-config' }, /-config is no digest/],
    ['create_certificate', { text: true, ...signing, not_after: 'tomorrow' }, /tomorrow is no time of the form/],
    [
      'create_certificate',
      { text: true, ...signing, signing_policy: 'nosuch' },
      /Signing policy nosuch does not exist/,
    ],
    ['create_crl', { text: true }, /signing_private_key and signing_cert are required/],
    ['read_certificate', { certificate: 'nonsense' }, /does not contain a single entry of type CERTIFICATE/],
    [
      'read_certificate',
      { certificate: '-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----' },
      /The certificate cannot be read/,
    ],
    [
      'get_pem_entry',
      { text: office.file('ca.key'), pem_type: 'X509 CRL' },
      /does not contain a single entry of type X509 CRL/,
    ],
  ] as const) {
    const found = await office.failure(fun, args)
    assert.match(found, message)
    assert.equal(found.includes('PRIVATE KEY-----'), false)
  }
})

test('another minion signs by its policy, and nothing else', { skip }, async () => {
  using office = new Office()
  await office.authority()
  const policies = {
    www: [
      { minions: 'web*' },
      { signing_private_key: office.file('ca.key') },
      { signing_cert: office.file('ca.crt') },
      { O: 'Office' },
      { keyUsage: 'critical keyEncipherment' },
      { copypath: office.file('issued') },
      { days_valid: 30 },
    ],
  }
  using authority = new Office({ config: { x509_signing_policies: policies } })
  const { functions } = authority.host
  await office.call('create_private_key', { path: office.file('www.key'), algo: 'ec' })
  const asks: string[] = []
  using minion = new Office({
    services: {
      masters: [],
    },
  })
  minion.host.functions.catalogues.catalogue.setUserModules([
    {
      name: 'publish',
      doc: 'The way to the other minion.',
      functions: {
        publish: {
          doc: 'Calls a function there.',
          args: { tgt: {}, fun: {}, arg: {}, timeout: {} },
          returns: {},
          examples: [],
          async run(_ctx: unknown, { fun, arg }: { fun: string; arg: readonly unknown[] }) {
            asks.push(fun)
            assert.equal(JSON.stringify(arg).includes('PRIVATE KEY'), false, 'a private key stays where it is')
            return {
              ca: (
                await functions.call(fun, ...arg, {
                  __kwarg__: true,
                  ...(fun.includes('sign_') ? { __pub_id: 'web1' } : {}),
                })
              ).return,
            }
          },
        },
      },
    },
  ])
  const name = minion.file('www.crt')
  const args = {
    name,
    ca_server: 'ca',
    signing_policy: 'www',
    public_key: office.file('www.key'),
    CN: 'www',
    O: 'Evil',
  }
  const { dry, run } = await minion.both('certificate_managed', args)
  assert.equal(dry.result, null, dry.comment)
  assert.deepEqual(asks.slice(0, 1), ['x509.get_signing_policy'])
  assert.equal(run.result, true, run.comment)
  assert.match(openssl('verify', '-CAfile', office.file('ca.crt'), name), /OK/)
  assert.match(openssl('x509', '-in', name, '-noout', '-subject'), /O = Office, CN = www/)
  assert.equal(readdirSync(office.file('issued')).length, 1, 'the dry run has not asked for one')
  const count = asks.length
  assert.deepEqual((await minion.both('certificate_managed', { ...args, days_remaining: 7 })).run.changes, {})
  assert.deepEqual(asks.slice(count), ['x509.get_signing_policy', 'x509.get_signing_policy'])
  const publicKey = openssl('pkey', '-in', office.file('www.key'), '-pubout')
  const ask = async (argdic: Arguments, who: string | undefined = 'web1'): Promise<unknown> =>
    (
      await functions.call('x509.sign_remote_certificate', argdic, {
        __kwarg__: true,
        ...(who === '' ? {} : { __pub_id: who }),
      })
    ).return
  for (const [argdic, who, message] of [
    [{ public_key: publicKey }, 'web1', /signing_policy must be specified/],
    [{ public_key: publicKey, signing_policy: 'nosuch' }, 'web1', /Signing policy nosuch does not exist/],
    [{ public_key: publicKey, signing_policy: 'www' }, 'db1', /db1 not permitted to use signing policy www/],
    [{ public_key: publicKey, signing_policy: 'www' }, '', /could not be identified/],
    [
      { public_key: '/etc/passwd', signing_policy: 'www' },
      'web1',
      /public_key of a request for a certificate must be PEM text/,
    ],
    [
      { public_key: publicKey, signing_policy: 'www', signing_private_key: '/etc/other.key' },
      'web1',
      /must not have signing_private_key/,
    ],
    [{ public_key: publicKey, signing_policy: 'www', path: '/etc/x' }, 'web1', /must not have path/],
  ] as const) {
    assert.match(String(await ask(argdic, who)), message)
  }
  assert.match(String(await ask({ public_key: publicKey, signing_policy: 'www', CN: 'ok' })), /BEGIN CERTIFICATE/)
  assert.equal(
    JSON.stringify(await authority.call('get_signing_policy', { signing_policy_name: 'www' })).includes('ca.key'),
    false,
  )
  const missing = await minion.both('certificate_managed', { ...args, signing_policy: 'nosuch' })
  assert.equal(missing.run.comment, 'Signing policy nosuch does not exist.')
  const none = await minion.both('certificate_managed', { name, ca_server: 'ca', CN: 'x' })
  assert.equal(none.run.comment, 'signing_policy must be specified if ca_server is.')
})
