import assert from 'node:assert/strict'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { s } from '../../../../src/base/schema.ts'
import { extensionFolders } from '../../../../src/engine/functions/extension-folders.ts'
import { loadUserGrains, loadUserPlugins } from '../../../../src/engine/functions/user-plugins.ts'
import { userWorkerSource } from '../../../../src/engine/functions/user-worker.ts'
import type { ConfigView } from '../../../../src/engine/plugin.ts'
import { ConfigFolder } from '../../../support/config-folder.ts'
import { FunctionHost, type HostOptions } from '../../../support/function-host.ts'

const viewOf = (all: Readonly<Record<string, unknown>>): ConfigView => ({ all, get: (name) => all[name] })

const good = `
interface Size { readonly total: number }
export const sizes = defineModule({
  name: 'sizes',
  doc: 'Sizes of things.',
  functions: {
    double: fn({
      doc: 'Double a number.',
      args: { value: s.integer('The number'), text: s.optional(s.string('A text')) },
      returns: s.object({ total: s.integer() }),
      examples: ["salt '*' sizes.double 2"],
      run(ctx, { value }: { value: number }): Size { return { total: value * 2 } },
    }),
    who: fn({
      doc: 'Tell the id, a grain and what another function says.',
      returns: s.any(),
      examples: [],
      async run(ctx) {
        ctx.log.warning('from the module', { a: 1 })
        console.log('on its stdout')
        const { stdout } = await ctx.exec(['echo', 'hi'])
        ctx.setRetcode(4)
        return { id: ctx.id, os: ctx.grains.os, echo: await ctx.salt('test.echo', ['x']), stdout, cfg: ctx.config.get('k') }
      },
    }),
    wrong: fn({
      doc: 'Throw.',
      returns: s.any(),
      examples: [],
      run() {
        throw new RangeError('too far')
      },
    }),
    stuck: fn({ doc: 'Never end.', returns: s.any(), examples: [], run() { for (;;); } }),
    polite: fn({
      doc: 'Wait until cancelled.',
      returns: s.any(),
      examples: [],
      run: (ctx) => new Promise((resolve, reject) => ctx.signal.addEventListener('abort', () => reject(new Error('stopped')))),
    }),
    gone: fn({ doc: 'Exit.', returns: s.any(), examples: [], run() { process.exit(9) } }),
    greedy: fn({ doc: 'Eat memory.', returns: s.any(), examples: [], run() { const all = []; for (;;) all.push(new Array(1e5).fill(1)) } }),
    again: fn({ doc: 'Call itself.', returns: s.any(), examples: [], run: (ctx) => ctx.salt('sizes.again') }),
    strange: fn({ doc: 'Throw what is no error.', returns: s.any(), examples: [], run() { throw { odd: 1 } } }),
    odd: fn({ doc: 'Return what cannot be copied.', returns: s.any(), examples: [], run: () => () => 1 }),
  },
})
`

async function hostWith(files: Readonly<Record<string, string>>, options: HostOptions = {}) {
  const folder = new ConfigFolder()
  mkdirSync(join(folder.path, 'extmods', 'modules'), { recursive: true })
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder.path, 'extmods', 'modules', name), text)
  const host = new FunctionHost({ grains: { os: 'Debian' }, config: { k: 'v' }, ...options })
  await loadUserPlugins(host.catalogues, viewOf({ cachedir: folder.path }), host.log)
  return {
    host,
    folder,
    reload: () => loadUserPlugins(host.catalogues, viewOf({ cachedir: folder.path }), host.log),
  }
}

test('a TypeScript module is bound, run and described like one that is built in', async () => {
  const { host, folder } = await hostWith({ 'sizes.ts': good })
  using _ = folder
  assert.deepEqual((await host.type('sizes.double', '21')).return, { total: 42 })
  const outcome = await host.type('sizes.double')
  assert.match(
    String(outcome.return),
    /^Passed invalid arguments to sizes\.double: double\(\) missing 1 required positional argument: 'value'\n\n {4}sizes\.double\(value, text=None\)/,
  )
  assert.equal((await host.catalogues.catalogue.describe('sizes.double'))?.doc, 'Double a number.')
})

test('its context reaches grains, configuration, programs, other functions, the log and the return code', async () => {
  const { host, folder } = await hostWith({ 'sizes.ts': good })
  using _ = folder
  const outcome = await host.call('sizes.who')
  assert.deepEqual(outcome.return, { id: 'alpha', os: 'Debian', echo: 'x', stdout: 'hi\n', cfg: 'v' })
  assert.equal(outcome.retcode, 4)
  assert.ok(host.logged.some(({ level, message }) => level === 'warning' && message === 'from the module'))
  assert.ok(host.logged.some(({ fields }) => fields?.text === 'on its stdout'))
})

test('an error names the file and the line', async () => {
  const { host, folder } = await hostWith({ 'sizes.ts': good })
  using _ = folder
  const { return: value } = await host.call('sizes.wrong')
  const line = good.split('\n').findIndex((text) => text.includes('too far')) + 1
  assert.equal(
    value,
    `The minion function caused an exception: RangeError: too far (${join(folder.path, 'extmods/modules/sizes.ts')}:${line})`,
  )
})

test('an endless loop is ended with its job, and nothing else is', async () => {
  const controller = new AbortController()
  const { host, folder } = await hostWith({ 'sizes.ts': good }, { signal: controller.signal })
  using _ = folder
  const stuck = host.call('sizes.stuck')
  const other = new FunctionHost()
  assert.equal((await other.call('test.ping')).return, true, 'the process goes on')
  controller.abort(new Error('enough'))
  assert.equal((await stuck).return, 'ERROR: The job was cancelled.')
})

test('one call that hangs does not keep another one of the same module', async () => {
  const { host, folder } = await hostWith(
    { 'sizes.ts': good },
    { config: { function_timeouts: { 'sizes.stuck': 0.3 } } },
  )
  using _ = folder
  const stuck = host.call('sizes.stuck')
  assert.deepEqual((await host.type('sizes.double', '1')).return, { total: 2 })
  assert.match(String((await stuck).return), /ran longer than the 0\.3 seconds/)
})

test('a module may end itself in good order', async () => {
  const { host, folder } = await hostWith(
    { 'sizes.ts': good },
    { config: { function_timeouts: { 'sizes.polite': 0.05 } } },
  )
  using _ = folder
  assert.match(String((await host.call('sizes.polite')).return), /ran longer than the 0\.05 seconds/)
})

for (const [fun, pattern] of [
  ['gone', /was ended: its thread ended with code 9/],
  ['greedy', /was ended: .*memory/i],
  ['odd', /could not be cloned/],
  ['again', /stands inside of too many other calls: there is a circle/],
  ['strange', /Error: \{ odd: 1 \}/],
] as const) {
  test(`sizes.${fun} fails alone`, async () => {
    const { host, folder } = await hostWith({ 'sizes.ts': good })
    using _ = folder
    const outcome = await host.call(`sizes.${fun}`)
    assert.match(String(outcome.return), pattern)
    assert.equal(outcome.success, false)
    assert.deepEqual((await host.type('sizes.double', '1')).return, { total: 2 }, 'the module still works')
  })
}

for (const [what, file, text, pattern] of [
  [
    'a syntax error',
    'bad.js',
    'export const a = 1\nexport const b = {\n',
    /bad\.js:\d+: Unexpected end of input|bad\.js.*Unexpected end of input/,
  ],
  ['types that cannot be erased', 'bad.ts', 'enum A { x }\n', /bad\.ts.*enum/],
  ['an error while it loads', 'bad.ts', '\nthrow new Error("at once")\n', /bad\.ts:2: at once/],
  ['no module in it', 'bad.ts', 'export const a = 1\n', /bad\.ts: The file exports no module/],
  [
    'a name that cannot be typed',
    'bad.ts',
    'export const a = { name: "My Module", doc: "x", functions: {} }',
    /name of a module must be/,
  ],
  ['no doc', 'bad.ts', 'export const a = { name: "a", functions: {} }', /The module a needs a doc/],
  [
    'no run',
    'bad.ts',
    'export const a = { name: "a", doc: "A.", functions: { x: { doc: "X." } } }',
    /a\.x has no run function/,
  ],
  [
    'an argument without schema',
    'bad.ts',
    'export const a = { name: "a", doc: "A.", functions: { x: fn({ doc: "X.", args: { y: 1 }, run() {} }) } }',
    /argument y of a\.x needs a schema/,
  ],
] as const) {
  test(`a faulty file is told by name and reason: ${what}`, async () => {
    const { host, folder } = await hostWith({ [file]: text, 'sizes.ts': good })
    using _ = folder
    const fault = host.logged.find(({ level }) => level === 'error')
    assert.match(String(fault?.fields?.reason), pattern)
    assert.match(String((await host.call('bad.x')).return), /^'bad' is not available: .*bad\./)
    assert.deepEqual((await host.type('sizes.double', '1')).return, { total: 2 }, 'others are loaded')
  })
}

test('functions that are exported as they are will do', async () => {
  const text = `
export const doc = 'Plain things.'
export const told = 1
export function all(ctx, args, { rest }) { return { args, rest, os: ctx.grains.os } }
export const twice = (_ctx, { value }) => value * 2
twice.args = { value: s.integer('The number') }
`
  const { host, folder } = await hostWith({ 'plain.js': text, 'odd.js': 'export const getAll = () => 1' })
  using _ = folder
  assert.deepEqual((await host.type('plain.all', '1', 'two', 'a=3')).return, {
    args: { a: 3 },
    rest: [1, 'two'],
    os: 'Debian',
  })
  assert.equal((await host.type('plain.twice', '"21"')).return, 42)
  assert.match(String((await host.type('plain.twice')).return), /missing 1 required positional argument: 'value'/)
  assert.match(String((await host.type('plain.twice', '1', 'a=3')).return), /arguments are not valid: a=3/)
  assert.equal((await host.catalogues.catalogue.describe('plain.all'))?.doc, 'Function of the file plain.')
  assert.match(String((await host.call('odd.getAll')).return), /odd\.js:1: The name of odd\.getAll must be made of/)
})

test('grains that a file returns from functions', async () => {
  using folder = new ConfigFolder()
  mkdirSync(join(folder.path, 'extmods', 'grains'), { recursive: true })
  const text = "export const hall = () => ({ hall: 'north' })\nexport const bad = () => 1\n"
  writeFileSync(join(folder.path, 'extmods', 'grains', 'halls.js'), text)
  const host = new FunctionHost()
  const found = await loadUserGrains(viewOf({ cachedir: folder.path }), host.log)
  assert.deepEqual(
    found.map(({ name }) => name),
    ['bad', 'hall'],
  )
  const asked = { platform: 'linux', readFile: () => undefined, exec: () => Promise.reject(new Error('no')) } as const
  const [bad, hall] = found.map((plugin) => plugin.read({ ...asked, config: viewOf({}) }))
  await assert.rejects(Promise.resolve(bad), { message: 'It did not return a mapping.' })
  assert.deepEqual(await hall, { hall: 'north' })
})

test('a changed file is taken up', async () => {
  const { host, folder, reload } = await hostWith({ 'sizes.ts': good })
  using _ = folder
  writeFileSync(join(folder.path, 'extmods/modules/sizes.ts'), good.replace('value * 2', 'value * 3'))
  await reload()
  assert.deepEqual((await host.type('sizes.double', '1')).return, { total: 3 })
})

test('grains plugins of the user', async () => {
  using folder = new ConfigFolder({
    'extmods/grains/site.ts': `export const site = defineGrains({
      name: 'site', doc: 'Where.', async read(host) {
        const { stdout } = await host.exec(['echo', 'here'])
        return { site: stdout.trim(), role: host.config.get('k') }
      } })`,
    'extmods/grains/bad.ts': 'throw new Error("no")',
  })
  const host = new FunctionHost({ config: { k: 'v' } })
  const [plugin, ...others] = await loadUserGrains(viewOf({ cachedir: folder.path }), host.log)
  assert.equal(others.length, 0)
  const grains = await plugin?.read({
    platform: 'linux',
    readFile: () => undefined,
    exec: () => Promise.reject(new Error('not here')),
    config: host.inputs.config,
  })
  assert.deepEqual(grains, { site: 'here', role: 'v' })
  assert.ok(host.logged.some(({ level, fields }) => level === 'error' && fields?.reason === 'no'))
})

test("the thread's schema builders make the same schemas as ours", () => {
  const start = userWorkerSource.indexOf('const withDescription')
  const end = userWorkerSource.indexOf('globalThis.s = s')
  const own: typeof s = new Function(`${userWorkerSource.slice(start, end)}\nreturn s`)()
  assert.deepEqual(Object.keys(own), Object.keys(s))
  const build = (from: typeof s) => [
    from.any('d'),
    from.string('d'),
    from.text(),
    from.path('d'),
    from.command('d'),
    from.integer('d', { minimum: 1 }),
    from.number('d', { maximum: 2 }),
    from.seconds('d'),
    from.bytes('d'),
    from.boolean('d'),
    from.null('d'),
    from.literal(['a', 1], 'd'),
    from.array(from.string(), 'd'),
    from.record(from.any(), 'd'),
    from.object({ a: from.string(), b: from.optional(from.any()) }, 'd'),
    from.union([from.string(), from.null()], 'd'),
    from.withDefault(from.integer('d'), 3),
  ]
  assert.deepEqual(build(own), build(s))
})

test('plugins lie in the synced folder, wherever it is configured to be, and in the folders of module_dirs', () => {
  using folder = new ConfigFolder({
    'cache/extmods/modules/a.ts': '',
    'ext/modules/b.ts': '',
    'one/modules/c.ts': '',
    'two/_modules/d.ts': '',
  })
  const at = (path: string): string => join(folder.path, path)
  const module_dirs = [at('one'), at('two'), at('none')]
  const cachedir = at('cache')
  const folders = (config: Readonly<Record<string, unknown>>) => extensionFolders(viewOf(config), 'modules')
  assert.deepEqual(folders({ cachedir }), [at('cache/extmods/modules')])
  assert.deepEqual(folders({ cachedir, module_dirs }), [
    at('cache/extmods/modules'),
    at('one/modules'),
    at('two/_modules'),
  ])
  assert.deepEqual(folders({ cachedir, extension_modules: at('ext') }), [at('ext/modules')])
})
