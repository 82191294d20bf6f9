import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { MatchType } from '../../../src/bus/event.ts'
import { compileTagMatcher } from '../../../src/bus/tag-match.ts'

const cases: readonly (readonly [MatchType, string, readonly string[], readonly string[]])[] = [
  ['startswith', 'salt/job', ['salt/job', 'salt/job/1/new', 'salt/jobs'], ['my/salt/job', 'Salt/job']],
  ['startswith', '', ['anything'], []],
  ['endswith', '/new', ['salt/job/1/new'], ['salt/job/1/new/x']],
  ['find', 'job', ['salt/job/1', 'job'], ['salt/key']],
  ['regex', 'salt/(job|key)', ['salt/job/1', 'salt/key'], ['x/salt/job', 'salt/run']],
  ['regex', 'a|b', ['a/1', 'b/1'], ['c/a']],
  [
    'fnmatch',
    'salt/job/*/ret/*',
    ['salt/job/1/ret/a', 'salt/job/1/2/ret/a/b'],
    ['salt/job/1/new', 'xsalt/job/1/ret/a'],
  ],
  ['fnmatch', '*', ['a', 'a/b'], []],
  ['fnmatch', 'a*', ['a', 'ab'], ['b', 'ba']],
  ['fnmatch', '*a', ['a', 'ba'], ['ab']],
  ['fnmatch', '*a*b*', ['ab', 'xaxbx', 'aabb'], ['ba', 'a']],
  ['fnmatch', 'ab*ba', ['abba', 'abxba'], ['aba', 'ab']],
  ['fnmatch', 'a**?b', ['axb', 'axxb'], ['ab']],
  ['regex', 'salt/job/.*/ret/.*', ['salt/job/1/ret/a'], ['salt/job/1/new']],
  ['regex', '(?:salt/)?job/\\d+', ['job/1', 'salt/job/12/new'], ['job/x']],
  ['regex', '(a)/\\1', ['a/a'], ['a/b']],
  ['fnmatch', 'a?c', ['abc', 'a/c'], ['ac', 'abbc']],
  ['fnmatch', 'a.c[1]', ['a.c1'], ['a.c[1]', 'abc1']],
  ['fnmatch', 'web[0-9]*/[!a]', ['web1/b', 'web22/x'], ['web/b', 'web1/a', 'webx/b']],
  ['fnmatch', 'a[', ['a['], ['a', 'ab']],
]

for (const [match, pattern, hits, misses] of cases) {
  test(`${match} '${pattern}'`, () => {
    const matches = compileTagMatcher(pattern, match)
    assert.deepEqual(hits.filter(matches), hits)
    assert.deepEqual(misses.filter(matches), [])
  })
}

test('a pattern that is no expression, and a way that does not exist, are the fault of the caller', () => {
  assert.throws(() => compileTagMatcher('(', 'regex'), { code: 'usage' })
  assert.throws(() => compileTagMatcher('x', 'sounds-like' as MatchType), { code: 'usage' })
})

test('no pattern makes an event wait', () => {
  const tags = [`${'a'.repeat(1000)}b`, `${'a'.repeat(200)}b`]
  const hopeless: readonly (readonly [MatchType, string])[] = [
    ['regex', '(a+)+$'],
    ['regex', '(a|aa)+$'],
    ['regex', 'a*a*a*a*a*$'],
    ['regex', `${'a?'.repeat(40)}${'a'.repeat(40)}$`],
    ['fnmatch', `${'*a'.repeat(300)}c`],
    ['fnmatch', `${'*[ab]'.repeat(300)}c`],
  ]
  for (const [match, pattern] of hopeless) {
    const begin = performance.now()
    assert.deepEqual(tags.filter(compileTagMatcher(pattern, match)), [], pattern)
    assert.ok(performance.now() - begin < 10_000, pattern)
  }
})
