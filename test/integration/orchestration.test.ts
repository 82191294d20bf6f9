/** `salt run state.orchestrate`, from SLS files of a master to what its minions did. */
import assert from 'node:assert/strict'
import { mkdirSync, writeFileSync } from 'node:fs'
import { hostname } from 'node:os'
import { dirname, join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import type { RunnerItem, RunnerResult } from '../../src/client/api.ts'
import { InProcessFleet, type TestMaster } from '../support/in-process-fleet.ts'
import { judgeEvent } from '../support/known-events.ts'

const masterId = `${hostname()}_master`

const files: Readonly<Record<string, string>> = {
  'changing.sls': 'it:\n  test.succeed_with_changes:\n    - name: {{ pillar.get("what", "nothing") }}\n',
  'same.sls': 'it:\n  test.nop: []\n',
  'failing.sls': 'it:\n  test.fail_without_changes: []\n',
  'orch/states.sls': `
changes:
  salt.state:
    - tgt: alpha
    - sls: changing
    - pillar: {what: more}
same:
  salt.state:
    - tgt: '*'
    - sls: [same]
`,
  'orch/failing.sls': `
fails:
  salt.state:
    - tgt: '*'
    - sls: failing
    - fail_minions: [beta]
`,
  'orch/pillar.sls':
    'from {{ pillar.get("place", "nowhere") }} and {{ pillar.get("what", "nothing") }}:\n  test.nop: []\n',
  'pillar/top.sls': `base:\n  '*_master':\n    - place\n`,
  'pillar/place.sls': 'place: the pillar of {{ grains.id }}\nwhat: that\n',
  'orch/held.sls': `
wait:
  salt.wait_for_event:
    - name: my/held
    - id_list: [x]
    - timeout: 20
next:
  test.nop: []
last:
  test.nop: []
`,
  'orch/ok.sls': `
step ping:
  salt.function:
    - name: test.ping
    - tgt: '*'
step runner:
  salt.runner:
    - name: manage.up
    - require:
      - salt: step ping
step wheel:
  salt.wheel:
    - name: key.list_all
`,
  'orch/fail.sls': `
bad:
  salt.function:
    - name: test.ping
    - tgt: nobody
after:
  salt.function:
    - name: test.ping
    - tgt: '*'
    - require:
      - salt: bad
on fail:
  salt.function:
    - name: test.arg
    - tgt: beta
    - arg: [failed]
    - onfail:
      - salt: bad
`,
  'orch/values.sls': `
{{ pillar.get('what', 'nothing') }} for {{ grains.id }}:
  test.succeed_without_changes
`,
  'orch/outer.sls': `
inner:
  salt.runner:
    - name: state.orchestrate
    - mods: orch.values
    - pillar: {what: more}
`,
  'orch/asking.sls': `
{% for id in salt.saltutil.runner('manage.up') %}
{{ opts.__cli }} pings {{ id }}:
  salt.function:
    - name: test.ping
    - tgt: {{ id }}
{% endfor %}
`,
  'orch/broken.sls': '{% for %}\n',
  'orch/batch.sls': `
in turns:
  salt.function:
    - name: test.ping
    - tgt: '*'
    - batch: 1
one of them:
  salt.function:
    - name: test.ping
    - tgt: '*'
    - subset: 1
ended early:
  salt.function:
    - name: test.retcode
    - tgt: '*'
    - arg: [3]
    - batch: 1
    - failhard: true
    - expect_minions: true
`,
  'orch/wait.sls': `
both:
  salt.wait_for_event:
    - name: my/tag/*
    - id_list: [alpha, beta]
    - timeout: 20
`,
  'orch/parallel.sls': `
both:
  salt.parallel_runners:
    - runners:
        one:
          - name: state.orchestrate
          - kwarg: {mods: orch.values}
        two:
          - name: state.orchestrate
          - kwarg: {mods: orch.nosuch}
`,
}

describe('an orchestration', () => {
  let fleet: InProcessFleet
  let master: TestMaster

  before(async () => {
    fleet = new InProcessFleet()
    for (const [path, text] of Object.entries(files)) {
      const file = join(fleet.folder, 'srv', path)
      mkdirSync(dirname(file), { recursive: true })
      writeFileSync(file, text)
    }
    master = await fleet.startMaster(
      `file_roots: {base: ['${fleet.folder}/srv']}\npillar_roots: {base: ['${fleet.folder}/srv/pillar']}\n`,
    )
    await Promise.all(['alpha', 'beta'].map((id) => fleet.connect(id, master)))
  })
  after(() => fleet[Symbol.asyncDispose]())

  const run = async (
    fun: string,
    arg: readonly unknown[],
    keywords: Record<string, unknown> = {},
  ): Promise<RunnerResult> => {
    await using bus = await master.bus()
    return await bus.call('runner', { fun, arg: [...arg, { ...keywords, __kwarg__: true }], user: 'tester' })
  }
  /** Id of a step → what became of it. */
  const steps = (result: RunnerResult): Record<string, StepReturn> => {
    const { data } = result.return as { data: Record<string, Record<string, StepReturn>> }
    return Object.fromEntries(Object.values(data[masterId] ?? {}).map((step) => [step.__id__, step]))
  }

  it('says which step is at work', async () => {
    await using bus = await master.bus()
    const begun: string[] = []
    const onItem = (item: RunnerItem): void => {
      if (item.kind === 'step') begun.push(`${item.step.number}/${item.step.total} ${item.step.id}`)
    }
    await bus.call('runner', { fun: 'state.orchestrate', arg: ['orch.ok'], user: 'tester' }, { onItem })
    assert.deepEqual(begun, ['1/3 step ping', '2/3 step runner', '3/3 step wheel'])
  })

  it('orders minions, runners and wheel functions', async () => {
    const result = await run('state.orchestrate', ['orch.ok'])
    assert.equal(result.retcode, 0)
    assert.equal(result.out, 'highstate')
    assert.deepEqual(Object.keys(result.return as object), ['data', 'outputter', 'retcode'])
    const { 'step ping': ping, 'step runner': runner, 'step wheel': wheel } = steps(result)
    assert.equal(ping?.comment, 'Function ran successfully. Function test.ping ran on alpha, beta.')
    assert.deepEqual(ping?.changes, { ret: { alpha: true, beta: true } })
    assert.match(String(ping?.__jid__), /^\d{20}$/)
    assert.deepEqual(runner?.changes, { return: ['alpha', 'beta'] })
    assert.equal(runner?.comment, "Runner function 'manage.up' executed.")
    const { minions } = (wheel?.changes.return ?? {}) as { minions?: unknown }
    assert.deepEqual(minions, ['alpha', 'beta'])
  })

  it('goes on after a failure where its steps say so, and says so in its return code', async () => {
    const result = await run('state.orchestrate', ['orch.fail'])
    assert.equal(result.retcode, 1)
    assert.equal((result.return as { retcode: number }).retcode, 1)
    const { bad, after: next, 'on fail': handler } = steps(result)
    assert.deepEqual([bad?.result, bad?.comment], [false, 'No minions responded'])
    assert.deepEqual([next?.result, next?.comment], [false, 'One or more requisite failed: orch.fail.bad'])
    assert.equal(handler?.result, true)
    const { beta } = (handler?.changes.ret ?? {}) as { beta?: { args: unknown } }
    assert.deepEqual(beta?.args, ['failed'])
  })

  it('orders nothing in a dry run', async () => {
    await using events = await master.events()
    const result = await run('state.orchestrate', ['orch.ok'], { test: true })
    assert.equal(result.retcode, 0)
    const { 'step ping': ping, 'step runner': runner, 'step wheel': wheel } = steps(result)
    assert.deepEqual([ping?.result, ping?.comment], [null, 'Function test.ping would be executed on target *'])
    assert.deepEqual([runner?.result, runner?.comment], [null, "Runner function 'manage.up' would be executed."])
    assert.deepEqual([wheel?.result, wheel?.comment], [true, "Wheel function 'key.list_all' would be executed."])
    await events.until(/^salt\/run\/\d+\/ret$/)
    assert.deepEqual(events.tagged(/^salt\/job\//), [])
  })

  it('tells of each of its steps', async () => {
    await using events = await master.events()
    const { jid } = await run('state.orchestrate', ['orch.fail'])
    await events.until(/^salt\/run\/\d+\/ret$/)
    const told = events.tagged(/\/step\//)
    assert.deepEqual(
      told.map(judgeEvent).filter(({ issues }) => issues !== ''),
      [],
    )
    const short = told.map(({ tag, data }) => [tag.split(`salt/run/${jid}/step/`)[1], data.id, data.result])
    assert.deepEqual(short, [
      ['0/begun', 'bad', undefined],
      ['0/ended', 'bad', false],
      ['1/ended', 'after', false],
      ['2/begun', 'on fail', undefined],
      ['2/ended', 'on fail', true],
    ])
    const ended = told.at(-1)?.data
    assert.equal(ended?.fun, 'salt.function')
    assert.equal(ended?.has_changes, true)
    assert.match(String(ended?.job), /^\d{20}$/)
  })

  it('sees pillar data and is a minion of the name of the master', async () => {
    const result = await run('state.orch', ['orch.values'], { pillar: { what: 'bread' } })
    assert.deepEqual(Object.keys(steps(result)), [`bread for ${masterId}`])
  })

  it('may begin another one, whose events name it', async () => {
    await using events = await master.events()
    const result = await run('state.orchestrate', ['orch.outer'])
    const inner = (steps(result).inner?.changes.return ?? {}) as { retcode?: number }
    assert.equal(inner.retcode, 0)
    const begun = await events.until(/step\/0\/begun$/, ({ name }) => String(name).startsWith('more for'))
    assert.equal(begun.data.parent, result.jid)
  })

  it('is made of what runners answer', async () => {
    const result = await run('state.orchestrate', ['orch.asking'])
    assert.deepEqual(Object.keys(steps(result)), ['salt-run pings alpha', 'salt-run pings beta'])
    const asked = await run('salt.cmd', ['saltutil.runner', 'manage.up'])
    assert.deepEqual(asked.return, ['alpha', 'beta'])
  })

  it('tells where its files are broken', async () => {
    const result = await run('state.orchestrate', ['orch.broken,orch.nosuch'])
    const { data, retcode } = result.return as { data: Record<string, readonly string[]>; retcode: number }
    assert.equal(retcode, 1)
    assert.equal(result.retcode, 1)
    assert.match(data[masterId]?.join('\n') ?? '', /orch.broken.*line 1[\s\S]*No matching sls found for 'orch.nosuch'/)
  })

  it('runs on a few minions at a time, or on some of them', async () => {
    await using events = await master.events()
    const result = await run('state.orchestrate', ['orch.batch'])
    const { 'in turns': turns, 'one of them': one, 'ended early': early } = steps(result)
    assert.equal(turns?.comment, 'Function ran successfully. Function test.ping ran on alpha, beta.')
    assert.equal(Object.keys((one?.changes.ret ?? {}) as object).length, 1)
    assert.equal(early?.result, false)
    assert.match(early?.warnings?.join() ?? '', /did not return \(withdrawn: another minion has failed before\)/)
    await events.until(/^salt\/run\/\d+\/ret$/)
    const jobs = events.tagged(/^salt\/job\/\d+\/new$/).map(({ data }) => data)
    const sizes = jobs.filter(({ fun }) => fun === 'test.ping').map(({ minions }) => (minions as unknown[]).length)
    assert.deepEqual(sizes, [1, 1, 1])
    assert.equal(jobs.filter(({ fun }) => fun === 'test.retcode').length, 1)
  })

  it('waits for events', async () => {
    await using events = await master.events()
    const running = run('state.orchestrate', ['orch.wait'])
    await events.until(/step\/0\/begun$/)
    await using bus = await master.bus()
    for (const id of ['alpha', 'beta']) await bus.call('fire', { tag: `my/tag/${id}`, data: { id } })
    assert.deepEqual(steps(await running).both?.changes, { minions_seen: ['alpha', 'beta'] })
  })

  it('runs orchestrations side by side', async () => {
    const { both } = steps(await run('state.orchestrate', ['orch.parallel']))
    assert.equal(both?.result, false)
    assert.match(both?.comment ?? '', /^Runner two failed with return value:\n {2}----------\n/)
  })

  it('has minions run states, and tells what they changed', async () => {
    const { changes, same } = steps(await run('state.orchestrate', ['orch.states']))
    assert.equal(changes?.comment, 'States ran successfully. Updating alpha.')
    assert.equal(same?.comment, 'States ran successfully. No changes made to alpha, beta.')
    assert.deepEqual(same?.changes, {})
    const { out, ret } = (changes?.changes ?? {}) as { out?: string; ret?: Record<string, Record<string, StepReturn>> }
    assert.equal(out, 'highstate')
    assert.deepEqual(Object.keys(ret?.alpha ?? {}), ['test_|-it_|-more_|-succeed_with_changes'])
  })

  it('has minions run them dry in a dry run', async () => {
    await using events = await master.events()
    const { changes, same } = steps(await run('state.orchestrate', ['orch.states'], { test: true }))
    assert.deepEqual([changes?.result, changes?.comment], [null, 'States ran successfully. Updating alpha.'])
    assert.equal(same?.result, true)
    await events.until(/^salt\/run\/\d+\/ret$/)
    for (const { data } of events.tagged(/^salt\/job\/\d+\/new$/)) {
      const keywords = (data.arg as readonly unknown[]).at(-1) as { test?: boolean }
      assert.equal(keywords.test, true)
    }
  })

  it('fails where states of a minion do', async () => {
    const result = await run('state.orchestrate', ['orch.failing'])
    assert.equal(result.retcode, 1)
    const { fails } = steps(result)
    assert.equal(fails?.comment, 'Run failed on minions: alpha')
    assert.deepEqual(Object.keys((fails?.changes.ret ?? {}) as object), ['alpha', 'beta'])
  })

  it('sees the pillar of the master, under what is given', async () => {
    const plain = await run('state.orchestrate', ['orch.pillar'])
    assert.deepEqual(Object.keys(steps(plain)), [`from the pillar of ${masterId} and that`])
    const given = await run('state.orchestrate', ['orch.pillar'], { pillar: { what: 'this' } })
    assert.deepEqual(Object.keys(steps(given)), [`from the pillar of ${masterId} and this`])
  })

  it('can be held up and ended between two steps', async () => {
    await using events = await master.events()
    await using bus = await master.bus()
    const running = run('state.orchestrate', ['orch.held'])
    const { data } = await events.until(/step\/0\/begun$/)
    const { jid } = data
    assert.deepEqual((await run('state.pause', [jid, 'next'])).return, [
      true,
      `The state run ${jid} is paused before next.`,
    ])
    await run('state.soft_kill', [jid, 'last'])
    await bus.call('fire', { tag: 'my/held', data: { id: 'x' } })
    await events.until(/step\/0\/ended$/)
    assert.deepEqual((await run('state.resume', [jid, 'next'])).return, [true, `The state run ${jid} goes on.`])
    assert.deepEqual(Object.keys(steps(await running)), ['wait', 'next'])
    assert.equal((await run('state.pause', [jid])).success, false)
  })

  it('may be one state', async () => {
    const single = await run('state.orchestrate_single', ['salt.wheel', 'key.list_all'])
    const [step] = Object.values((single.return as Record<string, Record<string, StepReturn>>)[masterId] ?? {})
    assert.equal(step?.comment, "Wheel function 'key.list_all' executed.")
    const high = await run('state.orchestrate_high', [{ all: { 'test.fail_without_changes': [] } }])
    assert.equal(high.retcode, 1)
  })

  it('shows its steps', async () => {
    const shown = await run('state.orchestrate_show_sls', ['orch.ok'])
    const list = (shown.return as Record<string, readonly Record<string, unknown>[]>)[masterId] ?? []
    assert.deepEqual(
      list.map(({ __id__, state, fun }) => `${__id__} ${state}.${fun}`),
      ['step ping salt.function', 'step runner salt.runner', 'step wheel salt.wheel'],
    )
    assert.equal((await run('state.orch_show_sls', ['orch.broken'])).retcode, 1)
  })
})

interface StepReturn {
  readonly __id__: string
  readonly __jid__?: string
  readonly result: boolean | null
  readonly comment: string
  readonly changes: Readonly<Record<string, unknown>>
  readonly warnings?: readonly string[]
}
