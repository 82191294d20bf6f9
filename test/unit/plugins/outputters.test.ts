import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { Float } from '../../../src/base/float.ts'
import { Secret } from '../../../src/base/secret.ts'
import { stringWidth } from '../../../src/base/string-width.ts'
import { recordOfWritten } from '../../../src/base/written-keys.ts'
import type { OutputOptions } from '../../../src/engine/output.ts'
import { stateOutputOptions } from '../../../src/engine/state/output-options.ts'
import { loadOutputter, outputterNames } from '../../../src/plugins/outputters/outputters.ts'

interface Case {
  readonly name: string
  readonly outputter: string
  readonly value: unknown
  readonly options: Partial<OutputOptions> & {
    /** Options of the configuration. */
    readonly config?: Readonly<Record<string, unknown>>
    /** Arguments of the job. */
    readonly arg?: readonly unknown[]
  }
  readonly expected: string
}

const folder = join(import.meta.dirname, '../../cases/outputters')

async function render(name: string, value: unknown, options: Partial<OutputOptions> = {}): Promise<string> {
  const outputter = await loadOutputter(name)
  assert.ok(outputter, `there is no outputter ${name}`)
  return outputter.render(value, { color: false, ...options }).trimEnd()
}

for (const file of ['nested.json', 'others.json', 'highstate.json', 'highstate-recorded.json']) {
  describe(`outputters: ${file}`, () => {
    const cases: readonly Case[] = JSON.parse(readFileSync(join(folder, file), 'utf8'))
    for (const { name, outputter, value, options, expected } of cases) {
      const { config = {}, arg, ...given } = options
      const states = stateOutputOptions({ all: config, get: (key) => config[key] }, { arg })
      it(name, async () => assert.equal(await render(outputter, value, { states, ...given }), expected))
    }
  })
}

describe('outputters: values that JSON cannot hold', () => {
  it('shows integral floats with their point', async () => {
    assert.equal(await render('nested', [new Float(1), 10n ** 20n]), '- 1.0\n- 100000000000000000000')
    assert.equal(await render('json', [new Float(1)], { indent: -1 }), '[1.0]')
    assert.equal(await render('raw', { a: new Float(2) }), "{'a': 2.0}")
  })

  it('sorts keys that are numbers as numbers', async () => {
    const ports = recordOfWritten([10, 9, 100].map((port) => [port, 'x']))
    assert.equal(await render('nested', ports), '9:\n    x\n10:\n    x\n100:\n    x')
    assert.equal(await render('json', ports, { indent: -1 }), '{"10": "x", "9": "x", "100": "x"}')
    assert.equal(await render('yaml', ports, { indent: -1 }), '{9: x, 10: x, 100: x}')
  })

  it('indents YAML as deep as asked, and puts it on one line for -1', async () => {
    const value = { a: [{ b: { c: 1 } }] }
    assert.equal((await render('yaml', value, { indent: 4 })).trimEnd(), 'a:\n-   b:\n        c: 1')
    assert.equal((await render('yaml', value, { indent: -1 })).trimEnd(), '{a: [{b: {c: 1}}]}')
    assert.equal((await render('yaml', value)).trimEnd(), 'a:\n- b:\n    c: 1')
  })

  it('shows bytes as text where they are text', async () => {
    assert.equal(await render('nested', { a: Buffer.from('é') }), 'a:\n    é')
    assert.equal(await render('nested', { a: Buffer.from([0xff, 0x00]) }), "a:\n    b'\\xff\\x00'")
  })

  it('never shows a secret', async () => {
    for (const name of outputterNames) {
      const text = await render(name, { a: new Secret('open sesame'), minions: [new Secret('open sesame')] })
      assert.ok(!text.includes('sesame'), name)
    }
  })

  it('lets no control character of a value into a text with colors', async () => {
    const hostile = 'a\u001b[2Jb\u0007c\bd\u009b31me\u007ff\rg\u001b]0;x\u0007'
    const values = [
      { [hostile]: hostile },
      { a: { [hostile]: [hostile, { b: hostile }] } },
      { a: [[hostile, hostile]] },
      { minions_pre: [hostile] },
      { minions: { [hostile]: hostile } },
    ]
    const colored = []
    for (const name of outputterNames) {
      if ((await loadOutputter(name))?.isColored !== true) continue
      colored.push(name)
      for (const value of values) {
        const text = await render(name, value)
        assert.doesNotMatch(text, /(?!\n)\p{Cc}/u, `${name}: ${JSON.stringify(text)}`)
      }
    }
    assert.deepEqual(colored, ['grains', 'highstate', 'key', 'nested', 'no_return', 'table'])
  })

  it('keeps the order of an ordered mapping', async () => {
    assert.equal(
      await render(
        'nested',
        new Map([
          ['b', 1],
          ['a', 2],
        ]),
      ),
      'b:\n    1\na:\n    2',
    )
  })
})

describe('tables', () => {
  const rows = [
    ['short', 'a text of several words that goes on', 'x'],
    ['日本語', 'anunbrokenwordofthirtycharacter', 'emoji 😀😀 and é'],
    ['', 'tab', '漢字'.repeat(30)],
  ]

  it('counts the columns that wide characters take', async () => {
    const lines = (
      await render('table', {
        a: [
          ['日本', '😀'],
          ['abc', 'é'],
        ],
      })
    ).split('\n')
    assert.deepEqual(lines, [
      'a:',
      '----------',
      '    -------------',
      '    | 日本 | 😀 |',
      '    -------------',
      '    | abc  | é  |',
      '    -------------',
    ])
  })

  it('keeps the form of Salt where no terminal sets a width', async () => {
    assert.match(await render('table', { a: rows }), /a text of several words that goes on .*\n/)
  })

  for (const columns of [80, 40, 30, 20, 10, 1, 0]) {
    it(`fit into ${columns} columns where their borders do, and lose nothing`, async () => {
      const text = await render('table', { a: rows }, { columns })
      const table = text.split('\n').filter((line) => line.startsWith('    '))
      const widths = new Set(table.map(stringWidth))
      assert.equal(widths.size, 1, text)
      const bordersAndOneCharacterEach = 4 + 4 + 3 * 2 + 3 * 2
      for (const width of widths) assert.ok(width <= Math.max(columns, bordersAndOneCharacterEach), text)
      const cells = (column: number): string => table.map((line) => (line.split('|')[column] ?? '').trim()).join('')
      assert.equal(
        cells(2).replaceAll(' ', ''),
        rows
          .map((row) => row[1])
          .join('')
          .replaceAll(' ', ''),
      )
      assert.equal(
        cells(3).replaceAll(' ', ''),
        rows
          .map((row) => row[2])
          .join('')
          .replaceAll(' ', ''),
      )
    })
  }
})

describe('the table of outputters', () => {
  it('loads each by its name, with a doc', async () => {
    for (const name of outputterNames) {
      const outputter = await loadOutputter(name)
      assert.equal(outputter?.name, name)
      assert.match(outputter?.doc ?? '', /\.$/)
    }
  })

  it('knows nothing of other names', async () => {
    for (const name of ['nosuch', 'constructor', '__proto__', '']) assert.equal(await loadOutputter(name), undefined)
  })
})
