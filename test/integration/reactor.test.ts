import assert from 'node:assert/strict'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { InProcessFleet, type TestMaster } from '../support/in-process-fleet.ts'

async function fire(master: TestMaster, tag: string, data: Record<string, unknown> = {}): Promise<void> {
  await using bus = await master.bus()
  await bus.call('fire', { tag, data })
}

/** A fleet whose master reacts to the tags with the files of these texts. */
async function start(files: Readonly<Record<string, string>>, more = '') {
  const fleet = await InProcessFleet.start(['web'], '')
  const events = await fleet.master.events()
  const folder = join(fleet.folder, 'reactor')
  mkdirSync(folder)
  const rules = Object.entries(files).map(([tag, text], index) => {
    const file = join(folder, `${index}.sls`)
    writeFileSync(file, text)
    return `  - '${tag}': [${file}]\n`
  })
  await fleet.master.reload(`reactor:\n${rules.join('')}${more}`)
  const end = fleet[Symbol.asyncDispose].bind(fleet)
  return Object.assign(fleet, {
    events,
    file: (index: number) => join(folder, `${index}.sls`),
    async [Symbol.asyncDispose]() {
      await events[Symbol.asyncDispose]()
      await end()
    },
  })
}

describe('the reactor', () => {
  it('publishes a job with values of the event, in its own name', async () => {
    await using fleet = await start({
      'deploy/*':
        "go:\n  local.test.arg:\n    - tgt: {{ data['host'] }}\n    - args: [{{ data.version }}, tag: {{ tag }}]",
    })
    await fire(fleet.master, 'deploy/now', { host: 'web', version: '1.10' })
    const { data } = await fleet.events.until(/\/ret\/web$/)
    assert.equal(data.user, 'Reactor')
    const { args, kwargs } = data.return as { args: unknown; kwargs: Record<string, unknown> }
    assert.deepEqual([args, kwargs.tag, kwargs.__pub_user], [['1.10'], 'deploy/now', 'Reactor'])
  })

  it('runs runners, wheel functions and functions of the host', async () => {
    await using fleet = await start({
      one: 'a:\n  runner.event.send: [{args: [ran/runner, {x: {{ data.x }}}]}]\n  caller.event.send: [{args: [ran/caller]}]\n  wheel.key.list_all: []',
    })
    await fire(fleet.master, 'one', { x: 7 })
    assert.equal((await fleet.events.until(/^ran\/runner$/)).data.x, 7)
    await fleet.events.until(/^ran\/caller$/)
    const wheel = await fleet.events.until(/^salt\/wheel\/\d+\/ret$/)
    assert.deepEqual([wheel.data.user, wheel.data.success], ['Reactor', true])
  })

  it('tells what fails, with file and line, and goes on', async () => {
    await using fleet = await start({
      bad: 'a:\n  local.test.ping:\n    - tgt: {{ data.host }}',
      nobody: 'a: {local.test.ping: [{tgt: nobody}]}',
      unknown: 'a: {runner.test.nothing: []}',
    })
    await fire(fleet.master, 'bad')
    const bad = await fleet.events.until(/^salt\/reactor\/error$/, ({ tag }) => tag === 'bad')
    assert.match(String(bad.data.message), /^Jinja variable 'dict object' has no attribute 'host'; line 3/)
    assert.equal(bad.data.where, `${fleet.file(0)}:3:19`)
    await fire(fleet.master, 'nobody')
    const nobody = await fleet.events.until(/^salt\/reactor\/error$/, ({ tag }) => tag === 'nobody')
    assert.equal(nobody.data.code, 'no-match')
    await fire(fleet.master, 'unknown')
    const unknown = await fleet.events.until(/^salt\/reactor\/error$/, ({ tag }) => tag === 'unknown')
    assert.match(String(unknown.data.message), /test\.nothing/)
    writeFileSync(fleet.file(0), 'a: {runner.event.send: [{args: [mended]}]}\n')
    await fire(fleet.master, 'bad')
    await fleet.events.until(/^mended$/)
  })

  it('does not react to its own doings, and slows down a loop that it cannot see', async () => {
    await using fleet = await start({
      'loop/*': 'a: {runner.event.send: [{args: [loop/again]}]}',
      'salt/run/*/ret': 'b: {runner.event.send: [{args: [once]}]}',
    })
    await fire(fleet.master, 'loop/first')
    const { data } = await fleet.events.until(/^salt\/reactor\/damped$/)
    assert.equal(data.tag, 'loop/again')
    const turns = fleet.events.tagged(/^loop\/again$/).length
    assert.ok(turns >= 100 && turns < 300, String(turns))
    assert.equal(fleet.events.tagged(/^once$/).length, 0)
  })

  it('drops what is too much, and counts it', async () => {
    await using fleet = await InProcessFleet.start(
      [],
      'reactor_worker_hwm: 2\nreactor_worker_threads: 1\nreactor:\n  - work: [{a: {runner.test.sleep: {args: [600]}}}]\n',
    )
    await using events = await fleet.master.events()
    for (let count = 0; count < 6; count++) await fire(fleet.master, 'work')
    const drop = await events.until(/^salt\/drop\/reaction$/)
    assert.equal(drop.data.count, 1)
  })

  it('is changed by its runner, until the configuration is read again', async () => {
    await using fleet = await InProcessFleet.start([], '')
    await using events = await fleet.master.events()
    await using bus = await fleet.master.bus()
    const run = (fun: string, ...arg: readonly unknown[]) => bus.call('runner', { fun, arg, user: 'tester' })
    const reaction = { a: { 'runner.event.send': { args: ['reacted'] } } }
    assert.deepEqual((await run('reactor.add', 'x/*', [reaction])).return, { status: true, comment: 'Reactor Added.' })
    assert.match(String((await run('reactor.add', 'x/*', [reaction])).return), /already/)
    assert.deepEqual((await run('reactor.list')).return, [{ 'x/*': [reaction] }])
    await fire(fleet.master, 'x/y')
    await events.until(/^reacted$/)
    assert.deepEqual((await run('reactor.delete', 'x/*')).return, { status: true, comment: 'Reactor Deleted.' })
    assert.match(String((await run('reactor.delete', 'x/*')).return), /no rule/)
    assert.deepEqual((await run('reactor.list')).return, [])
  })

  it('keeps its rules when the new ones are wrong', async () => {
    await using fleet = await start({ one: 'a: {runner.event.send: [{args: [reacted]}]}' })
    await assert.rejects(fleet.master.reload('reactor:\n  - one: x.sls\n'), {
      code: 'configuration',
      where: /master:\d+$/,
    })
    await fire(fleet.master, 'one')
    await fleet.events.until(/^reacted$/)
  })
})

describe('presence', () => {
  it('is told as minions come and go', async () => {
    await using fleet = await InProcessFleet.start([], 'presence_events: true\nloop_interval: 1\n')
    await using events = await fleet.master.events()
    const web = await fleet.connect('web', fleet.master)
    const came = await events.until(/^salt\/presence\/change$/)
    assert.deepEqual([came.data.new, came.data.lost], [['web'], []])
    await events.until(/^salt\/presence\/present$/, ({ present }) => JSON.stringify(present) === '["web"]')
    await web.stop()
    const went = await events.until(/^salt\/presence\/change$/, ({ lost }) => JSON.stringify(lost) === '["web"]')
    assert.deepEqual(went.data.new, [])
  })
})
