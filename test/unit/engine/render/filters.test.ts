import assert from 'node:assert/strict'
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import type { FilterContext } from '../../../../src/engine/render/filters/filter.ts'
import { saltFilters } from '../../../../src/engine/render/filters/salt-filters.ts'
import { Dict, PySet } from '../../../../src/engine/render/values/dict.ts'
import { toList } from '../../../../src/engine/render/values/iterate.ts'
import {
  Generator,
  HostObject,
  NativeFunction,
  Tuple,
  Undefined,
  type Value,
} from '../../../../src/engine/render/values/kinds.ts'
import { repr } from '../../../../src/engine/render/values/print.ts'
import { PyError } from '../../../../src/engine/render/values/py-error.ts'
import { readCases, runCase } from '../../../support/render-cases.ts'

// The cases were recorded there.
process.env.TZ = 'UTC'

const cases = await readCases(fileURLToPath(new URL('../../../cases/render/filters.json', import.meta.url)))

describe('filters give what Python gives', () => {
  for (const one of cases) {
    test(one.name, async () => {
      const failure = await runCase(one)
      assert.equal(failure?.got, failure?.wanted)
    })
  }
})

const context: FilterContext = {
  autoescape: false,
  opts: new Map(),
  variable: () => undefined,
  filter: () => assert.fail('no other filter is asked for'),
  test: () => assert.fail('no test is asked for'),
}

function apply(name: string, value: Value, args: readonly Value[] = [], kwargs: Record<string, Value> = {}): Value {
  const found = saltFilters.get(name) ?? assert.fail(`no filter ${name}`)
  return found.call(context, value, args, new Map(Object.entries(kwargs)))
}

function failure(type: string, message: RegExp): (error: unknown) => boolean {
  return (error) => {
    assert.ok(error instanceof PyError, String(error))
    assert.equal(error.type, type)
    assert.match(error.message, message)
    return true
  }
}

describe('what is undefined is refused by every filter that looks at it', () => {
  const indifferent = [
    'skip',
    'to_bool',
    'is_list',
    'is_iter',
    'is_hex',
    'sequence',
    'json',
    'tojson',
    'yaml',
    'python',
    'pprint',
  ]
  const args: Readonly<Record<string, readonly Value[]>> = {
    check_whitelist_blacklist: ['a'],
    combinations: [1],
    combinations_with_replacement: [1],
    compare_dicts: [new Dict()],
    compare_lists: [[]],
    compress: [[1]],
    dns_check: [1],
    exactly_n_true: [1],
    filter_by_networks: [[]],
    hmac: ['a', 'b'],
    hmac_compute: ['a'],
    json_query: ['a'],
    method_call: ['a'],
    mysql_to_dict: ['a'],
    random_sample: [1],
    regex_replace: ['a', 'b'],
    substring_in_list: [['a']],
    traverse: ['a'],
  }
  const missing = new Undefined("'x' is undefined")
  for (const name of saltFilters.keys()) {
    if (indifferent.includes(name) || ['http_query', 'check_whitelist_blacklist', 'is_ip'].includes(name)) continue
    const pair = /^(?:difference|intersect|union|symmetric_difference)$/.test(name) ? [[1]] : undefined
    const path = /_dict_key_value$/.test(name) ? ['a', 1] : undefined
    const pattern = /^regex_(?:match|search)$/.test(name) ? ['a'] : undefined
    test(name, async () => {
      await assert.rejects(async () => {
        const result = await apply(name, missing, args[name] ?? pair ?? path ?? pattern ?? [])
        // A generator looks at its source when it is read.
        if (result instanceof Generator) toList(result)
      }, PyError)
    })
  }
})

describe('lots', () => {
  test('a seed decides the lot, no seed leaves it open', () => {
    const letters = [...'abcdefghij']
    assert.deepEqual(apply('random_shuffle', letters, [], { seed: 5 }), apply('random_shuffle', letters, [5]))
    assert.equal(repr(apply('random_sample', [1, 2, 3, 4, 5], [3], { seed: 1 })), '[2, 1, 5]')
    assert.equal(toList(apply('random_sample', letters, [4])).length, 4)
    assert.throws(() => apply('random_sample', letters, [11]), failure('ValueError', /larger than population/))
    assert.throws(() => apply('random_sample', new Dict(), [0]), failure('TypeError', /must be a sequence/))
  })

  test('hashes, texts and hardware addresses have their form', () => {
    assert.match(String(apply('random_hash', 5)), /^[0-9a-f]{32}$/)
    assert.match(String(apply('random_hash', 5, ['sha1'])), /^[0-9a-f]{40}$/)
    assert.throws(() => apply('random_hash', 5, ['none']), failure('AttributeError', /'none'/))
    assert.match(String(apply('random_str', 40)), /^[A-Za-z0-9+/=]{40}$/)
    assert.throws(() => apply('random_str', 1e9), failure('MemoryError', /at most/))
    assert.match(String(apply('gen_mac', '00:16:3E')), /^00:16:3E(?::[0-9A-F]{2}){3}$/)
  })
})

describe('bounds', () => {
  test('a list inside itself is no endless loop', () => {
    const list: Value[] = []
    list.push(list)
    const dict = new Dict()
    dict.set('d', dict)
    assert.throws(() => apply('flatten', list), failure('RecursionError', /cycle/))
    assert.throws(() => apply('json', list), failure('ValueError', /Circular reference/))
    assert.throws(() => apply('python', dict), failure('RecursionError', /./))
    assert.throws(() => apply('xml', new Dict([['a', dict]])), failure('RecursionError', /./))
    assert.equal(repr(apply('json_encode_list', list)), '[None]')
  })

  test('the hosts of a large network are refused', () => {
    assert.throws(() => apply('network_hosts', '10.0.0.0/8'), failure('MemoryError', /10\.0\.0\.0\/8/))
    assert.equal(apply('network_size', '::/0'), 2n ** 128n)
  })

  test('arrangements without end are stopped', () => {
    const letters = [...'abcdefghijklmnop']
    assert.throws(
      () => toList(apply('combinations', letters.concat(letters), [9])),
      failure('MemoryError', /arrangements/),
    )
    assert.throws(() => toList(apply('product', letters, [], { repeat: 9 })), failure('MemoryError', /arrangements/))
  })

  test('a regular expression that would run for ever is stopped', () => {
    assert.throws(() => apply('regex_match', `${'a'.repeat(60)}!`, ['(a+)+$']), failure('error', /too long/))
  })
})

describe('dictionaries', () => {
  test('what cannot be changed is said', () => {
    const data = (): Dict => new Dict([['a', 1]])
    const faults: readonly [string, readonly Value[], RegExp][] = [
      ['append_dict_key_value', ['a', 1], /contains a int, which cannot append/],
      ['extend_dict_key_value', ['a', [1]], /contains a int, which cannot extend/],
      ['extend_dict_key_value', ['b', 1], /Cannot extend list with a int/],
      ['update_dict_key_value', ['a', new Dict()], /contains a int, which cannot update/],
      ['update_dict_key_value', ['b', [1]], /Cannot update dict with a list/],
    ]
    for (const [name, args, message] of faults)
      assert.throws(() => apply(name, data(), args), failure('SaltInvocationError', message))
  })

  test('comparing shows both sides', () => {
    const before = new Dict([['a', 1], ['b', 2], ['c', 3]]) // biome-ignore format: pairs
    const after = new Dict([['b', 2], ['c', 4], ['d', 5]]) // biome-ignore format: pairs
    const changes = "{'c': {'old': 3, 'new': 4}, 'd': {'old': '', 'new': 5}, 'a': {'new': '', 'old': 1}}"
    assert.equal(repr(apply('compare_dicts', before, [after])), changes)
  })
})

describe('faults of queries', () => {
  const faults: readonly [string, string][] = [
    ['foo()', 'UnknownFunctionError'],
    ['services[', 'IncompleteExpressionError'],
    ['[?', 'IncompleteExpressionError'],
    ['length()', 'ArityError'],
    ['length(`1`)', 'JMESPathTypeError'],
    ['a ^ b', 'LexerError'],
    ['"', 'LexerError'],
    ['a]', 'ParseError'],
    ['a.', 'ParseError'],
  ]
  for (const [query, type] of faults) {
    test(query, async () => {
      await assert.rejects(async () => apply('json_query', new Dict(), [query]), failure(type, /in the query/))
    })
  }
})

describe('files', () => {
  let folder = ''
  before(() => {
    folder = mkdtempSync(join(tmpdir(), 'filters-'))
    mkdirSync(join(folder, 'sub', 'deep'), { recursive: true })
    writeFileSync(join(folder, 'sub', 'deep', 'f'), 'x')
    symlinkSync(folder, join(folder, 'sub', 'loop'))
    writeFileSync(join(folder, 'latin'), Buffer.from('caf\xe9', 'latin1'))
    writeFileSync(join(folder, 'zero'), Buffer.from([65, 0, 66]))
    writeFileSync(join(folder, 'controls'), '\u0001\u0002\u0003a')
    writeFileSync(join(folder, 'text'), 'a\tb\n'.repeat(1000))
  })
  after(() => rmSync(folder, { recursive: true }))

  test('folders are listed behind links too, each once', () => {
    const found = toList(apply('list_files', join(folder, 'sub')))
    const names = [
      '',
      '/deep',
      '/deep/f',
      '/loop',
      ...['controls', 'latin', 'sub', 'text', 'zero'].map((name) => `/loop/${name}`),
    ]
    assert.deepEqual(
      found,
      names.map((name) => join(folder, 'sub') + name),
    )
  })

  const kinds: readonly [string, boolean, boolean][] = [
    ['latin', true, true],
    ['zero', true, false],
    ['controls', true, true],
    ['text', false, true],
    ['none', false, false],
    ['sub', false, false],
  ]
  for (const [name, isBinary, isText] of kinds) {
    test(`${name} is ${isBinary ? '' : 'not '}binary and ${isText ? '' : 'not '}text`, () => {
      assert.equal(apply('is_bin_file', join(folder, name)), isBinary)
      assert.equal(apply('is_text_file', join(folder, name)), isText)
    })
  }

  test('hashes of what is no file', async () => {
    const hash = async (path: string, form?: string): Promise<Value> =>
      apply('file_hashsum', path, form === undefined ? [] : [form])
    await assert.rejects(hash(join(folder, 'none')), failure('FileNotFoundError', /none/))
    await assert.rejects(hash(folder), failure('OSError', /no regular file/))
    await assert.rejects(hash('/dev/zero'), failure('OSError', /no regular file/))
    await assert.rejects(hash(folder, 'crc'), failure('ValueError', /Invalid hash type: crc/))
  })

  test('programs', () => {
    assert.match(String(apply('which', 'sh')), /\/sh$/)
    assert.equal(apply('which', '/no/such/program'), null)
  })
})

describe('the network', () => {
  test('a name is looked up and tried', async () => {
    const server = createServer().listen(0, '127.0.0.1')
    await new Promise((resolve) => server.once('listening', resolve))
    const { port } = server.address() as AddressInfo
    assert.equal(await apply('dns_check', '127.0.0.1', [port]), '127.0.0.1')
    server.close()
    assert.equal(await apply('dns_check', '::1', [1], { ipv6: true }), '[::1]')
    await assert.rejects(
      async () => apply('dns_check', 'no-such-name.invalid', [1]),
      failure('SaltClientError', /no-such/),
    )
  })

  test('http_query is the function of that name', async () => {
    const calls: unknown[] = []
    class Functions extends HostObject {
      readonly typeName = 'functions'
      override getItem(key: Value): Value | undefined {
        if (key !== 'http.query') return undefined
        return new NativeFunction('query', (args, kwargs) => calls.push([...args, ...kwargs]))
      }
    }
    const salted = { ...context, variable: () => new Functions() }
    await saltFilters.get('http_query')?.call(salted, 'http://x', [], new Map([['status', true]]))
    assert.deepEqual(calls, [['http://x', ['status', true]]])
    assert.throws(() => apply('http_query', 'http://x'), failure('KeyError', /http\.query/))
  })
})

test('sets and tuples of unhashable items', () => {
  assert.throws(() => apply('unique', new Tuple([[1]])), failure('TypeError', /unhashable type: 'list'/))
  assert.equal(repr(apply('unique', new PySet([1, 2]))), '[1, 2]')
})
