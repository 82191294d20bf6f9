import assert from 'node:assert/strict'
import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { test } from 'node:test'
import { isRecord } from '../../../src/base/narrow.ts'
import type { CallOutcome } from '../../../src/engine/functions/call.ts'
import { readPlan, writePlan } from '../../../src/engine/state/plan-file.ts'
import { Gate } from '../../support/gate.ts'
import { StateFunctionsHost } from '../../support/state-functions-host.ts'

/** `ID → result: comment` */
function told({ return: returns }: CallOutcome): Record<string, string> {
  assert.ok(isRecord(returns), JSON.stringify(returns))
  return Object.fromEntries(
    Object.values(returns).map((ret) => {
      assert.ok(isRecord(ret))
      return [String(ret.__id__ ?? ret.name), `${ret.result}: ${ret.comment}`]
    }),
  )
}

const web = `
a:
  fake.change
b:
  fake.run:
    - onchanges:
      - fake: a
`

test('SLS files are applied', async () => {
  using host = new StateFunctionsHost({ files: { 'web.sls': web } })
  const outcome = await host.type('state.apply', 'web')
  assert.deepEqual(told(outcome), { a: 'true: changed', b: 'true: was run' })
  assert.deepEqual(Object.keys(outcome.return as object), ['fake_|-a_|-a_|-change', 'fake_|-b_|-b_|-run'])
  assert.equal(outcome.retcode, 0)
  assert.equal(outcome.out, 'highstate')
  assert.deepEqual(host.applied, ['a', 'b'])
})

test('a dry run by argument, by function and by configuration', async () => {
  for (const [config, words] of [
    [{}, ['state.apply', 'web', 'test=True']],
    [{}, ['state.test', 'web']],
    [{ test: true }, ['state.sls', 'web']],
  ] as const) {
    using host = new StateFunctionsHost({ files: { 'web.sls': web }, config })
    const [fun = '', ...rest] = words
    const outcome = await host.type(fun, ...rest)
    assert.deepEqual(told(outcome), { a: 'null: would change', b: 'null: would be run' })
    assert.equal(outcome.retcode, 0)
    assert.deepEqual(host.applied, [])
  }
})

test('test=False runs in earnest whatever the configuration says', async () => {
  using host = new StateFunctionsHost({ files: { 'web.sls': web }, config: { test: true } })
  await host.type('state.apply', 'web', 'test=False')
  assert.deepEqual(host.applied, ['a', 'b'])
})

test('templates know whether it is a dry run', async () => {
  using host = new StateFunctionsHost({
    files: { 'web.sls': `a:\n  test.nop:\n    - name: dry-{{ opts.get('test') }}` },
  })
  const { return: returns } = await host.type('state.apply', 'web', 'test=True')
  assert.deepEqual(Object.keys(returns as object), ['test_|-a_|-dry-True_|-nop'])
})

test('states that fail give 2, files that cannot be compiled 1', async () => {
  using host = new StateFunctionsHost({ files: { 'bad.sls': 'a:\n  fake.fail', 'broken.sls': '{% for %}' } })
  assert.equal((await host.type('state.apply', 'bad')).retcode, 2)
  const broken = await host.type('state.apply', 'broken')
  assert.equal(broken.retcode, 1)
  assert.match(String((broken.return as string[])[0]), /^Rendering SLS 'base:broken' failed: Jinja syntax error/)
  const missing = await host.type('state.apply', 'nosuch')
  assert.deepEqual([missing.retcode, missing.return], [1, ["No matching sls found for 'nosuch' in env 'base'"]])
})

test('a failure that onfail states have handled gives 0', async () => {
  using host = new StateFunctionsHost({
    files: { 'web.sls': 'a:\n  fake.fail\nb:\n  fake.run:\n    - onfail: [fake: a]\n    - onfail_stop: False\n' },
  })
  assert.equal((await host.type('state.apply', 'web')).retcode, 0)
})

test('several files, as a list and with commas, and less what is excluded', async () => {
  using host = new StateFunctionsHost({
    files: { 'one.sls': 'a:\n  fake.right', 'two.sls': 'b:\n  fake.right\nc:\n  fake.right' },
  })
  for (const mods of ['one,two', '[one, two]']) {
    assert.deepEqual(Object.keys(told(await host.type('state.sls', mods))), ['a', 'b', 'c'])
  }
  assert.deepEqual(Object.keys(told(await host.type('state.sls', 'one,two', 'exclude=[{id: b}]'))), ['a', 'c'])
  assert.deepEqual(Object.keys(told(await host.type('state.sls', 'one,two', 'exclude=two'))), ['a'])
})

test('the top file', async () => {
  using host = new StateFunctionsHost({
    files: {
      'top.sls': "base:\n  'alpha': [web]\n  'beta': [db]",
      'other.sls': "base:\n  '*': [db]",
      'web.sls': 'a:\n  fake.right',
      'db.sls': 'b:\n  fake.right',
    },
  })
  assert.deepEqual(Object.keys(told(await host.type('state.apply'))), ['a'])
  assert.deepEqual(Object.keys(told(await host.type('state.highstate'))), ['a'])
  assert.deepEqual(Object.keys(told(await host.type('state.top', 'other.sls'))), ['b'])
})

test('no top file, and one that has nothing for this minion', async () => {
  using none = new StateFunctionsHost({ files: { 'web.sls': web } })
  const outcome = await none.type('state.highstate')
  assert.equal(outcome.retcode, 2)
  assert.deepEqual(outcome.return, {
    'no_|-states_|-states_|-None': {
      result: false,
      comment: 'No Top file or master_tops data matches found. Please see master log for details.',
      name: 'No States',
      changes: {},
      __run_num__: 0,
    },
  })
  using empty = new StateFunctionsHost({ files: { 'top.sls': "base:\n  '*': [web]", 'web.sls': '{}' } })
  assert.deepEqual(Object.values(told(await empty.type('state.highstate'))), ['false: No states found for this minion'])
})

test('pillar= comes over the pillar', async () => {
  using host = new StateFunctionsHost({
    files: {
      'web.sls':
        "a:\n  test.nop:\n    - name: {{ pillar['port'] }}-{{ pillar['more']['kept'] }}-{{ pillar['more']['new'] }}",
    },
    pillar: { port: 80, more: { kept: 'yes', new: 'no' } },
  })
  const outcome = await host.type('state.apply', 'web', 'pillar={port: 81, more: {new: really}}')
  assert.deepEqual(Object.keys(outcome.return as object), ['test_|-a_|-81-yes-really_|-nop'])
})

test('pillar that is none, or encrypted, is refused', async () => {
  using host = new StateFunctionsHost({ files: { 'web.sls': web } })
  assert.match(
    String((await host.type('state.apply', 'web', 'pillar=[1]')).return),
    /Pillar data must be formatted as a dictionary/,
  )
  assert.match(String((await host.type('state.apply', 'web', 'pillar_enc=gpg')).return), /pillar_enc is not supported/)
  assert.deepEqual(host.applied, [])
})

test('a mistyped argument does not become a run in earnest', async () => {
  using host = new StateFunctionsHost({ files: { 'web.sls': web } })
  const outcome = await host.type('state.apply', 'web', 'tset=True')
  assert.equal(outcome.retcode, 1)
  assert.match(
    String(outcome.return),
    /The following keyword arguments are not valid: tset=True\. Did you mean 'test'\?/,
  )
  assert.deepEqual(host.applied, [])
})

test('state.sls needs files', async () => {
  using host = new StateFunctionsHost()
  const { return: text, retcode } = await host.type('state.sls')
  assert.match(
    String(text),
    /^Passed invalid arguments to state\.sls: sls\(\) missing 1 required positional argument: 'mods'/,
  )
  assert.equal(retcode, 1)
})

test('mock calls nothing', async () => {
  using host = new StateFunctionsHost({ files: { 'web.sls': web } })
  const outcome = await host.type('state.apply', 'web', 'mock=True')
  assert.deepEqual(told(outcome).a, 'true: Not called, mocked')
  assert.deepEqual(host.applied, [])
})

test('states of one id, with what they require', async () => {
  using host = new StateFunctionsHost({
    files: { 'web.sls': 'a:\n  fake.change\nb:\n  fake.change\nc:\n  fake.change:\n    - require: [fake: b]' },
  })
  assert.deepEqual(Object.keys(told(await host.type('state.sls_id', 'c', 'web'))), ['b', 'c'])
  const none = await host.type('state.sls_id', 'x', 'web')
  assert.match(String(none.return), /No matches for ID 'x' found in SLS 'web' within saltenv 'base'/)
  assert.equal(none.retcode, 1)
})

test('one state', async () => {
  using host = new StateFunctionsHost()
  const outcome = await host.type('state.single', 'fake.echo', 'name=x', 'size=3')
  assert.deepEqual(Object.keys(outcome.return as object), ['fake_|-x_|-x_|-echo'])
  assert.deepEqual(told(outcome), { x: 'true: {"about":"x","size":3}' })
  assert.deepEqual(told(await host.type('state.single', 'fake.change', 'y', 'test=True')), { y: 'null: would change' })
  assert.deepEqual(told(await host.type('state.single', 'fake.change', 'y', 'creates=/')), { y: 'true: / exists' })
  assert.deepEqual(host.applied, [])
})

test('one state that does not exist, or lacks an argument', async () => {
  using host = new StateFunctionsHost()
  const unknown = await host.type('state.single', 'nosuch.state', 'name=x')
  assert.deepEqual([unknown.return, unknown.retcode], [["Specified state 'nosuch.state' was not found"], 1])
  const lacking = await host.type('state.single', 'fake.needs', 'x')
  assert.deepEqual(lacking.return, [
    'Missing parameter target for state fake.needs',
    'Missing parameter mode for state fake.needs',
  ])
  assert.equal((await host.type('state.single', 'nodot', 'x')).return, 'Invalid function passed')
})

test('low and high data', async () => {
  using host = new StateFunctionsHost()
  const low = await host.type('state.low', '{state: fake, fun: change, name: x}')
  assert.ok(isRecord(low.return))
  assert.equal(low.return.comment, 'changed')
  const faulty = await host.type('state.low', '{state: fake, name: x}')
  assert.deepEqual([faulty.return, faulty.retcode], [['Missing "fun" data'], 1])
  const high = await host.type('state.high', '{a: {test: [nop]}}')
  assert.deepEqual(told(high), { a: 'true: Success!' })
  assert.equal(high.out, undefined)
  assert.equal((await host.type('state.high', '5')).retcode, 1)
})

test('templates that lie in no file root', async () => {
  using host = new StateFunctionsHost()
  const path = host.folder.file('once.sls')
  writeFileSync(path, '{% for i in [1, 2] %}\nn{{ i }}:\n  fake.right\n{% endfor %}\n')
  assert.deepEqual(Object.keys(told(await host.type('state.template', path))), ['n1', 'n2'])
  assert.deepEqual(told(await host.type('state.template_str', 'a: fake.right')), { a: 'true: is right' })
  assert.match(String((await host.type('state.template', '/nosuch/file.sls')).return), /the template cannot be read/)
})

test('another environment', async () => {
  using host = new StateFunctionsHost({
    files: { 'web.sls': 'a:\n  fake.right' },
    config: { saltenv: 'base', lock_saltenv: true },
  })
  assert.match(
    String((await host.type('state.apply', 'web', 'saltenv=dev')).return),
    /lock_saltenv is enabled, saltenv cannot be changed/,
  )
  assert.deepEqual(told(await host.type('state.apply', 'web', 'saltenv=base')), { a: 'true: is right' })
})

test('a file of options', async () => {
  using host = new StateFunctionsHost({ files: { 'web.sls': 'a:\n  fake.fail\nb:\n  fake.right' } })
  const path = host.folder.file('local.yaml')
  writeFileSync(path, 'failhard: True\n')
  assert.deepEqual(Object.keys(told(await host.type('state.apply', 'web', `localconfig=${path}`))), ['a'])
  assert.match(
    String((await host.type('state.apply', 'web', 'localconfig=/nosuch')).return),
    /localconfig cannot be read/,
  )
})

test('two runs at once: the second is refused, and says of which', async () => {
  using gate = new Gate()
  using host = new StateFunctionsHost({
    files: {
      'slow.sls': `a:\n  fake.change:\n    - onlyif: ${JSON.stringify(gate.command)}`,
      'web.sls': 'b:\n  fake.right',
    },
  })
  const first = host.type('state.apply', 'slow')
  await gate.entered()
  const { jid } = host
  const second = await host.type('state.sls', 'web')
  assert.equal(second.retcode, 1)
  assert.deepEqual(second.return, [
    `The function "state.apply" is running as PID ${process.pid} and was started at 2026, Nov 21 02:38:35.03${jid.slice(-4)} with jid ${jid}`,
  ])
  assert.deepEqual((await host.type('state.running')).return, second.return)
  assert.deepEqual((await host.type('state.running', 'concurrent=True')).return, [])
  assert.deepEqual(told(await host.type('state.apply', 'web', 'concurrent=True')), { b: 'true: is right' })
  gate.open()
  assert.equal((await first).retcode, 0)
  assert.deepEqual((await host.type('state.running')).return, [])
  assert.deepEqual(readdirSync(host.folder.file('cache/state-runs')), [])
})

test('queue=True waits for its turn, in the order of coming', async () => {
  using gate = new Gate()
  using host = new StateFunctionsHost({
    files: {
      'slow.sls': `a:\n  fake.change:\n    - onlyif: ${JSON.stringify(gate.command)}`,
      'one.sls': 'one:\n  fake.change',
      'two.sls': 'two:\n  fake.change',
    },
  })
  const first = host.type('state.apply', 'slow')
  await gate.entered()
  const second = host.type('state.apply', 'one', 'queue=True')
  const third = host.type('state.apply', 'two', 'queue=True')
  while (((await host.type('state.running')).return as string[]).length < 3);
  const refused = await host.type('state.apply', 'two')
  assert.equal((refused.return as string[]).length, 3)
  const full = await host.type('state.apply', 'two', 'queue=1')
  assert.equal(full.retcode, 1)
  gate.open()
  await Promise.all([first, second, third])
  assert.deepEqual(host.applied, ['a', 'one', 'two'])
})

test('whoever waits for its turn can be ended', async () => {
  using gate = new Gate()
  using host = new StateFunctionsHost({
    files: { 'slow.sls': `a:\n  fake.change:\n    - onlyif: ${JSON.stringify(gate.command)}` },
  })
  const first = host.type('state.apply', 'slow')
  await gate.entered()
  const ending = new AbortController()
  const second = host.typeUntil(ending.signal, 'state.apply', 'slow', 'queue=True')
  ending.abort()
  assert.match(String((await second).return), /cancelled/)
  gate.open()
  assert.equal((await first).retcode, 0)
})

test('a state may apply states itself', async () => {
  using host = new StateFunctionsHost({
    files: {
      'outer.sls': 'a:\n  fake.change:\n    - onlyif:\n      - fun: state.apply\n        mods: inner',
      'inner.sls': 'b:\n  fake.change',
    },
  })
  assert.equal((await host.type('state.apply', 'outer')).retcode, 0)
  assert.deepEqual(host.applied, ['b', 'a'])
})

test('a job that is ended tells what it had done', async () => {
  using gate = new Gate()
  using host = new StateFunctionsHost({
    files: {
      'web.sls': `a:\n  fake.change\nb:\n  fake.change:\n    - onlyif: ${JSON.stringify(gate.command)}\nc:\n  fake.change`,
    },
  })
  const ending = new AbortController()
  const run = host.typeUntil(ending.signal, 'state.apply', 'web')
  await gate.entered()
  ending.abort()
  const outcome = await run
  assert.equal(outcome.isPartial, true)
  assert.deepEqual(Object.keys(told(outcome)), ['a', 'b'])
  assert.match(told(outcome).b ?? '', /^false: The state was ended before it was done:/)
  assert.equal(outcome.success, false)
  assert.deepEqual(host.applied, ['a'])
})

test('a run is held up, let go on, and ended between states', async () => {
  using gate = new Gate()
  using host = new StateFunctionsHost({
    files: {
      'web.sls': `a:\n  fake.change:\n    - onlyif: ${JSON.stringify(gate.command)}\nb:\n  fake.change\nc:\n  fake.change`,
    },
  })
  const run = host.type('state.apply', 'web')
  await gate.entered()
  const { jid } = host
  assert.deepEqual((await host.type('state.pause', jid, 'b')).return, [
    true,
    `The state run ${jid} is paused before b.`,
  ])
  assert.deepEqual((await host.type('state.get_pauses')).return, { [jid]: { b: {} } })
  gate.open()
  assert.deepEqual((await host.type('state.soft_kill', jid, 'c')).return, [true, `The state run ${jid} ends before c.`])
  assert.deepEqual((await host.type('state.resume', jid, 'b')).return, [true, `The state run ${jid} goes on.`])
  assert.deepEqual(Object.keys(told(await run)), ['a', 'b'])
  assert.match(String((await host.type('state.soft_kill', jid)).return), /no run of states with the jid/)
})

test('what is disabled is not run', async () => {
  using host = new StateFunctionsHost({
    files: { 'web.sls': 'a:\n  fake.change', 'top.sls': "base:\n  '*': [web]" },
  })
  host.grains = { state_runs_disabled: ['highstate', 'web', 'db.*'] }
  const sls = await host.type('state.apply', 'web')
  assert.deepEqual(
    [sls.return, sls.retcode],
    [['The state file "web" is currently disabled, to re-enable, run state.enable web.'], 1],
  )
  assert.deepEqual((await host.type('state.sls', 'db.server')).return, [
    'The state file "db.server" is currently disabled by "db.*", to re-enable, run state.enable db.*.',
  ])
  const top = await host.type('state.highstate')
  assert.deepEqual(
    [top.return, top.retcode],
    [
      {
        name: 'Salt highstate run is disabled. To re-enable, run state.enable highstate',
        result: 'False',
        comment: 'Disabled',
      },
      1,
    ],
  )
  assert.deepEqual((await host.type('state.list_disabled')).return, ['highstate', 'web', 'db.*'])
  assert.deepEqual(host.applied, [])
})

test('disabling and enabling go into the grains', async () => {
  using host = new StateFunctionsHost()
  const disabled = await host.type('state.disable', 'highstate,web')
  assert.deepEqual(disabled.return, { res: true, msg: 'Info: highstate state disabled.\nInfo: web state disabled.' })
  assert.match(readFileSync(host.folder.file('grains'), 'utf8'), /state_runs_disabled:\n\s*- highstate\n\s*- web/)
  host.grains = { state_runs_disabled: ['highstate', 'web'] }
  assert.deepEqual((await host.type('state.disable', 'web')).return, {
    res: true,
    msg: 'Info: web state already disabled.',
  })
  assert.deepEqual((await host.type('state.enable', '[web, db]')).return, {
    res: true,
    msg: 'Info: web state enabled.\nInfo: db state already enabled.',
  })
})

test('requests wait for leave', async () => {
  using host = new StateFunctionsHost({
    files: { 'web.sls': "a:\n  fake.change:\n    - name: {{ pillar.get('x', 'none') }}" },
  })
  assert.deepEqual((await host.type('state.run_request')).return, {})
  assert.deepEqual(told(await host.type('state.request', 'web', 'pillar={x: given}')), { a: 'null: would change' })
  await host.type('state.request', 'web', 'name=friday')
  assert.equal(statSync(host.folder.file('cache/req_state.json')).mode & 0o777, 0o600)
  const { return: requests } = await host.type('state.check_request')
  assert.deepEqual(Object.keys(requests as object), ['default', 'friday'])
  assert.deepEqual(host.applied, [])
  const run = await host.type('state.run_request')
  assert.deepEqual(Object.keys(run.return as object), ['fake_|-a_|-given_|-change'])
  assert.deepEqual(host.applied, ['a'])
  assert.deepEqual((await host.type('state.run_request')).return, {})
  assert.equal((await host.type('state.clear_request', 'nosuch')).return, false)
  assert.equal((await host.type('state.clear_request')).return, true)
  assert.equal(existsSync(host.folder.file('cache/req_state.json')), false)
})

test('a plan is applied as long as nothing has moved', async () => {
  using host = new StateFunctionsHost({ files: { 'web.sls': web } })
  const plan = host.folder.file('web.plan')
  assert.deepEqual(told(await host.type('state.plan', 'web', `plan_out=${plan}`)), {
    a: 'null: would change',
    b: 'null: would be run',
  })
  assert.deepEqual(host.applied, [])
  assert.equal(statSync(plan).mode & 0o777, 0o600)
  assert.deepEqual(told(await host.type('state.apply', `plan=${plan}`, 'test=True')), {
    a: 'null: would change',
    b: 'null: would be run',
  })
  assert.deepEqual(told(await host.type('state.apply', `plan=${plan}`)), { a: 'true: changed', b: 'true: was run' })
  assert.deepEqual(host.applied, ['a', 'b'])
})

test('a plan keeps what it was made with', async () => {
  using host = new StateFunctionsHost({
    files: { 'web.sls': "a:\n  fake.change:\n    - name: {{ pillar.get('x', 'none') }}" },
  })
  const plan = host.folder.file('web.plan')
  await host.type('state.plan', 'web', 'pillar={x: given}', `plan_out=${plan}`)
  const outcome = await host.type('state.apply', `plan=${plan}`)
  assert.deepEqual(Object.keys(outcome.return as object), ['fake_|-a_|-given_|-change'])
  assert.match(String((await host.type('state.apply', 'web', `plan=${plan}`)).return), /mods cannot be given with it/)
})

test('a plan whose tree has moved is refused, with the differences', async () => {
  using host = new StateFunctionsHost({ files: { 'web.sls': web } })
  const plan = host.folder.file('web.plan')
  await host.type('state.plan', 'web', `plan_out=${plan}`)
  writeFileSync(host.folder.file('srv/web.sls'), `${web}    - more: 1\nc:\n  fake.right\n`)
  const outcome = await host.type('state.apply', `plan=${plan}`)
  assert.equal(outcome.retcode, 1)
  assert.deepEqual(outcome.return, [
    'The plan does not hold any more, and nothing was done:',
    'fake.run b is written otherwise: more',
    'fake.right c is new',
  ])
  writeFileSync(host.folder.file('srv/web.sls'), 'a:\n  fake.change\n')
  assert.deepEqual(((await host.type('state.apply', `plan=${plan}`)).return as string[]).slice(1), [
    'fake.run b is gone',
  ])
  assert.deepEqual(host.applied, [])
})

test('a plan whose world has moved is refused', async () => {
  using host = new StateFunctionsHost({
    files: { 'web.sls': 'a:\n  fake.change:\n    - creates: FOLDER/there\n' },
  })
  const there = host.folder.file('there')
  writeFileSync(host.folder.file('srv/web.sls'), `a:\n  fake.change:\n    - creates: ${there}\n`)
  const plan = host.folder.file('web.plan')
  await host.type('state.plan', 'web', `plan_out=${plan}`)
  writeFileSync(there, '')
  const outcome = await host.type('state.apply', `plan=${plan}`)
  assert.deepEqual((outcome.return as string[]).slice(1), [
    `fake.change a would have come to a change, and now comes to no change: ${there} exists`,
  ])
  assert.deepEqual(host.applied, [])
})

test('a file that is no plan, or was changed, is refused', async () => {
  using host = new StateFunctionsHost({ files: { 'web.sls': web } })
  const plan = host.folder.file('web.plan')
  const refusal = async (): Promise<string> => String((await host.type('state.apply', `plan=${plan}`)).return)
  assert.match(await refusal(), /the plan cannot be read/)
  writeFileSync(plan, 'no plan')
  assert.match(await refusal(), /the file holds no plan/)
  writeFileSync(plan, '{"version": 9}')
  assert.match(await refusal(), /the plan is of version 9/)
  await host.type('state.plan', 'web', `plan_out=${plan}`)
  const text = readFileSync(plan, 'utf8')
  writeFileSync(plan, text.replace('"would change"', '"would do nothing"'))
  assert.match(await refusal(), /the plan was changed after it was made/)
  writeFileSync(plan, text.replace('"alpha"', '"beta"'))
  assert.match(await refusal(), /the plan was changed after it was made/)
  assert.deepEqual(host.applied, [])
})

test('a plan of another minion is refused, and how to call the function is not the matter', async () => {
  using host = new StateFunctionsHost({ files: { 'web.sls': web } })
  const plan = host.folder.file('web.plan')
  await host.type('state.plan', 'web', `plan_out=${plan}`)
  await writePlan(plan, { ...readPlan(plan), id: 'beta' })
  const { return: told } = await host.type('state.apply', `plan=${plan}`)
  assert.match(String(told), /^ERROR: the plan was made on beta, and this is alpha/)
  assert.deepEqual(host.applied, [])
})

test('a plan that cannot be written says so', async () => {
  using host = new StateFunctionsHost({ files: { 'web.sls': web } })
  const outcome = await host.type('state.plan', 'web', 'plan_out=/nosuch/folder/web.plan')
  assert.match(String(outcome.return), /\/nosuch\/folder\/web\.plan/)
})

test('a cache folder that cannot be written to does not keep states from being run', async () => {
  using host = new StateFunctionsHost({ files: { 'web.sls': web }, config: { cachedir: '/dev/null' } })
  assert.equal((await host.type('state.apply', 'web')).retcode, 0)
})

test('clear_cache has nothing to clear', async () => {
  using host = new StateFunctionsHost()
  assert.deepEqual((await host.type('state.clear_cache')).return, [])
})

test('a highstate brings the plugins of the tree with it, unless it may not, and other runs do not', async () => {
  const files = {
    'top.sls': "base: {'*': [web]}",
    'web.sls': 'a: fake.change',
    '_modules/own.js': 'export const own = {}',
  }
  const fetched = (host: StateFunctionsHost): boolean => existsSync(host.folder.file('cache/extmods/modules/own.js'))
  using host = new StateFunctionsHost({ files })
  await host.type('state.apply', 'web')
  assert.equal(fetched(host), false)
  assert.deepEqual(told(await host.type('state.apply', 'test=True')), { a: 'null: would change' })
  assert.equal(fetched(host), true)
  assert.deepEqual(readdirSync(host.folder.file('cache/extmods')), ['modules'])
  using strict = new StateFunctionsHost({ files, config: { autoload_dynamic_modules: false } })
  await strict.type('state.highstate')
  assert.equal(fetched(strict), false)
})
