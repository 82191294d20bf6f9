import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { s } from '../../../../src/base/schema.ts'
import {
  bindArguments,
  localPublication,
  publicationOf,
  type Signature,
  SignatureError,
} from '../../../../src/engine/functions/bind.ts'
import { samplePublishedJob } from '../../../support/function-host.ts'

const signatures: Readonly<Record<string, Signature>> = {
  none: { args: {} },
  one: { args: { text: s.any() } },
  two: { args: { a: s.any(), b: s.any() } },
  three: { args: { a: s.any(), b: s.any(), c: s.any() } },
  half: { args: { a: s.any(), b: s.withDefault(s.integer(), 7) } },
  typed: { args: { length: s.seconds(), on: s.withDefault(s.boolean(), false) } },
  any: { args: { a: s.optional(s.any()) }, rest: s.any(), extra: s.any() },
}

interface Case {
  readonly name: string
  readonly signature: string
  readonly arg: readonly unknown[]
  readonly error?: string
  readonly isSignatureError?: boolean
  readonly args?: Readonly<Record<string, unknown>>
  readonly rest?: readonly unknown[]
  readonly extra?: Readonly<Record<string, unknown>>
}

const cases: readonly Case[] = JSON.parse(readFileSync(new URL('../../../cases/binding.json', import.meta.url), 'utf8'))

for (const { name, signature, arg, error, isSignatureError, ...expected } of cases) {
  test(`binding: ${name}`, () => {
    const chosen = signatures[signature] ?? assert.fail(`no signature ${signature}`)
    if (error !== undefined) {
      assert.throws(
        () => bindArguments(chosen, `test.${signature}`, arg),
        (thrown: unknown) => {
          assert.ok(thrown instanceof Error)
          assert.equal(thrown.message, error)
          assert.equal(thrown instanceof SignatureError, isSignatureError ?? true)
          return true
        },
      )
      return
    }
    const bound = bindArguments(chosen, `test.${signature}`, arg)
    // A value that was left out is undefined, which JSON cannot say.
    assert.deepEqual(JSON.parse(JSON.stringify(bound.args)), expected.args ?? {})
    assert.deepEqual(bound.more.rest, expected.rest ?? [])
    assert.deepEqual(bound.more.extra, expected.extra ?? {})
  })
}

test('a function that takes any keyword is told about its job, others are not', () => {
  const publication = publicationOf(samplePublishedJob)
  const { more } = bindArguments(signatures.any ?? assert.fail(), 'test.any', [{ __kwarg__: true, kw: 3 }], publication)
  assert.deepEqual(Object.keys(more.extra), [
    'kw',
    '__pub_fun',
    '__pub_arg',
    '__pub_tgt',
    '__pub_jid',
    '__pub_ret',
    '__pub_tgt_type',
    '__pub_user',
  ])
  assert.deepEqual(more.extra.__pub_arg, [1, 'two', { kw: 3 }], 'without the mark of keyword arguments')
  assert.deepEqual(bindArguments(signatures.none ?? assert.fail(), 'test.none', [], publication).more.extra, {})
})

test('a peer job names its publisher before the kind of target', () => {
  const keys = Object.keys(publicationOf({ ...samplePublishedJob, publisherId: 'beta' }))
  assert.equal(keys.indexOf('__pub_id'), keys.indexOf('__pub_tgt_type') - 1)
})

test('a job of several functions shows all of them', () => {
  const job = { ...samplePublishedJob, fun: ['test.arg', 'test.echo'], arg: [['a', { __kwarg__: true, k: 1 }], ['x']] }
  const shown = publicationOf(job)
  assert.deepEqual(shown.__pub_fun, ['test.arg', 'test.echo'])
  assert.deepEqual(shown.__pub_arg, [['a', { k: 1 }], ['x']])
})

test('salt call has a publication of its own', () => {
  const shown = localPublication('test.arg', '20261121023835037363')
  assert.deepEqual(Object.keys(shown), ['__pub_fun', '__pub_jid', '__pub_pid', '__pub_tgt'])
  assert.equal(shown.__pub_tgt, 'salt-call')
})

test('a keyword named __proto__ stays a keyword', () => {
  const hostile: unknown = JSON.parse('{"__kwarg__": true, "__proto__": {"polluted": 1}}')
  const { more } = bindArguments(signatures.any ?? assert.fail(), 'test.any', [hostile])
  assert.ok(Object.hasOwn(more.extra, '__proto__'))
  assert.equal(Reflect.get({}, 'polluted'), undefined)
})
