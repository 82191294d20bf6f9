/** States of a user's own, in scripts. */
import assert from 'node:assert/strict'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { test } from 'node:test'
import { UserPluginHost } from '../../../support/user-plugin-host.ts'

const planned = `
import { readFileSync, writeFileSync } from 'node:fs'
const contentOf = (path: string): string | undefined => {
  try { return readFileSync(path, 'utf8') } catch { return undefined }
}
export const motd = defineStates({
  name: 'motd',
  doc: 'The message of the day.',
  functions: {
    present: state({
      doc: 'Have a message.',
      args: { name: s.path('The file'), text: s.string('The message') },
      examples: ['/etc/motd:\\n  motd.present:\\n    - text: hello'],
      async plan(ctx, want: { name: string; text: string }) {
        const old = contentOf(want.name)
        if (old === want.text) return right('The message is right')
        if (want.text === '') return impossible('There is no message')
        return pending({
          comment: 'The message would change',
          changes: { old: old ?? null, new: want.text },
          async apply() {
            writeFileSync(want.name, want.text)
            const told = await ctx.salt('test.echo', [ctx.id])
            return done('The message was changed on ' + told, { old: old ?? null, new: want.text })
          },
        })
      },
      watch: (ctx) => right('seen ' + ctx.changed.length + ' ' + ctx.chunk.state + ' ' + ctx.saltenv, { changes: { watched: true } }),
    }),
    simple: state({
      doc: 'In the simple form.',
      args: { name: s.string('Any text'), answer: s.optional(s.any('What to give')) },
      examples: [],
      run: (ctx, { name, test, answer }) =>
        answer ?? { result: test ? null : true, changes: test ? {} : { a: 1 }, comment: name + (test ? ' in a dry run' : ''), data: 7 },
    }),
    wrong: state({ doc: 'Throw.', examples: [], plan() {
      throw new RangeError('too far')
    } }),
    late: state({ doc: 'Throw when it is done.', examples: [], plan: () => pending({ comment: 'soon', changes: {}, apply() {
      throw new RangeError('too late')
    } }) }),
    stuck: state({ doc: 'Never end.', examples: [], plan() { for (;;); } }),
    stuck_late: state({ doc: 'Never end when it is done.', examples: [], plan: () => pending({ comment: 'x', changes: {}, apply() { for (;;); } }) }),
    gone: state({ doc: 'Exit.', examples: [], plan() { process.exit(9) } }),
    gone_late: state({ doc: 'Exit after the plan.', examples: [], plan() { setTimeout(() => process.exit(3), 0); return pending({ comment: 'x', changes: {}, apply: () => done('again') }) } }),
    greedy: state({ doc: 'Eat memory.', examples: [], plan() { const all = []; for (;;) all.push(new Array(1e5).fill(1)) } }),
    nothing: state({ doc: 'Give nothing.', examples: [], plan() {} }),
    odd: state({ doc: 'Give what cannot be copied.', examples: [], plan: () => ({ kind: 'settled', result: true, comment: 'x', changes: { f() {} } }) }),
  },
})
`

test('a state plans in its thread, and what was planned is done there', async () => {
  using host = await UserPluginHost.with({ '_states/motd.ts': planned })
  const name = host.folder.file('motd')
  const changes = { old: null, new: 'hello' }
  assert.deepEqual(await host.states.test('motd.present', { name, text: 'hello' }), {
    result: null,
    comment: 'The message would change',
    changes,
  })
  assert.equal(existsSync(name), false, 'a dry run does nothing')
  assert.deepEqual(await host.states.apply('motd.present', { name, text: 'hello' }), {
    result: true,
    comment: 'The message was changed on alpha',
    changes,
  })
  assert.equal(readFileSync(name, 'utf8'), 'hello')
  const again = await host.states.apply('motd.present', { name, text: 'hello' })
  assert.deepEqual([again.result, again.comment, again.changes], [true, 'The message is right', {}])
  const none = await host.states.apply('motd.present', { name, text: '' })
  assert.deepEqual([none.result, none.comment], [false, 'There is no message'])
})

test('its arguments are checked, and unknown ones told', async () => {
  using host = await UserPluginHost.with({ '_states/motd.ts': planned })
  const missing = await host.states.apply('motd.present', { name: '/x' })
  assert.match(missing.comment, /missing 1 required positional argument: 'text'/)
  const odd = await host.states.test('motd.present', { name: host.folder.file('motd'), text: 'a', txt: 1 })
  assert.deepEqual(odd.warnings, ["'txt' is an invalid keyword argument for 'motd.present'. Did you mean 'text'?"])
})

test('a watch has work of its own', async () => {
  using host = await UserPluginHost.with({ '_states/motd.ts': planned })
  const seen = await host.states.watch('motd.present', { name: '/x', text: 'a' })
  assert.deepEqual([seen.comment, seen.changes], ['seen 0 motd base', { watched: true }])
})

test("Salt's simple form is told whether it is a dry run", async () => {
  using host = await UserPluginHost.with({ '_states/motd.ts': planned })
  const dry = await host.states.test('motd.simple', { name: 'x' })
  assert.deepEqual(dry, { result: null, comment: 'x in a dry run', changes: {}, more: { data: 7 } })
  const run = await host.states.apply('motd.simple', { name: 'x' })
  assert.deepEqual(run, { result: true, comment: 'x', changes: { a: 1 }, more: { data: 7 } })
  const lines = await host.states.apply('motd.simple', { name: 'x', answer: { result: false, comment: ['a', 'b'] } })
  assert.deepEqual(lines, { result: false, comment: 'a\nb', changes: {} })
})

for (const [answer, pattern] of [
  ['text', /motd\.simple must give \{ result, comment, changes \}, but gave no mapping/],
  [{ comment: 'x' }, /but its result is not true, false or null/],
  [{ result: true, comment: 3 }, /but its comment is no text/],
  [{ result: true, changes: 'many' }, /but its changes are no mapping/],
  [{ result: null }, /gave null for its result, which only a dry run may/],
] as const) {
  test(`what it gives is checked: ${JSON.stringify(answer)}`, async () => {
    using host = await UserPluginHost.with({ '_states/motd.ts': planned })
    const { result, comment } = await host.states.apply('motd.simple', { name: 'x', answer })
    assert.equal(result, false)
    assert.match(comment, pattern)
  })
}

test('functions are states, too, and a file of them has one watch', async () => {
  const text = `
    export const doc = 'Things.'
    export function present(ctx, { name, value, test }) {
      if (test) return { name, result: null, changes: {}, comment: name + ' would be ' + value }
      return { name, result: true, changes: { [name]: value }, comment: 'done' }
    }
    present.doc = 'Have a thing.'
    export const checked = (ctx, { name, size }) => ({ result: size > 1, changes: {}, comment: String(size) })
    checked.args = { name: s.string('What'), size: s.integer('How large') }
    export function mod_watch(ctx, { name, sfun }) {
      return { result: true, changes: { restarted: true }, comment: sfun + ' of ' + name }
    }
  `
  using host = await UserPluginHost.with({ '_states/things.js': text })
  const { states } = host.functions.catalogues
  assert.deepEqual(
    states.names().filter((name) => name.startsWith('things.')),
    ['things.checked', 'things.present'],
  )
  assert.equal((await states.describe('things.present'))?.doc, 'Have a thing.')
  assert.equal(await states.moduleDoc('things'), 'Things.')
  assert.equal((await host.states.test('things.present', { name: 'a', value: 1 })).comment, 'a would be 1')
  assert.deepEqual((await host.states.apply('things.present', { name: 'a', value: 1 })).changes, { a: 1 })
  assert.equal((await host.states.apply('things.checked', { name: 'a', size: '3' })).result, true, 'a number in quotes')
  assert.match((await host.states.apply('things.checked', { name: 'a', size: 'x' })).comment, /size must be an integer/)
  assert.equal((await host.states.watch('things.present', { name: 'a', value: 1 })).comment, 'present of a')
})

test('an error names the file and the line, in a plan and when it is done', async () => {
  using host = await UserPluginHost.with({ '_states/motd.ts': planned })
  for (const [fun, words] of [
    ['wrong', 'too far'],
    ['late', 'too late'],
  ]) {
    const { result, comment } = await host.states.apply(`motd.${fun}`, { name: 'x' })
    assert.equal(result, false)
    const line = planned.split('\n').findIndex((text) => text.includes(`'${words}'`)) + 1
    assert.equal(comment, `${words} (${host.file('_states/motd.ts')}:${line})`)
  }
  const debug = host.functions.logged.filter(({ message }) => message === 'A state threw')
  assert.equal(debug.length, 2)
})

for (const fun of ['stuck', 'stuck_late']) {
  test(`${fun}: an endless loop is ended with its job, and nothing else is`, async () => {
    const controller = new AbortController()
    using host = await UserPluginHost.with({ '_states/motd.ts': planned }, { signal: controller.signal })
    const stuck = host.states.apply(`motd.${fun}`, { name: 'x' })
    const other = await UserPluginHost.with({})
    using _ = other
    assert.equal((await other.states.apply('test.nop', { name: 'x' })).result, true, 'the process goes on')
    controller.abort(new Error('enough'))
    await assert.rejects(stuck, /enough/)
  })
}

for (const [fun, pattern] of [
  ['gone', /was ended: its thread ended with code 9/],
  ['greedy', /was ended: .*memory/i],
  ['nothing', /must give \{ result, comment, changes \}, but gave no mapping/],
  ['odd', /could not be cloned/],
] as const) {
  test(`${fun}: a state fails alone`, async () => {
    using host = await UserPluginHost.with({ '_states/motd.ts': planned })
    const { result, comment } = await host.states.apply(`motd.${fun}`, { name: 'x' })
    assert.equal(result, false)
    assert.match(comment, pattern)
    assert.equal((await host.states.apply('motd.simple', { name: 'x' })).result, true, 'the others still work')
  })
}

test('what a thread has planned and forgotten is planned again', async () => {
  using host = await UserPluginHost.with({ '_states/motd.ts': planned })
  const { comment } = await host.states.apply('motd.gone_late', { name: 'x' })
  assert.match(comment, /^again$|was ended/)
})

for (const [what, file, text, pattern] of [
  ['a syntax error', 'bad.js', 'export const b = {\n', /bad\.js/],
  ['nothing in it', 'bad.ts', 'const a = 1\n', /bad\.ts: The file exports no states/],
  ['no doc', 'bad.ts', '\nexport const a = { name: "a", functions: {} }', /bad\.ts:2: The module a needs a doc/],
  [
    'neither plan nor run',
    'bad.ts',
    'export const a = defineStates({\n name: "a",\n doc: "A.",\n functions: {\n  present: state({ doc: "X." }) } })',
    /bad\.ts:5: a\.present has no plan or run function/,
  ],
  [
    'an argument without schema',
    'bad.ts',
    'export const a = { name: "a", doc: "A.", functions: {\n x: state({ doc: "X.", args: { y: 1 }, plan() {} }) } }',
    /bad\.ts:2: The argument y of a\.x needs a schema/,
  ],
  [
    'a name that cannot be typed',
    'bad.ts',
    'export function Present() {}',
    /The name of bad\.Present must be made of small/,
  ],
] as const) {
  test(`a faulty file is told by name, line and reason: ${what}`, async () => {
    using host = await UserPluginHost.with({ [`_states/${file}`]: text, '_states/motd.ts': planned })
    assert.match(host.faults.join(), pattern)
    await assert.rejects(host.states.apply('bad.present', { name: 'x' }), /^Error: 'bad' is not available: .*bad\./)
    assert.equal((await host.states.apply('motd.simple', { name: 'x' })).result, true, 'others are loaded')
  })
}

test('files share others: beside them, and from _utils', async () => {
  using host = await UserPluginHost.with({
    '_utils/words.ts': 'export const word: string = "shared"\n',
    '_states/_helper.ts': 'export const more = (text: string) => text + "!"\n',
    '_states/talk.ts': `
      import { word } from '../_utils/words.ts'
      import { more } from './_helper.ts'
      export const say = (ctx, { name }) => ({ result: true, changes: {}, comment: more(word + ' ' + name) })
    `,
    '_modules/talking.ts': `
      import { word } from '../_utils/words.ts'
      export const talking = defineModule({ name: 'talking', doc: 'Talks.', functions: {
        say: fn({ doc: 'Say it.', returns: s.string(), examples: [], run: () => word }),
      } })
    `,
  })
  assert.deepEqual(host.faults, [])
  assert.equal((await host.states.apply('talk.say', { name: 'word' })).comment, 'shared word!')
  assert.equal((await host.functions.call('talking.say')).return, 'shared')
})

test('a changed file is taken up', async () => {
  using host = await UserPluginHost.with({ '_states/motd.ts': planned })
  writeFileSync(host.file('_states/motd.ts'), planned.replace("'The message is right'", "'All is well'"))
  await host.reload()
  writeFileSync(host.folder.file('motd'), 'a')
  assert.equal(
    (await host.states.apply('motd.present', { name: host.folder.file('motd'), text: 'a' })).comment,
    'All is well',
  )
})
