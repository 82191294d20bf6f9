/** Pillar that is encrypted, with the gpg of the system. */
import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { toJson } from '../../../../src/base/json.ts'
import { compileCase, PillarFolder } from '../../../support/pillar-cases.ts'

const hasGpg = ['/usr/bin/gpg', '/bin/gpg', '/usr/local/bin/gpg'].some((path) => existsSync(path))
const top = { 'base/top.sls': "base:\n  '*': [a]\n" }

describe('encrypted pillar', { skip: hasGpg ? false : 'gpg is not installed' }, () => {
  let keys: PillarFolder
  before(() => {
    keys = new PillarFolder({ 'gpgkeys/x': '' })
    execFileSync('chmod', ['700', join(keys.path, 'gpgkeys')])
    gpg(['--quick-gen-key', '--passphrase', '', 'test@example.com', 'rsa2048', 'encr', 'never'])
  })
  after(() => {
    execFileSync('gpgconf', ['--homedir', join(keys.path, 'gpgkeys'), '--kill', 'all'])
    keys[Symbol.dispose]()
  })

  function gpg(words: readonly string[], input?: string | Uint8Array): string {
    const home = ['--homedir', join(keys.path, 'gpgkeys'), '--batch', '--no-tty', '--quiet', '--trust-model', 'always']
    return execFileSync('gpg', [...home, ...words], {
      input: input ?? '',
      encoding: 'utf8',
      stdio: ['pipe', 'pipe', 'pipe'],
    })
  }

  const encrypt = (text: string | Uint8Array): string => gpg(['--armor', '--encrypt', '-r', 'test@example.com'], text)
  const block = (text: string, indent = '  '): string =>
    text
      .trimEnd()
      .split('\n')
      .map((line) => indent + line)
      .join('\n')

  async function compile(files: Readonly<Record<string, string>>, config: Readonly<Record<string, unknown>> = {}) {
    using folder = new PillarFolder({ ...top, ...files })
    return await compileCase({ config: { gpg_keydir: join(keys.path, 'gpgkeys'), ...config } }, folder)
  }

  it('is decrypted in values at any depth, and inside text', async () => {
    const { pillar, secrets } = await compile({
      'base/a.sls': `#!yaml|gpg\na: |\n${block(encrypt('hunter2'))}\nlist:\n  - deep: |\n${block(encrypt('correct horse\nbattery\n'), '      ')}\nmixed: |\n  before\n${block(encrypt('middle'))}\n  after\nplain: text\nnumber: 5\n`,
    })
    assert.deepEqual(pillar, {
      a: 'hunter2',
      list: [{ deep: 'correct horse\nbattery' }],
      mixed: 'before\nmiddle\nafter',
      plain: 'text',
      number: 5,
    })
    assert.deepEqual([...new Set(secrets.map((text) => text.trim()))].sort(), [
      'correct horse\nbattery',
      'hunter2',
      'middle',
    ])
  })

  it('is decrypted after the template, and where the breaks are written as \\n', async () => {
    const flat = JSON.stringify(encrypt('one line').trimEnd())
    const { pillar } = await compile({
      'base/a.sls': `#!jinja|yaml|gpg\n{% set name = 'key' %}\n{{ name }}: ${flat}\nraw: '${encrypt('raw').trimEnd().replaceAll('\n', '\\n')}'\n`,
    })
    assert.deepEqual(pillar, { key: 'one line', raw: 'raw' })
  })

  it('can be a whole file, whose values are secrets then', async () => {
    const { pillar, secrets } = await compile({
      'base/a.sls': `#!gpg|jinja|yaml\n${encrypt('password: topsecret\nnested: {x: [alsosecret]}\nsum: {{ 1 + 1 }}\n')}`,
    })
    assert.deepEqual(pillar, { password: 'topsecret', nested: { x: ['alsosecret'] }, sum: 2 })
    assert.ok(secrets.includes('topsecret') && secrets.includes('alsosecret'))
  })

  it('is not shown by errors and logs', async () => {
    const { pillar, logged } = await compile({
      'base/a.sls': `#!gpg|jinja|yaml\n${encrypt('password: topsecret\nx: {{ undefined_thing }}\n')}`,
    })
    assert.match(String(pillar._errors), /'undefined_thing' is undefined/)
    const shown = String(pillar._errors) + toJson(logged)
    assert.ok(!shown.includes('topsecret'), shown)
    const functions = await compile({
      'base/a.sls': `#!gpg|jinja|yaml\n{% set word %}${encrypt('topsecret')}{% endset %}\nx: {{ salt['log.warning']('it is ' ~ word) }}\n`,
    })
    assert.match(toJson(functions.logged), /it is •••/)
    assert.ok(!toJson(functions.logged).includes('topsecret'))
  })

  it('that is no text is bytes', async () => {
    const { pillar } = await compile({
      'base/a.sls': `#!yaml|gpg\nx: |\n${block(encrypt(Buffer.from([0, 255, 254, 10])))}\n`,
    })
    assert.deepEqual(pillar, { x: new Uint8Array([0, 255, 254]) })
  })

  it('stays as it is where it cannot be decrypted, or is an error', async () => {
    const broken = '-----BEGIN PGP MESSAGE-----\n\naGVsbG8=\n-----END PGP MESSAGE-----'
    const file = { 'base/a.sls': `#!yaml|gpg\nx: |\n${block(broken)}\ny: |\n${block(encrypt('fine'))}\n` }
    const { pillar, logged } = await compile(file)
    assert.deepEqual(pillar, { x: broken, y: 'fine' })
    assert.match(toJson(logged), /a PGP message was not decrypted/)
    const strict = await compile(file, { gpg_decrypt_must_succeed: true })
    assert.match(
      String(strict.pillar._errors),
      /^Rendering SLS 'a' failed, render error:\na PGP message cannot be decrypted/,
    )
  })

  it('is decrypted by key with decrypt_pillar', async () => {
    const file = {
      'base/a.sls': `a:\n  b: |\n${block(encrypt('one'), '    ')}\nc:\n  - |\n${block(encrypt('two'), '    ')}\nd: |\n${block(encrypt('three'))}\n`,
    }
    const { pillar } = await compile(file, { decrypt_pillar: ['a:b', { 'c:0': 'gpg' }, 'nothing:there'] })
    assert.partialDeepStrictEqual(pillar, { a: { b: 'one' }, c: ['two'] })
    assert.match(String(pillar.d), /BEGIN PGP/)
    const other = await compile(file, { decrypt_pillar: { 'a|b': 'gpg', d: 'nacl' }, decrypt_pillar_delimiter: '|' })
    assert.partialDeepStrictEqual(other.pillar, { a: { b: 'one' } })
    assert.match(String(other.pillar._errors), /Failed to decrypt pillar key 'd': the renderer 'nacl' may not decrypt/)
  })

  it('is decrypted once, however often it stands there', async () => {
    const text = encrypt('same text')
    const many = Array.from({ length: 20 }, (_, index) => `k${index}: |\n${block(text)}\n`).join('')
    const started = performance.now()
    const { pillar } = await compile({ 'base/a.sls': `#!yaml|gpg\n${many}` })
    assert.equal(Object.values(pillar).filter((value) => value === 'same text').length, 20)
    assert.ok(performance.now() - started < 3000)
  })
})
