import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { EventDescription } from '../../../../src/bus/event-description.ts'
import { eventMap } from '../../../../src/bus/event-map.ts'
import { compileMinionEventTags, refusalOfTag } from '../../../../src/engine/authorization/minion-event-tags.ts'

const jid = '20260102030405060708'

describe('the tags that a minion may fire', () => {
  it('are its own and those of nobody', () => {
    const tags = [
      'my/tag',
      'a',
      'salt/mine',
      'minion_start',
      'salt/minion/web1/start',
      'salt/minion/web1',
      'salt/beacon/web1/load/',
      `salt/job/${jid}/prog/web1/3`,
      `salt/state_result/${jid}/web1/done`,
      'syndic/web1/a',
      'x'.repeat(1024),
    ]
    for (const tag of tags) assert.equal(refusalOfTag('web1', tag), undefined, tag)
  })

  it('are not what the master tells', () => {
    const tags = [
      'salt/auth',
      'salt/key',
      'salt/keys',
      `salt/job/${jid}/ret/web1`,
      `salt/job/${jid}/prog/web1`.replace('prog', 'new'),
      `salt/run/${jid}/ret`,
      `salt/wheel/${jid}/ret`,
      'salt/presence/change',
      'salt/event/dropped',
      'salt/netapi/hook/a',
      'minion/refresh/web1',
      jid,
    ]
    for (const tag of tags) assert.match(refusalOfTag('web1', tag) ?? '', /the master's own: '/, tag)
  })

  it('are none that the master or either daemon fires of itself', () => {
    const tags = Object.entries<EventDescription>(eventMap)
      .filter(([tag, { on, by }]) => on !== 'minion' && (by === 'master' || by === 'daemon') && tag !== 'minion_start')
      .map(([tag]) => tag.replaceAll(':jid', jid).replaceAll(/:[a-z]+/g, 'web2'))
    assert.ok(tags.includes('salt/outlet/web2'))
    assert.deepEqual(
      tags.filter((tag) => refusalOfTag('web1', tag) === undefined),
      [],
    )
  })

  it("are not another minion's", () => {
    const tags = [
      'salt/minion/web2/start',
      'salt/minion/web',
      'salt/beacon/web12/load',
      `salt/job/${jid}/prog/web2/1`,
      'syndic/web2/a',
    ]
    for (const tag of tags) assert.match(refusalOfTag('web1', tag) ?? '', /another minion's, of 'web/, tag)
  })

  it('are texts of one line and of some length, and are told as such', () => {
    for (const tag of ['', null, undefined, 7, ['a']]) assert.equal(refusalOfTag('web1', tag), 'an event needs a tag')
    assert.equal(
      refusalOfTag('web1', 'my/tag\n\nsalt/auth'),
      "the tag holds a line break or another control character: 'my/tag··salt/auth'",
    )
    assert.equal(
      refusalOfTag('web1', 'y'.repeat(65_536)),
      `the tag is longer than 1024 characters: '${'y'.repeat(100)}…'`,
    )
  })

  it('are those that the master chooses, by minion', () => {
    const everybody = compileMinionEventTags(['my/*', 'salt/auth']).of('web1')
    assert.equal(everybody('my/a/b'), undefined)
    assert.equal(everybody('your/a'), "minion_event_tags of the master does not name the tag: 'your/a'")
    assert.match(everybody('salt/auth') ?? '', /master's own/, 'whatever the list says')
    // Parts of the answer to a job are not for it to say.
    assert.equal(everybody('salt/job/20261121023835037363/prog/web1/3'), undefined)
    assert.match(everybody('salt/job/20261121023835037363/prog/web2/3') ?? '', /another minion's/)
    const byMinion = compileMinionEventTags({ '*': ['my/*'], 'web[1-3]': ['deploy/?'] })
    assert.equal(byMinion.of('web2')('deploy/1'), undefined)
    assert.equal(byMinion.of('web2')('my/x'), undefined)
    assert.match(byMinion.of('web4')('deploy/1') ?? '', /does not name/)
    assert.match(compileMinionEventTags([]).of('web1')('a') ?? '', /does not name/)
    assert.equal(compileMinionEventTags(undefined).of('web1')('a'), undefined)
  })

  it('are refused as a policy where it means nothing', () => {
    const fault = (config: unknown): string => {
      try {
        compileMinionEventTags(config)
      } catch (error) {
        return String(error)
      }
      return 'taken'
    }
    assert.match(fault('my/*'), /minion_event_tags: must be a list of tags, or a mapping .* not the string "my\/\*"/)
    assert.match(fault({ web: 'my/*' }), /minion_event_tags → "web": must be a list of tags, not the string/)
    assert.match(fault(['a', 7]), /minion_event_tags → item 2: must be a tag, or a glob over tags, not the number 7/)
  })
})
