/** Runs of states on minions: what of them is told on the way, and what becomes of them when something goes wrong. */
import assert from 'node:assert/strict'
import { existsSync, mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { isRecord } from '../../src/base/narrow.ts'
import type { TargetOutcome } from '../../src/client/api.ts'
import { Gate } from '../support/gate.ts'
import { InProcessFleet, type TestMaster, type TestMinion } from '../support/in-process-fleet.ts'
import { judgeEvent } from '../support/known-events.ts'
import { run } from '../support/program.ts'

const web = `
one:
  test.nop
two:
  test.succeed_with_changes:
    - require: [test: one]
`

describe('runs of states on a minion', () => {
  let fleet: InProcessFleet
  let master: TestMaster
  let minion: TestMinion
  let gate: Gate

  before(async () => {
    gate = new Gate()
    fleet = new InProcessFleet()
    const roots = join(fleet.folder, 'srv')
    mkdirSync(roots)
    writeFileSync(join(roots, 'web.sls'), web)
    writeFileSync(
      join(roots, 'slow.sls'),
      `before:\n  test.nop\nheld:\n  test.nop:\n    - onlyif: ${JSON.stringify(gate.command)}\nbehind:\n  test.nop\n`,
    )
    writeFileSync(join(roots, 'loud.sls'), 'done:\n  test.nop:\n    - fire_event: deploy/done\n')
    writeFileSync(join(roots, 'ports.sls'), "{{ pillar['port'] }}-{{ pillar.get('more', 'none') }}:\n  test.nop: []\n")
    mkdirSync(join(fleet.folder, 'pillar'))
    writeFileSync(join(fleet.folder, 'pillar', 'top.sls'), "base:\n  '*': [web]\n")
    writeFileSync(join(fleet.folder, 'pillar', 'web.sls'), 'port: 80\n')
    master = await fleet.startMaster(configuration())
    minion = await fleet.connect('alpha', master)
  })
  after(async () => {
    gate[Symbol.dispose]()
    await fleet[Symbol.asyncDispose]()
  })

  const configuration = (): string =>
    `file_roots: {base: ['${fleet.folder}/srv']}\npillar_roots: {base: ['${fleet.folder}/pillar']}\n`

  const apply = async (...arg: unknown[]): Promise<TargetOutcome> =>
    (await master.publish('alpha', 'state.apply', arg, { timeout: 30 })).alpha ?? assert.fail('there is no outcome')

  function told({ ret }: TargetOutcome): Record<string, unknown> {
    const returns = ret?.return
    assert.ok(isRecord(returns), JSON.stringify(returns))
    return Object.fromEntries(
      Object.entries(returns).map(([tag, one]) => [tag.split('_|-')[1], isRecord(one) ? one.result : one]),
    )
  }

  it('come back with a return code', async () => {
    const outcome = await apply('web')
    assert.deepEqual(told(outcome), { one: true, two: true })
    assert.equal(outcome.ret?.retcode, 0)
    assert.equal(outcome.ret?.out, 'highstate')
  })

  it('name the place of a state whose requisite is not there', async () => {
    writeFileSync(
      join(fleet.folder, 'srv', 'lost.sls'),
      'first: test.nop\n\na:\n  test.nop:\n    - require: [test: b]\n',
    )
    const returns = (await apply('lost')).ret?.return
    assert.ok(isRecord(returns))
    const { comment } = returns['test_|-a_|-a_|-nop'] as { comment: string }
    assert.match(comment, /^The following requisites were not found:\n +require:\n +test: b\n {2}at lost\.sls:3\n$/)
  })

  it('see the pillar of the master as it is now, and what is given over it', async () => {
    writeFileSync(join(fleet.folder, 'pillar', 'web.sls'), 'port: 81\n')
    assert.deepEqual(Object.keys(told(await apply('ports'))), ['81-none'])
    const given = { __kwarg__: true, pillar: { more: 'given' } }
    assert.deepEqual(Object.keys(told(await apply('ports', given))), ['81-given'])
  })

  it('go by what the configuration of the master says of states', async () => {
    const own = new InProcessFleet()
    await using _ = own
    const roots = join(own.folder, 'srv')
    mkdirSync(roots)
    writeFileSync(join(roots, 'all.sls'), "base:\n  front: [{match: nodegroup}, bad]\n  'N@front and *': [more]\n")
    writeFileSync(join(roots, 'bad.sls'), 'bad: test.fail_without_changes\nbehind: test.nop\n')
    writeFileSync(join(roots, 'more.sls'), 'more: test.nop\n')
    const options = "nodegroups: {front: 'L@alpha'}\nfailhard: true\nstate_top: all.sls\n"
    const other = await own.startMaster(`file_roots: {base: ['${roots}']}\n${options}`)
    await own.connect('alpha', other)
    const asked = async (fun: string): Promise<TargetOutcome> =>
      (await other.publish('alpha', fun, [], { timeout: 30 })).alpha ?? assert.fail('there is no outcome')
    assert.deepEqual((await asked('state.show_top')).ret?.return, { base: ['bad', 'more'] })
    assert.deepEqual(told(await asked('state.apply')), { bad: false })
  })

  it('have the modules, states and grains of the file server, where the top files are asked', async () => {
    const own = new InProcessFleet()
    await using _ = own
    const put = (path: string, text: string): void => {
      mkdirSync(join(own.folder, path, '..'), { recursive: true })
      writeFileSync(join(own.folder, path), text)
    }
    put('srv/top.sls', "base: {'*': [here]}\ndev: {'*': [there]}\n")
    const shown = "{{ salt['sizes.of']('x') }}-{{ grains.get('hall', 'none') }}"
    put('srv/here.sls', `${shown}:\n  things.present: []\n`)
    put('dev/there.sls', 'there:\n  others.present: []\n')
    const of =
      "fn({ doc: 'a', args: { word: s.string('a') }, returns: s.string(), examples: ['a'], run: () => 'size' })"
    put(
      'srv/_modules/sizes.js',
      `export const sizes = defineModule({ name: 'sizes', doc: 'a', functions: { of: ${of} } })\n`,
    )
    put(
      'srv/_grains/hall.js',
      "export const hall = defineGrains({ name: 'hall', doc: 'a', read: () => ({ hall: 'north' }) })\n",
    )
    const present = 'export const present = (ctx, { name }) => ({ name, result: true, changes: {}, comment: `` })\n'
    put('srv/_states/things.js', present)
    put('dev/_states/others.js', present)
    const roots = `file_roots: {base: ['${own.folder}/srv'], dev: ['${own.folder}/dev']}\n`
    const other = await own.startMaster(roots)
    await own.connect('alpha', other)
    await own.connect('beta', other, 'autoload_dynamic_modules: false\n')
    const applied = async (id: string, ...arg: unknown[]): Promise<TargetOutcome> =>
      (await other.publish(id, 'state.apply', arg, { timeout: 30 }))[id] ?? assert.fail('there is no outcome')
    assert.match(JSON.stringify((await applied('alpha', 'here')).ret?.return), /sizes.of/)
    assert.deepEqual(told(await applied('alpha')), { 'size-north': true, there: true })
    assert.deepEqual(told(await applied('alpha')), { 'size-north': true, there: true })
    assert.match(JSON.stringify((await applied('beta')).ret?.return), /sizes.of/)
  })

  it('are not what was planned where the content of what is new has moved', async () => {
    const srv = join(fleet.folder, 'srv')
    const plan = join(fleet.folder, 'web.plan')
    const target = (name: string): string => join(fleet.folder, 'planned', name)
    mkdirSync(join(srv, 'tree'))
    const files = ['plain', 'tree/part', 'script', 'made.jinja']
    const states = [
      ['plain', { 'file.managed': [{ name: target('plain') }, { source: 'salt://plain' }, { makedirs: true }] }],
      ['tree', { 'file.recurse': [{ name: target('tree') }, { source: 'salt://tree' }] }],
      ['script', { 'cmd.script': [{ source: 'salt://script' }] }],
      [
        'made.jinja',
        { 'file.managed': [{ name: target('m') }, { source: 'salt://made.jinja' }, { template: 'jinja' }] },
      ],
    ]
    writeFileSync(join(srv, 'planned.sls'), JSON.stringify(Object.fromEntries(states)))
    for (const path of files) writeFileSync(join(srv, path), '#!/bin/sh\n')
    const asked = async (fun: string, ...arg: unknown[]): Promise<unknown> =>
      (await master.publish('alpha', fun, arg, { timeout: 30 })).alpha?.ret?.return
    await asked('state.plan', 'planned', { __kwarg__: true, plan_out: plan })
    for (const path of files) writeFileSync(join(srv, path), '#!/bin/sh\necho moved\n')
    const refused = await asked('state.apply', { __kwarg__: true, plan })
    assert.ok(Array.isArray(refused), JSON.stringify(refused))
    assert.deepEqual(
      refused
        .slice(1)
        .map((line) =>
          /^\S+ (?:.*\((.*)\)|(\S+)) would bring another content now$/.exec(String(line))?.slice(1).join(''),
        ),
      ['plain', 'tree', 'script', 'made.jinja'],
    )
    assert.ok(!existsSync(target('')))
    for (const path of files) writeFileSync(join(srv, path), '#!/bin/sh\n')
    assert.ok(isRecord(await asked('state.apply', { __kwarg__: true, plan })))
    assert.ok(existsSync(target('tree/part')))
  })

  it('tell of each state where somebody looks on, and else of none', async () => {
    await using events = await master.events()
    const outcomes = await master.publish('alpha', 'state.apply', ['web'], { timeout: 30, progress: true })
    const jid = outcomes.alpha?.ret?.jid ?? ''
    const second = await events.until(new RegExp(`^salt/job/${jid}/prog/alpha/1$`))
    assert.equal(judgeEvent(second).issues, '')
    const { data } = second.data
    assert.ok(isRecord(data) && isRecord(data.ret))
    assert.deepEqual(
      [second.data.id, second.data.jid, data.len, data.ret.__id__, data.ret.result],
      ['alpha', jid, 2, 'two', true],
    )
    const last = await events.until(new RegExp(`^salt/job/${jid}/ret/alpha$`))
    const told = events.seen.slice(0, events.seen.indexOf(last)).filter(({ tag }) => tag.includes('/prog/'))
    assert.equal(told.length, 2, 'the return comes after all of them')
    const quiet = await apply('web')
    await events.until(new RegExp(`/${quiet.ret?.jid}/ret/alpha$`))
    assert.equal(events.tagged(/\/prog\//).length, 2)
  })

  it('tell of all states where they are asked to, and of those that say so', async () => {
    await using events = await master.events()
    await apply('web', { __kwarg__: true, state_events: true })
    await events.until(/\/prog\/alpha\/1$/)
    const outcome = await apply('loud')
    const event = await events.until(/^salt\/state_result\//)
    assert.equal(judgeEvent(event).issues, '')
    assert.equal(event.tag, `salt/state_result/${outcome.ret?.jid}/alpha/deploy/done`)
  })

  it('can be waited for by state.event', async () => {
    const waiting = master.publish('alpha', 'state.event', ['deploy/*', { __kwarg__: true, count: 1 }], { timeout: 30 })
    await using bus = await minion.bus()
    // Nobody tells when it has begun to listen.
    let isOver = false
    const over = waiting.finally(() => {
      isOver = true
    })
    while (!isOver) await bus.call('fire', { tag: 'deploy/done', data: { by: 'me' } })
    assert.match(String([(await over).alpha?.ret?.return].flat()[0]), /^deploy\/done\t\{.*"by": ?"me"/)
    const refused = await master.publish('alpha', 'state.event', [])
    assert.match(String(refused.alpha?.ret?.return), /count must say how many/)
  })

  it('that are killed tell what they had done', async () => {
    const jid = await master.begin('alpha', 'state.apply', ['slow'], { timeout: 30 })
    await gate.entered(1)
    await master.publish('alpha', 'saltutil.kill_job', [jid])
    const outcome = (await master.follow(jid)).alpha ?? assert.fail('there is no outcome')
    assert.deepEqual(told(outcome), { before: true, held: false })
    assert.deepEqual([outcome.ret?.success, outcome.ret?.retcode], [false, 128 + 9])
  })

  it('are refused while another one is at work, also by salt call', async () => {
    const jid = await master.begin('alpha', 'state.apply', ['slow'], { timeout: 30 })
    const before = gate.begun.length
    await gate.entered(before + 1)
    const refused = await apply('web')
    const sentence = new RegExp(
      `^The function "state.apply" is running as PID ${process.pid} and was started at .* with jid ${jid}$`,
    )
    assert.equal(refused.ret?.retcode, 1)
    assert.match(String([refused.ret?.return].flat()[0]), sentence)
    const called = await run('source', [
      ...['call', '-c', minion.options.configDir, '--local', '--out', 'json'],
      ...['--file-root', join(fleet.folder, 'srv'), 'state.apply', 'web'],
    ])
    assert.equal(called.exitCode, 1, called.stderr)
    assert.match(JSON.parse(called.stdout).local[0], sentence)
    const queued = apply('web', { __kwarg__: true, queue: true })
    gate.open()
    assert.deepEqual(told((await master.follow(jid)).alpha ?? assert.fail()), {
      before: true,
      held: true,
      behind: true,
    })
    assert.deepEqual(told(await queued), { one: true, two: true })
  })

  it('end though the master dies, and the return arrives when it is back', async () => {
    const jid = await master.begin('alpha', 'state.apply', ['slow'], { timeout: 30 })
    await gate.entered(gate.begun.length + 1)
    minion.forget()
    await master.stop()
    await minion.until((state) => state.kind === 'waiting')
    gate.open()
    await master.start(configuration())
    await minion.connected()
    const outcome = (await master.follow(jid)).alpha ?? assert.fail('there is no outcome')
    assert.deepEqual(told(outcome), { before: true, held: true, behind: true })
    assert.equal(outcome.ret?.retcode, 0)
  })
})
