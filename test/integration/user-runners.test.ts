import assert from 'node:assert/strict'
import { chmodSync, mkdirSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { describe, it } from 'node:test'
import type { RunnerItem, RunnerResult } from '../../src/client/api.ts'
import { InProcessFleet } from '../support/in-process-fleet.ts'

const inventory = `
export const inventory = defineRunner({
  name: 'inventory',
  doc: 'Counts things.',
  functions: {
    count: runnerFn({
      doc: 'Count minions by what a function says.',
      args: { fun: s.string('The function') },
      returns: s.any(),
      examples: ['salt run inventory.count grains.get'],
      async run(ctx, { fun }: { fun: string }) {
        ctx.progress({ asking: await ctx.minions.accepted() })
        const outcomes = await ctx.publish({ tgt: '*', fun, arg: ['id'] })
        await ctx.emit('inventory/done', { count: outcomes.length })
        return { who: ctx.user, told: outcomes.map(({ id, ret }) => [id, ret.return]), here: await ctx.salt('test.echo', ['x']) }
      },
    }),
    wrong: runnerFn({ doc: 'Throw.', returns: s.any(), examples: [], run() { throw new Error('no inventory') } }),
    gone: runnerFn({ doc: 'Exit.', returns: s.any(), examples: [], run() { process.exit(1) } }),
  },
})
`
const caretaker = `
export const caretaker = defineRunner({
  name: 'caretaker',
  doc: 'Cares.',
  functions: { who: runnerFn({ doc: 'Tell who asks.', returns: s.any(), examples: [], run: (ctx) => ctx.user }) },
})
`
const files = {
  '_runners/inventory.ts': inventory,
  '_runners/bad.ts': 'export const a = 1\n',
  '_runners/uptimes': '#!/bin/sh\ncat\n',
  '_runners/uptimes.json':
    '{"doc": "Times.", "functions": {"all": {"doc": "All of them.", "args": {"properties": {"a": {"type": "string"}}}}}}',
  '_wheel/caretaker.js': caretaker,
  '_modules/here.js':
    "export const here = defineModule({ name: 'here', doc: 'Here.', functions: { where: fn({ doc: 'Tell.', returns: s.any(), examples: [], run: () => 'on the master' }) } })",
}

/** A fleet whose master has these files below its file root. */
async function start(more = '') {
  const fleet = await InProcessFleet.start(['web'], '')
  const roots = join(fleet.folder, 'srv')
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dirname(join(roots, name)), { recursive: true })
    writeFileSync(join(roots, name), text)
  }
  await fleet.master.reload(`file_roots:\n  base: [${roots}]\n${more}`)
  const call = async (method: 'runner' | 'wheel', fun: string, ...arg: unknown[]) => {
    await using bus = await fleet.master.bus()
    const items: RunnerItem[] = []
    const result: RunnerResult = await bus.call(
      method,
      { fun, arg, user: 'tester' },
      { onItem: (item: RunnerItem) => items.push(item) },
    )
    return { ...result, items }
  }
  return { fleet, roots, call, [Symbol.asyncDispose]: () => fleet[Symbol.asyncDispose]() }
}

describe("runners of the user's own", () => {
  it('are synced, run, and reach minions and the bus', async () => {
    await using world = await start()
    const { fleet, call } = world
    assert.match(String((await call('runner', 'inventory.count', 'grains.get')).return), /is not available/)
    assert.deepEqual((await call('runner', 'saltutil.sync_runners')).return, [
      'runners.bad',
      'runners.inventory',
      'runners.uptimes',
    ])
    await using events = await fleet.master.events()
    const { return: value, success, items } = await call('runner', 'inventory.count', 'grains.get')
    assert.equal(success, true)
    assert.deepEqual(value, { who: 'tester', told: [['web', 'web']], here: 'x' })
    assert.ok(items.some((item) => item.kind === 'progress' && JSON.stringify(item.value) === '{"asking":["web"]}'))
    assert.equal((await events.until(/^inventory\/done$/)).data.count, 1)
    const told = await events.until(/^salt\/run\/\d+\/ret$/)
    assert.equal(told.data.fun, 'runner.inventory.count')
  })

  it('fail alone, and are told by name and reason', async () => {
    await using world = await start()
    const { call } = world
    await call('runner', 'saltutil.sync_all')
    assert.match(String((await call('runner', 'inventory.wrong')).return), /no inventory/)
    assert.match(String((await call('runner', 'inventory.gone')).return), /was ended: its thread ended with code 1/)
    assert.match(
      String((await call('runner', 'inventory.count')).return),
      /missing 1 required positional argument: 'fun'/,
    )
    assert.match(
      String((await call('runner', 'bad.x')).return),
      /'bad' is not available: .*bad\.ts: The file exports no runner/,
    )
    assert.equal((await call('runner', 'test.arg')).success, true, 'the master goes on')
  })

  it('may be executables', async () => {
    await using world = await start()
    await world.call('runner', 'saltutil.sync_runners')
    const { return: value } = await world.call('runner', 'uptimes.all', 'b')
    const { fun, kwargs, user } = value as Record<string, unknown>
    assert.deepEqual([fun, kwargs, user], ['all', { a: 'b' }, 'tester'])
  })

  it('stand beside wheel functions and modules of the same kind', async () => {
    await using world = await start()
    const { call } = world
    assert.match(String((await call('wheel', 'caretaker.who')).return), /is not available/)
    const { return: synced } = await call('runner', 'saltutil.sync_all')
    assert.deepEqual((synced as Record<string, unknown>).wheel, ['wheel.caretaker'])
    assert.equal((await call('wheel', 'caretaker.who')).return, 'tester')
    assert.match(
      String((await call('runner', 'caretaker.who')).return),
      /is not available/,
      'wheel functions are no runners',
    )
    assert.equal((await call('runner', 'salt.cmd', 'here.where')).return, 'on the master')
  })

  it('lie in runner_dirs, too, and are there from the start', async () => {
    await using world = await start()
    const { fleet, roots, call } = world
    chmodSync(join(roots, '_runners/uptimes'), 0o700)
    await fleet.master.stop()
    await fleet.master.start(`runner_dirs: [${join(roots, '_runners')}]\n`)
    assert.equal((await call('runner', 'uptimes.all')).success, true)
    writeFileSync(join(roots, '_runners/second.ts'), caretaker.replaceAll('caretaker', 'second'))
    assert.match(String((await call('runner', 'second.who')).return), /is not available/)
    assert.equal((await call('runner', 'saltutil.reload_plugins')).return, true)
    assert.equal((await call('runner', 'second.who')).return, 'tester')
  })

  it('may cause themselves over and over by events: no call of them stands inside of another one', async () => {
    const reaction = '{runner.relay.next: [{args: ["{{ data.left }}"]}]}'
    await using world = await start(`reactor:\n  - 'relay/*': [{go: ${reaction}}]\n`)
    const { fleet, roots, call } = world
    const next = "if (left > 0) await ctx.emit('relay/' + left, { left: left - 1 })"
    writeFileSync(
      join(roots, '_runners/relay.js'),
      `export const next = async (ctx, _, { rest: [left] }) => { ${next} }\n`,
    )
    await call('runner', 'saltutil.sync_runners')
    await using events = await fleet.master.events()
    await call('runner', 'relay.next', 30)
    await events.until(/^relay\/1$/)
  })
})
