import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { renderFault, renderText } from '../../../support/render-text.ts'

describe('a template reaches nothing of JavaScript', () => {
  const names = ['constructor', '__proto__', 'toString', 'hasOwnProperty', 'length', 'map', 'size', 'call', 'typeName']
  const objects = ['"text"', '[1]', '{"a": 1}', '(1,)', '1', 'range', 'namespace()', 'cycler(1)', 'salt', '[].append']
  for (const object of objects) {
    test(object, async () => {
      for (const name of names) {
        assert.equal(await renderText(`{{ (${object}).${name} is defined }}`), 'False', name)
        assert.equal(await renderText(`{{ (${object} | attr('${name}')) is defined }}`), 'False', name)
      }
    })
  }

  test('names of JavaScript are ordinary names', async () => {
    assert.equal(await renderText('{{ constructor is defined }}{{ __proto__ is defined }}'), 'FalseFalse')
    const text =
      '{% set __proto__ = {"x": 1} %}{% set constructor = 2 %}{{ __proto__ }}{{ constructor }}{{ x is defined }}'
    assert.equal(await renderText(text), "{'x': 1}2False")
    assert.equal(await renderText('{% macro m(__proto__) %}{{ __proto__ }}{% endmacro %}{{ m(3) }}'), '3')
    assert.equal(
      await renderText('{{ dict(__proto__=1) }}{{ namespace(__proto__=1) }}'),
      "{'__proto__': 1}<Namespace {'__proto__': 1}>",
    )
  })

  test('no name and no text of a template becomes code', async () => {
    const text = `{% set x = "');process.exit(1);('" %}{{ x }}\u2028\${1}\`{{ "\\"" }}`
    assert.equal(await renderText(text), `');process.exit(1);('\u2028\${1}\`"`)
  })
})

describe('a template cannot stall the process', () => {
  const limits = { rounds: 1000, characters: 10_000 }

  test('endless loops end', async () => {
    const endless = '{% set l = [1] %}{% for x in l %}{% do l.append(x) %}{% endfor %}'
    assert.equal((await renderFault(endless, { limits })).type, 'OverflowError')
    const nested = '{% for x in range(100000) %}{% for y in range(100000) %}{{ loop.index }}{% endfor %}{% endfor %}'
    assert.equal((await renderFault(nested, { limits })).type, 'OverflowError')
  })

  test('output is bounded, also where it is captured', async () => {
    const text = '{% for x in range(999) %}0123456789abcdef{% endfor %}'
    assert.equal((await renderFault(text, { limits })).type, 'OverflowError')
    assert.equal((await renderFault(`{% set y %}${text}{% endset %}`, { limits })).type, 'OverflowError')
  })

  for (const huge of [
    '"x" * 10 ** 10',
    '[0] * 10 ** 10',
    '"%1000000000d" % 1',
    '"{:1000000000}".format(1)',
    '"a".ljust(10 ** 10)',
    '"a" | indent(10 ** 10)',
    '"a" | center(10 ** 10)',
    '(range(100000) | list) | join("x" * 100000)',
    '("a\\n" * 100000) | indent(100000)',
    '"\\t".expandtabs(10 ** 10)',
    '[1] | batch(10 ** 9, 0) | list',
    '[1] | slice(10 ** 9) | list',
    'lipsum(n=10 ** 8)',
    'lipsum(n=10 ** 9, min=0, max=0)',
    '(1,) * 10 ** 8',
  ]) {
    test(huge, async () => assert.equal((await renderFault(`{{ ${huge} }}`)).type, 'MemoryError'))
  }

  for (const [template, output] of [
    ["{{ '{:0300000,}'.format(1) | length }}", '300001'],
    ['{{ [] * 10 ** 15 }}', '[]'],
    ['{{ ("a ~" ~ " " * 300000 ~ "b  ") | trim | length }}', '300004'],
    ['{{ ("1" * 300000 ~ "x") | float(7) }}', '7'],
    ['{{ ("a " * 200000) | wordwrap(10) | length }}', '399999'],
    ['{{ ("<" * 300000) | striptags | length }}{{ "a<!-- <b> -->b<i>c</i> <" | striptags }}', '300000abc <'],
    ['{{ ([1] * 200000 * 2) | length }}', '400000'],
    [
      '{% set l = range(100000) | list %}{{ l | symmetric_difference(l) }}{{ l | difference(l) }}{{ l | intersect(l) | length }}',
      '[][]100000',
    ],
  ] as const) {
    test(`soon done: ${template}`, { timeout: 15_000 }, async () => assert.equal(await renderText(template), output))
  }

  test('powers that nobody could hold', async () => {
    assert.equal((await renderFault('{{ 9 ** 9999999 }}')).type, 'OverflowError')
  })

  for (const [what, use] of [
    ['printed', '{{ n.x }}'],
    ['written as JSON', '{{ n.x | json }}'],
    ['flattened', '{{ n.x | flatten }}'],
    ['compared', '{{ n.x == n.y }}'],
    ['given to a function', '{{ salt["test.echo"](n.x) }}'],
  ] as const) {
    test(`a list twice in a list, and so on: ${what}`, async () => {
      const text = `{% set n = namespace(x=[1], y=[1]) %}{% for i in range(40) %}{% set n.x = [n.x, n.x] %}{% set n.y = [n.y, n.y] %}{% endfor %}${use}`
      const fault = await renderFault(text, { functions: { 'test.echo': (value) => value } })
      assert.equal(fault.type, 'MemoryError')
    })
  }

  for (const [what, type, value] of [
    ['list', 'MemoryError', '{% set n.x = n.x + n.x %}'],
    ['text', 'MemoryError', '{% set n.t = n.t ~ n.t %}'],
    ['integer', 'OverflowError', '{% set n.i = n.i * n.i %}'],
  ] as const) {
    test(`doubled in a loop: ${what}`, async () => {
      const text = `{% set n = namespace(x=[1], t="a", i=10) %}{% for i in range(60) %}${value}{% endfor %}`
      assert.equal((await renderFault(text)).type, type)
    })
  }

  test('macros and templates that call each other twice', async () => {
    const macro = '{% macro f(n) %}{% if n %}{{ f(n - 1) }}{{ f(n - 1) }}{% endif %}{% endmacro %}{{ f(60) }}'
    assert.equal((await renderFault(macro, { limits })).type, 'OverflowError')
    const names = Array.from({ length: 60 }, (_, index) => `f${index}`)
    const twice = (name: string): string => `{% include "${name}" %}{% include "${name}" %}`
    const files = Object.fromEntries(names.map((name, index) => [name, twice(names[index + 1] ?? 'end')]))
    assert.equal((await renderFault(twice('f0'), { limits, files: { ...files, end: 'x' } })).type, 'OverflowError')
  })

  test('integers of more digits than Python reads are none', async () => {
    assert.equal(await renderText('{{ ("1" * 4301) | int(default=7) }}'), '7')
  })

  test('a template that is nested too deeply is named', async () => {
    const fault = await renderFault('{% include "deep.jinja" %}', {
      files: { 'deep.jinja': `{{ ${'-'.repeat(50_000)}1 }}` },
    })
    assert.match(fault.message, /the template deep\.jinja is nested too deeply/)
  })

  test('no message repeats megabytes of a template', async () => {
    for (const text of [
      `{{ ${'b'.repeat(1e6)}.x }}`,
      '{{ raise("b" * 1000000) }}',
      '{{ ("[" * 100000) | load_json }}',
    ]) {
      assert.ok((await renderFault(text)).message.length < 20_000)
    }
  })

  for (const [what, text] of [
    ['macro', '{% macro m() %}{{ m() }}{% endmacro %}{{ m() }}'],
    ['include', '{% include "main.sls" %}'],
    ['loop', '{% for x in [1] recursive %}{{ loop([x]) }}{% endfor %}'],
    ['brackets', `{{ ${'('.repeat(5000)}1${')'.repeat(5000)} }}`],
    ['signs', `{{ ${'-'.repeat(20_000)}1 }}`],
  ] as const) {
    test(`endless recursion: ${what}`, async () => {
      const fault = await renderFault(text, { files: { 'main.sls': text } })
      assert.equal(fault.type, 'RecursionError')
    })
  }

  test('a line of many words takes time by its length, not by its square', { timeout: 10_000 }, async () => {
    assert.equal(await renderText(`{{ [${'1,'.repeat(300_000)}1] | length }}`), '300001')
  })

  test('a long loop lets others have their turn', async () => {
    let turns = 0
    const timer = setInterval(() => {
      turns += 1
    }, 1)
    await renderText('{% for x in range(100000) %}{{ x }}{% endfor %}{% for x in range(100000) %}{{ x }}{% endfor %}')
    clearInterval(timer)
    assert.ok(turns > 1, `${turns} turns`)
  })
})
