import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { compileTagMatcher } from '../../../src/bus/tag-match.ts'
import { compileTagPattern } from '../../../src/bus/tag-pattern.ts'

describe('a pattern with named parts', () => {
  it('finds the parts of a tag', () => {
    const { matches, partsOf } = compileTagPattern('salt/job/:jid/ret/:id')
    assert.deepEqual(partsOf('salt/job/2026/ret/web.1'), { jid: '2026', id: 'web.1' })
    assert.ok(matches('salt/job/2026/ret/web.1'))
    for (const tag of [
      'salt/job/2026/ret/',
      'salt/job//ret/a',
      'salt/job/2026/ret/a/b',
      'salt/job/2026/new/a',
      'salt/job/2026/ret',
      'salt/key',
      '',
    ]) {
      assert.equal(partsOf(tag), undefined, tag)
      assert.equal(matches(tag), false, tag)
    }
  })

  it('has a part for all the rest', () => {
    const { partsOf } = compileTagPattern('salt/beacon/:id/:beacon/:rest*')
    assert.deepEqual(partsOf('salt/beacon/a/load/'), { id: 'a', beacon: 'load', rest: '' })
    assert.deepEqual(partsOf('salt/beacon/a/inotify//etc/hosts'), { id: 'a', beacon: 'inotify', rest: '/etc/hosts' })
    assert.equal(partsOf('salt/beacon/a/load'), undefined)
    assert.deepEqual(compileTagPattern(':all*').partsOf('a/b'), { all: 'a/b' })
  })

  it('without parts is one tag', () => {
    const { matches, partsOf } = compileTagPattern('salt/key')
    assert.ok(matches('salt/key'))
    assert.ok(!matches('salt/key/x'))
    assert.deepEqual(partsOf('salt/key'), {})
  })

  it('is refused where it cannot be meant', () => {
    for (const pattern of ['a/:x/:x', 'a/:x*/b', ':x*/:y*']) {
      assert.throws(() => compileTagPattern(pattern), { code: 'usage' }, pattern)
    }
    assert.ok(compileTagPattern('a/:/b').matches('a/:/b'), 'a colon alone is itself')
  })

  it('is a way of matching', () => {
    const matches = compileTagMatcher('salt/key/:id', 'parts')
    assert.ok(matches('salt/key/a'))
    assert.ok(!matches('salt/key/a/b'))
  })
})
