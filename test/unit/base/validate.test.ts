import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { Float } from '../../../src/base/float.ts'
import { type Schema, s } from '../../../src/base/schema.ts'
import { coerceArgument, describeIssues, formatPath, validate } from '../../../src/base/validate.ts'

interface Case {
  readonly schema: Schema
  readonly given: unknown
  /** Result under coercion, or the issue. */
  readonly coerced: unknown
  /** True where the strict check accepts the value as well. */
  readonly strict?: boolean
}

const bad = (
  message: string,
  path: (string | number)[] = [],
): { issue: { path: (string | number)[]; message: string } } => ({
  issue: { path, message },
})

const port = s.integer('', { minimum: 1, maximum: 65535 })
const cases: readonly Case[] = [
  { schema: s.string(), given: 'x', coerced: 'x', strict: true },
  { schema: s.string(), given: 5, coerced: '5' },
  { schema: s.string(), given: new Float(1), coerced: '1.0' },
  { schema: s.string(), given: 20261121024001210350n, coerced: '20261121024001210350' },
  { schema: s.string(), given: true, coerced: 'True' },
  { schema: s.command(), given: true, coerced: 'true' },
  { schema: s.string(), given: ['x'], coerced: bad('must be text, not a list') },
  { schema: s.string(), given: null, coerced: bad('must be text, not None') },
  { schema: s.path(), given: {}, coerced: bad('must be a path, not a mapping') },
  { schema: s.integer(), given: 5, coerced: 5, strict: true },
  { schema: s.integer(), given: new Float(5), coerced: 5, strict: true },
  { schema: s.integer(), given: 2n ** 70n, coerced: 2n ** 70n, strict: true },
  { schema: s.integer(), given: ' 12 ', coerced: 12 },
  { schema: s.integer(), given: '12345678901234567890', coerced: 12345678901234567890n },
  { schema: s.integer(), given: '0x10', coerced: bad("must be an integer, not '0x10'") },
  { schema: s.integer(), given: 1.5, coerced: bad('must be an integer, not 1.5') },
  { schema: s.integer(), given: true, coerced: bad('must be an integer, not True') },
  { schema: port, given: 0, coerced: bad('must be an integer from 1 to 65535, not 0') },
  { schema: port, given: '70000', coerced: bad("must be an integer from 1 to 65535, not '70000'") },
  { schema: s.number(), given: '1.5e3', coerced: 1500 },
  { schema: s.number(), given: 'nan', coerced: bad("must be a number, not 'nan'") },
  { schema: s.number(), given: Number.NaN, coerced: bad('must be a number, not nan') },
  { schema: s.seconds(), given: -1, coerced: bad('must be a number of seconds, not -1') },
  { schema: s.boolean(), given: 'True', coerced: true },
  { schema: s.boolean(), given: 'false', coerced: false },
  { schema: s.boolean(), given: 'yes', coerced: bad("must be true or false, not 'yes'") },
  { schema: s.boolean(), given: 1, coerced: true },
  { schema: s.boolean(), given: 0, coerced: false },
  { schema: s.boolean(), given: 2, coerced: bad('must be true or false, not 2') },
  { schema: s.null(), given: null, coerced: null, strict: true },
  { schema: s.literal(['glob', 'list']), given: 'LIST', coerced: 'list' },
  { schema: s.literal(['glob', 'list']), given: 'x', coerced: bad("must be one of 'glob', 'list', not 'x'") },
  { schema: s.array(s.string()), given: ['a', 1], coerced: ['a', '1'] },
  { schema: s.array(s.integer()), given: [1, 'x'], coerced: bad("must be an integer, not 'x'", [1]) },
  { schema: s.array(s.integer()), given: 'x', coerced: bad("must be a list of integers, not 'x'") },
  { schema: s.record(s.integer()), given: { a: '1' }, coerced: { a: 1 } },
  { schema: s.record(s.integer()), given: [], coerced: bad('must be a mapping, not a list') },
  { schema: s.any(), given: [1, { a: null }], coerced: [1, { a: null }], strict: true },
  { schema: s.union([s.string(), s.array(s.string())]), given: 7, coerced: '7' },
  { schema: s.union([s.string(), s.integer()]), given: 7, coerced: 7, strict: true },
  { schema: s.union([s.integer(), s.string()]), given: '7', coerced: '7', strict: true },
  {
    schema: s.union([s.string(), s.array(s.integer())]),
    given: [1, 'x'],
    coerced: bad("must be an integer, not 'x'", [1]),
  },
  {
    schema: s.union([s.integer(), s.boolean()]),
    given: 'x',
    coerced: bad("must be an integer or true or false, not 'x'"),
  },
  { schema: s.optional(s.string()), given: null, coerced: undefined },
  { schema: s.withDefault(s.integer(), 3), given: undefined, coerced: 3, strict: true },
  { schema: s.string(), given: undefined, coerced: bad('is missing') },
  { schema: { type: 'string', pattern: '^a' }, given: 'b', coerced: bad("must match ^a, but is 'b'") },
]

describe('one schema, two ways to check', () => {
  for (const { schema, given, coerced, strict } of cases) {
    test(`${JSON.stringify(schema)} ← ${typeof given} ${String(given)}`, () => {
      const result = coerceArgument(schema, given)
      const expectedIssue =
        typeof coerced === 'object' && coerced !== null && 'issue' in coerced ? coerced.issue : undefined
      assert.deepEqual(result.issues, expectedIssue === undefined ? [] : [expectedIssue])
      if (expectedIssue === undefined) assert.deepEqual(result.value, coerced)
      assert.equal(validate(schema, given).issues.length === 0, strict === true)
    })
  }
})

describe('mappings with named keys', () => {
  const schema = s.object({ name: s.string(), size: s.withDefault(s.integer(), 1), tag: s.optional(s.string()) })

  test('defaults are filled in and what is absent stays absent', () => {
    assert.deepEqual(validate(schema, { name: 'a' }).value, { name: 'a', size: 1 })
  })

  test('a name that is nearly right is answered with that one', () => {
    const { issues } = coerceArgument(schema, { name: 'a', szie: 1 })
    assert.deepEqual(issues, [{ path: ['szie'], message: "is not known here. Did you mean 'size'?" }])
  })

  test('each fault is named with its path', () => {
    const { issues } = coerceArgument(s.array(schema), [{ size: 'x', extra: 1 }])
    assert.deepEqual(issues, [
      { path: [0, 'name'], message: 'is missing' },
      { path: [0, 'size'], message: "must be an integer, not 'x'" },
      { path: [0, 'extra'], message: 'is not known here' },
    ])
    assert.equal(
      describeIssues(issues.slice(0, 2), 'limits'),
      "limits[0].name is missing; limits[0].size must be an integer, not 'x'",
    )
  })

  test('a key named __proto__ stays a key', () => {
    const given: unknown = JSON.parse('{"__proto__": 1}')
    const { value } = validate(s.record(s.integer()), given)
    assert.equal(Object.getPrototypeOf(value), Object.prototype)
    assert.deepEqual(Object.keys(value), ['__proto__'])
  })

  test('class instances are no mappings', () => {
    assert.equal(validate(s.record(s.any()), new Date()).issues.length, 1)
  })
})

test('paths are written as people write them', () => {
  assert.equal(formatPath(['a', 0, 'b', 1]), 'a[0].b[1]')
  assert.equal(formatPath([]), '')
})

test('a long value is cut in messages', () => {
  const [issue] = validate(s.integer(), 'x'.repeat(200)).issues
  assert.ok(issue !== undefined && issue.message.length < 100, issue?.message ?? 'none')
})
