/** Returners of the user's own: what they get, and what becomes of what they do not take. */
import assert from 'node:assert/strict'
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { test } from 'node:test'
import type { SaltError } from '../../../../src/base/errors.ts'
import type { ReturnerDefinition } from '../../../../src/engine/returner.ts'
import { RecordedLog } from '../../../support/recorded-log.ts'
import { openReturner, returnDelivery, someReturn } from '../../../support/returner-world.ts'
import { UserPluginHost } from '../../../support/user-plugin-host.ts'

/** Writes each thing that it gets, as a line of JSON. */
const notes = `
import { appendFileSync } from 'node:fs'
export const doc = 'Notes.'
export async function returner(ret, options, ctx) {
  const { stdout } = await ctx.exec(['echo', ret.id])
  appendFileSync(options.path, JSON.stringify({ ret, options, said: stdout.trim(), of: ctx.config.get('k') }) + '\\n')
}
export function event_return(events, options) {
  appendFileSync(options.path, JSON.stringify(events.map(({ tag, data }) => [tag, data.n])) + '\\n')
}
`

async function loaded(host: UserPluginHost, name: string): Promise<ReturnerDefinition> {
  const definition = await host.functions.catalogues.returners[name]?.()
  if (definition === undefined) throw new Error(`there is no returner ${name}`)
  return definition
}

const linesOf = (path: string): readonly unknown[] =>
  existsSync(path)
    ? readFileSync(path, 'utf8')
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line))
    : []

const event = (n: number) => ({ kind: 'event', event: { tag: `a/${n}`, data: { _stamp: 's', n }, seq: n } }) as const

test('it gets returns as Salt has them, the options of its name, and events', async () => {
  using host = await UserPluginHost.with({ '_returners/notes.js': notes })
  const path = host.folder.file('notes')
  const config = { 'notes.path': path, notes: { level: 2 }, 'alternative.notes.level': 3, k: 'v' }
  await using open = await openReturner(await loaded(host, 'notes'), config, { kwargs: { level: 4 } })
  const ret = someReturn({ return: { bytes: Buffer.from('ü'), at: [1, null] }, retcode: 2, success: false })
  await open.deliver([{ kind: 'return', ret }])
  await open.deliver([event(1), event(2)])
  const shown = { ...ret, return: { bytes: 'ü', at: [1, null] } }
  assert.deepEqual(linesOf(path), [
    { ret: shown, options: { level: 4, path }, said: 'web1', of: 'v' },
    [
      ['a/1', 1],
      ['a/2', 2],
    ],
  ])
})

test('it is listed and described like all others, and hides a built-in one of its name', async () => {
  const own = `export const name = 'file'; export const options = { a: s.optional(s.integer('An A')) }; export function returner() {}`
  using host = await UserPluginHost.with({ '_returners/notes.js': notes, '_returners/x.ts': own })
  const { functions } = host
  assert.deepEqual((await functions.call('sys.list_returners', 'notes', 'file')).return, ['file', 'notes'])
  const known = (await functions.call('sys.list_returner_functions', 'notes', 'file')).return
  assert.deepEqual(known, ['file.returner', 'notes.event_return', 'notes.returner'])
  assert.match(JSON.stringify((await functions.call('sys.returner_doc', 'notes')).return), /Notes\./)
  await assert.rejects(openReturner(await loaded(host, 'file'), { 'file.b': 1 }), /no option of the returner file/)
  await assert.rejects(openReturner(await loaded(host, 'file'), { 'file.a': 'x' }), /file\.a must be/)
  rmSync(host.file('_returners/x.ts'))
  await host.reload()
  assert.match((await loaded(host, 'file')).doc, /./)
  assert.deepEqual((await loaded(host, 'file')).takes.includes('job'), true, 'the built-in one is back')
})

test('credentials reach it as they are', async () => {
  const own = `${notes}\nexport const options = { path: s.path('P'), password: s.secret('P') }`
  using host = await UserPluginHost.with({ '_returners/notes.js': own })
  const path = host.folder.file('notes')
  await using open = await openReturner(await loaded(host, 'notes'), { notes: { path, password: 'hunter2' } })
  await open.deliver([returnDelivery()])
  assert.partialDeepStrictEqual(linesOf(path), [{ options: { password: 'hunter2' } }])
})

const picky = `
import { appendFileSync } from 'node:fs'
export async function returner(ret, { path }, ctx) {
  ctx.log.info('begun')
  if (ret.return === 'throw') throw new TypeError('nobody listens')
  if (ret.return === 'never') return impossible('it takes no text')
  if (ret.return === 'hang') return new Promise(() => {})
  if (ret.return === 'loop') for (;;);
  if (ret.return === 'exit') process.exit(3)
  if (ret.return === 'odd') return () => 'a function'
  appendFileSync(path, JSON.stringify(ret.return) + '\\n')
}
`

test('what it throws is tried again, what it finds impossible is not', async () => {
  using host = await UserPluginHost.with({ '_returners/picky.js': picky })
  const path = host.folder.file('out')
  await using open = await openReturner(await loaded(host, 'picky'), { 'picky.path': path })
  const deliver = (...values: unknown[]) =>
    open.deliver(values.map((value, index) => returnDelivery({ return: value, jid: String(index) })))
  const fault = async (...values: unknown[]): Promise<SaltError> =>
    await deliver(...values).then(
      () => assert.fail('it was taken'),
      (error) => error,
    )
  const thrown = await fault(1, 'throw', 2)
  assert.equal(thrown.code, 'execution-failed')
  assert.match(thrown.message, /^nobody listens \(.*picky\.js:5\)$/)
  await deliver(1, 'now', 2)
  assert.deepEqual(linesOf(path), [1, 'now', 2], 'what was taken before a fault does not come again')
  const refused = await fault('never')
  assert.deepEqual([refused.code, refused.message], ['bad-arguments', 'it takes no text'])
  assert.match((await fault('exit')).message, /its thread ended with code 3/)
  await deliver('odd')
})

for (const way of ['hang', 'loop']) {
  test(`one that never returns ends when its outlet gives it up: ${way}`, async () => {
    using host = await UserPluginHost.with({ '_returners/picky.js': picky })
    const log = new RecordedLog()
    const open = await openReturner(await loaded(host, 'picky'), {}, { log: log.log })
    const delivering = open.deliver([returnDelivery({ return: way })])
    delivering.catch(() => {})
    await log.until(/begun/)
    await open[Symbol.asyncDispose]()
    await assert.rejects(delivering, /it was closed/)
  })
}

test('what was opened before a change goes on with what there is now', async () => {
  using host = await UserPluginHost.with({ '_returners/picky.js': picky })
  const path = host.folder.file('out')
  await using open = await openReturner(await loaded(host, 'picky'), { 'picky.path': path })
  await open.deliver([returnDelivery({ return: 1 })])
  const definition = await loaded(host, 'picky')
  await host.reload()
  assert.equal(await loaded(host, 'picky'), definition, 'a file that is as it was is not loaded again')
  writeFileSync(host.file('_returners/picky.js'), picky.replace('JSON.stringify(ret.return)', '"[2]"'))
  await host.reload()
  await open.deliver([returnDelivery({ return: 1, jid: '2' })])
  assert.deepEqual(linesOf(path), [1, [2]])
})

for (const [what, files, pattern] of [
  ['throws when it is loaded', { 'bad.js': 'throw new Error("not today")' }, /bad\.js:1: not today/],
  ['is no program', { 'bad.ts': 'export function (' }, /bad\.ts/],
  ['exports nothing', { 'bad.js': 'export const a = 1' }, /It has no function returner\(ret, options\)/],
  [
    'has a name that is none',
    { 'bad.js': 'export const name = "A b"; export function returner() {}' },
    /Its name must/,
  ],
  [
    'has options without schemas',
    { 'bad.js': 'export const options = { a: 1 }; export function returner() {}' },
    /The option a needs a schema/,
  ],
  ['has a description that is none', { bad: '#!/bin/sh\n', 'bad.json': '[]' }, /must be a mapping/],
  ['takes nothing', { bad: '#!/bin/sh\n', 'bad.json': '{"takes": ["jobs"]}' }, /It has no function returner/],
] as const) {
  test(`one that ${what} is told, and what it is given waits until it is mended`, async () => {
    const placed = Object.entries(files).map(([name, text]) => [`_returners/${name}`, text])
    using host = await UserPluginHost.with(Object.fromEntries(placed))
    assert.match(host.faults.join(), pattern)
    await host.reload()
    assert.equal(host.faults.length, 1, 'what was told is not told again')
    await assert.rejects(openReturner(await loaded(host, 'bad'), { 'bad.url': 'x' }), (error: SaltError) => {
      assert.equal(error.code, 'execution-failed')
      return pattern.test(error.message)
    })
    for (const name of Object.keys(files)) rmSync(host.file(`_returners/${name}`))
    writeFileSync(host.file('_returners/bad.js'), 'export function returner() {}')
    await host.reload()
    await using open = await openReturner(await loaded(host, 'bad'))
    await open.deliver([returnDelivery()])
  })
}

test('a faulty one hides no built-in one', async () => {
  using host = await UserPluginHost.with({ '_returners/file.js': 'throw new Error("not today")' })
  assert.equal((await loaded(host, 'file')).takes.includes('job'), true)
})

const program = `#!/bin/sh
read -r told
case "$told" in
  *broken*) echo 'no such server' >&2; exit 3 ;;
  *never*) echo '{"impossible": "it takes no text"}' ;;
  *chatty*) echo 'all is well' ;;
  *sleepy*) exec sleep 30 ;;
  *) printf '%s\\n' "$told" >> "$(printf '%s' "$told" | sed 's/.*"path": "\\([^"]*\\)".*/\\1/')" ;;
esac
`
const description = {
  doc: 'D.',
  timeout: 0.3,
  options: { properties: { path: { type: 'string' } }, required: ['path'] },
}

test('an executable is told of each return as JSON', async () => {
  using host = await UserPluginHost.with({
    '_returners/prog': program,
    '_returners/prog.json': JSON.stringify(description),
  })
  const path = host.folder.file('out')
  const definition = await loaded(host, 'prog')
  assert.deepEqual(definition.takes, ['return'])
  await assert.rejects(openReturner(definition, {}), /'path' of the returner prog is missing/)
  await using open = await openReturner(definition, { 'prog.path': path })
  const give = (value: unknown) => open.deliver([returnDelivery({ return: value })])
  await give('fine')
  assert.deepEqual(linesOf(path), [
    { fun: 'returner', ret: someReturn({ return: 'fine' }), options: { path }, id: 'web1' },
  ])
  await give('chatty')
  await assert.rejects(give('broken'), { code: 'execution-failed', message: /failed with code 3: no such server/ })
  await assert.rejects(give('never'), { code: 'bad-arguments', message: 'it takes no text' })
  await assert.rejects(give('sleepy'), /took longer than the 0\.3 seconds/)
})
