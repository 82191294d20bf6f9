import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { BusEvent } from '../../../../src/bus/event.ts'
import { compileEventSinks } from '../../../../src/engine/sinks/event-feed.ts'
import { compileEventReturn } from '../../../../src/engine/sinks/event-return.ts'
import type { SinkOptions } from '../../../../src/engine/sinks/sink-options.ts'

const event = (tag: string, data: Record<string, unknown> = {}): BusEvent => ({
  seq: 7,
  tag,
  data: { _stamp: '2026-11-21T03:00:00.000000', ...data },
})
const ret = (fun: unknown, more: Record<string, unknown> = {}): BusEvent =>
  event('salt/job/1/ret/web1', { id: 'web1', fun, ...more })

/** What becomes of an event: the data without the stamp by outlet; undefined where the sink does not take it. */
function taken(options: SinkOptions, one: BusEvent): Record<string, unknown> {
  const [feed] = compileEventSinks({ it: options })
  if (!feed?.matchesTag(one.tag)) return {}
  return Object.fromEntries(
    feed.take(one).map(({ id, event: { data } }) => {
      const { _stamp, ...rest } = data
      assert.equal(_stamp, one.data._stamp)
      return [id, rest]
    }),
  )
}

const takes = (options: SinkOptions, one: BusEvent): boolean => 'it' in taken({ backend: 'file', ...options }, one)

describe('a sink', () => {
  it('takes events by tag: a glob, an expression behind re:, a list of these, or by another way of matching', () => {
    const tag = event('salt/job/1/ret/web1')
    const cases: readonly (readonly [SinkOptions, boolean])[] = [
      [{}, true],
      [{ tag: 'salt/job/*/ret/*' }, true],
      [{ tag: 'salt/job' }, false],
      [{ tag: 're:salt/job/\\d+/ret/' }, true],
      [{ tag: 're:job' }, false],
      [{ tag: ['salt/key', 'salt/job/*'] }, true],
      [{ tag: 'salt/job', match: 'startswith' }, true],
      [{ tag: 'web1', match: 'endswith' }, true],
      [{ tag: 'ret', match: 'find' }, true],
      [{ tag: 'salt/job/[0-9]/', match: 'regex' }, true],
      [{ tag: 're:x', match: 'startswith' }, false],
    ]
    for (const [options, expected] of cases) assert.equal(takes(options, tag), expected, JSON.stringify(options))
  })

  it('takes events by the function that they name', () => {
    const cases: readonly (readonly [SinkOptions['fun'], unknown, boolean])[] = [
      ['state.*', 'state.apply', true],
      ['state.*', 'test.ping', false],
      ['re:(state|pkg)\\.', 'pkg.install', true],
      [['test.ping', 'cmd.*'], 'cmd.run', true],
      ['cmd.run', ['test.ping', 'cmd.run'], true],
      ['cmd.run', ['test.ping'], false],
      ['*', undefined, false],
      ['*', 5, false],
    ]
    for (const [fun, value, expected] of cases) {
      assert.equal(takes({ fun }, ret(value)), expected, `${JSON.stringify(fun)} ${JSON.stringify(value)}`)
    }
  })

  it('delivers the fields that are picked, and texts made of them', () => {
    const one = ret('cmd.run', { return: { stdout: 'ok', lines: ['a', 'b'] }, retcode: 0 })
    const pick = (options: SinkOptions): unknown => taken({ backend: 'file', ...options }, one).it
    assert.deepEqual(pick({ fields: ['data.id', 'data.return.stdout', 'tag', 'data.nothing'] }), {
      id: 'web1',
      'return.stdout': 'ok',
      tag: one.tag,
    })
    assert.deepEqual(pick({ fields: { host: 'data.id', second: 'data.return.lines.1', number: 'seq' } }), {
      host: 'web1',
      second: 'b',
      number: 7,
    })
    assert.deepEqual(pick({ template: `\${data.id} ran \${data.fun}: $\${\${data.retcode}}` }), {
      message: `web1 ran cmd.run: \${0}`,
    })
    assert.deepEqual(
      pick({
        template: { host: `\${data.id}`, code: `\${data.retcode}`, all: `\${data.return}!` },
        fields: ['data.fun'],
      }),
      { fun: 'cmd.run', host: 'web1', code: 0, all: '{"stdout": "ok", "lines": ["a", "b"]}!' },
    )
    assert.deepEqual(Object.keys(taken({ backend: 'file' }, one).it as object), ['id', 'fun', 'return', 'retcode'])
  })

  it('gives an event to each outlet once, in the form of the first sub that matches', () => {
    const options: SinkOptions = {
      tag: 'salt/job/*/ret/*',
      backend: 'file',
      subs: {
        states: { fun: 'state.*', fields: ['data.id'] },
        apply: { fun: 'state.apply', fields: ['data.fun'] },
        alarms: { tag: '*/web1', fun: 're:(state|cmd)\\.', backend: 'http', template: 'alarm' },
      },
    }
    assert.deepEqual(taken(options, ret('state.apply')), { it: { id: 'web1' }, 'it.alarms': { message: 'alarm' } })
    assert.deepEqual(taken(options, ret('test.ping')), { it: { id: 'web1', fun: 'test.ping' } })
    assert.deepEqual(taken(options, event('salt/key')), {})
    const { backend: _, ...rest } = options
    const alarms = { alarms: { fun: 'cmd.*', backend: 'http' } }
    assert.deepEqual(taken({ ...rest, subs: alarms }, ret('test.ping')), {})
    assert.deepEqual(Object.keys(taken({ ...rest, subs: alarms }, ret('cmd.run'))), ['it.alarms'])
  })

  it('is refused with its place where it has no meaning', () => {
    const cases: readonly (readonly [SinkOptions, RegExp, string])[] = [
      [{ tag: 'x' }, /"it": there is no backend/, 'it'],
      [{ backend: 'file', tag: 're:(' }, /"tag": .*not a valid regular expression/, 'it.tag'],
      [{ backend: 'file', tag: [] }, /matches nothing/, 'it.tag'],
      [{ backend: 'file', fun: ['a', ''] }, /item 2: an empty pattern/, 'it.fun.1'],
      [{ backend: 'file', fields: ['data.id', 'id'] }, /item 2: an event has no 'id'/, 'it.fields.1'],
      [{ backend: 'file', fields: { a: 'data..x' } }, /"a": 'data..x' is no path/, 'it.fields.a'],
      [{ backend: 'file', fields: ['tag.x'] }, /has no 'tag.x'/, 'it.fields.0'],
      [{ backend: 'file', fields: [] }, /no field is picked/, 'it.fields'],
      [{ backend: 'file', template: `\${data.id` }, /a field without an end/, 'it.template'],
      [{ backend: 'file', template: { a: `\${}` } }, /a field without a name/, 'it.template.a'],
      [{ batch: 5, subs: { a: { backend: 'file' } } }, /"batch": this means nothing without a backend/, 'it.batch'],
      [{ subs: { a: { fun: 'x' } } }, /"a": there is no backend/, 'it.subs.a'],
      [{ backend: 'file', subs: { 'a b': {} } }, /cannot be the name/, 'it.subs.a b'],
    ]
    const where = (path: readonly string[]): string => path.slice(1).join('.')
    for (const [options, message, place] of cases) {
      assert.throws(() => compileEventSinks({ it: options }, where), { code: 'configuration', message, where: place })
    }
    assert.throws(() => compileEventSinks({ '../x': { backend: 'file' } }), { code: 'configuration' })
  })
})

describe('event_return', () => {
  const none = {
    event_return_queue: 0,
    event_return_queue_max_seconds: 0,
    event_return_whitelist: [],
    event_return_blacklist: [],
  }
  const passing = (
    lists: Partial<typeof none> | Record<string, readonly string[]>,
    tags: readonly string[],
  ): string[] => {
    const [feed] = compileEventReturn({ ...none, event_return: 'file', ...lists })
    return tags.filter((tag) => feed?.matchesTag(tag))
  }

  it('is one feed for each returner, and none where none is named', () => {
    assert.deepEqual(compileEventReturn(none), [])
    const feeds = compileEventReturn({ ...none, event_return: ['file', 'postgres', 'file'] })
    assert.deepEqual(
      feeds.map(({ id, targets: [target] }) => [id, target?.backend]),
      [
        ['file', 'file'],
        ['postgres', 'postgres'],
      ],
    )
    assert.deepEqual(compileEventReturn({ ...none, event_return: 'file,http' }).length, 2)
  })

  it('lets pass what the lists say, the blacklist first', () => {
    const tags = ['salt/auth', 'salt/job/1/new', 'salt/job/1/ret/web1', 'my/tag']
    assert.deepEqual(passing({}, tags), tags)
    assert.deepEqual(passing({ event_return_whitelist: ['salt/job/*', 'my/tag'] }, tags), tags.slice(1))
    assert.deepEqual(passing({ event_return_blacklist: ['salt/*'] }, tags), ['my/tag'])
    assert.deepEqual(
      passing({ event_return_whitelist: ['salt/job/*'], event_return_blacklist: ['salt/job/.*/new'] }, tags),
      ['salt/job/1/ret/web1'],
    )
    assert.throws(() => passing({ event_return_blacklist: ['ok', '('] }, tags), {
      message: /event_return_blacklist → item 2/,
    })
  })

  it('waits for a queue of events, for a time', () => {
    const tuning = (queue: number, seconds: number): unknown =>
      compileEventReturn({
        ...none,
        event_return: 'file',
        event_return_queue: queue,
        event_return_queue_max_seconds: seconds,
      })[0]?.targets[0]?.options
    assert.deepEqual(tuning(0, 0), { prio: 1 })
    assert.deepEqual(tuning(50, 0), { batch: 50 })
    assert.deepEqual(tuning(50, 9), { batch: 50, flush: 9 })
  })
})
