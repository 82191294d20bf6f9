import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { SaltError } from '../../../../src/base/errors.ts'
import { renderFault, renderText } from '../../../support/render-text.ts'

describe('an error tells where it is', () => {
  test('file, line, column and the lines around', async () => {
    const fault = await renderFault('one\ntwo\n  {{ nope }}\nfour\n')
    assert.equal(fault.type, 'UndefinedError')
    assert.equal(fault.where, 'main.sls:3:6')
    assert.equal(
      fault.message,
      "Jinja variable 'nope' is undefined; line 3\n\n---\none\ntwo\n  {{ nope }}    <======================\nfour\n---",
    )
  })

  test('in the middle of a long file', async () => {
    const lines = Array.from({ length: 40 }, (_, index) => (index === 19 ? '{{ 1 / 0 }}' : `line ${index + 1}`))
    const fault = await renderFault(lines.join('\n'))
    assert.match(
      fault.message,
      /line 20\n\n---\n\[\.\.\.\]\nline 15\n(?:.*\n){4}\{\{ 1 \/ 0 \}\} {4}<=+\n(?:.*\n){4}line 25\n\[\.\.\.\]\n---$/,
    )
  })

  test('the way through imports, includes and macros', async () => {
    const files = {
      'lib.jinja': '{% macro f(x) %}\n{% include "part.sls" %}{% endmacro %}',
      'part.sls': '\n\n{{ x.y.z }}\n',
    }
    const fault = await renderFault('{% from "lib.jinja" import f %}\n\n{{ f({}) }}', { files })
    assert.deepEqual(
      fault.places.map(({ file, line }) => `${file}:${line}`),
      ['main.sls:3', 'lib.jinja:2', 'part.sls:3'],
    )
    assert.match(fault.message, /\{\{ x\.y\.z \}\} {4}<=/)
    assert.match(
      fault.message,
      /in part\.sls\n {2}reached from lib\.jinja, line 2\n {2}reached from main\.sls, line 3$/,
    )
  })

  test('a mistake in the form of an imported file is reported there', async () => {
    const fault = await renderFault('a\n{% import "lib.jinja" as lib %}', { files: { 'lib.jinja': 'x\n\n  {% if %}' } })
    assert.equal(fault.where, 'lib.jinja:3:9')
    assert.match(fault.message, /^Jinja syntax error: Expected an expression/)
  })

  test('bad YAML in a template has its own line', async () => {
    const fault = await renderFault('{% load_yaml as d %}\na: 1\nb: [1\n{% endload %}')
    assert.equal(fault.places.at(-1)?.line, 1)
    assert.equal(fault.problem?.line, 4)
    assert.match(fault.message, /line 4 of the text that was loaded/)
  })

  test('what functions throw keeps its kind', async () => {
    const functions = {
      'a.args': () => {
        throw new SaltError('bad-arguments', 'wrong')
      },
      'a.fail': async () => {
        throw new SaltError('execution-failed', 'broken')
      },
      'a.crash': () => {
        throw new Error('bug')
      },
    }
    const invocation = await renderFault('\n{{ salt.a.args() }}', { functions })
    assert.equal(invocation.type, 'SaltInvocationError')
    assert.match(invocation.message, /^Problem running salt function in Jinja template: wrong; line 2/)
    assert.equal((await renderFault('{{ salt["a.fail"]() }}', { functions })).type, 'CommandExecutionError')
    assert.match((await renderFault('{{ salt.a.crash() }}', { functions })).message, /^Jinja error: bug/)
  })

  test('a failure in a loop is reported at the loop, the next render starts anew', async () => {
    const fault = await renderFault('a\n{% for x in [1, "b"] | map("round") %}\n{{ x }}\n{% endfor %}')
    assert.equal(fault.places.at(-1)?.line, 2)
    assert.equal(await renderText('{{ 1 }}'), '1')
  })
})

describe('functions that answer later', () => {
  const functions = { 'a.later': async (value: unknown) => value, 'a.now': (value: unknown) => value }

  test('everywhere in expressions and statements', async () => {
    const cases: readonly (readonly [string, string])[] = [
      ['{{ salt.a.later(1) + salt.a.now(2) }}', '3'],
      ['{{ [salt.a.later(1), {"k": salt.a.later(2)}] }}', "[1, {'k': 2}]"],
      ['{% if salt.a.later(false) or salt.a.later(true) %}yes{% endif %}', 'yes'],
      [
        '{% for x in salt.a.later([1, 2]) if salt.a.later(x) > 1 %}{{ x }}{{ loop.last }}{{ loop.length }}{% endfor %}',
        '2True1',
      ],
      ['{% macro m(x=salt.a.later(5)) %}{{ x }}{% endmacro %}{{ [1, 2] | map("string") | join }}{{ m() }}', '125'],
      ['{% set x = salt.a.later({"a": 1}) %}{% do x.update(b=salt.a.later(2)) %}{{ x }}', "{'a': 1, 'b': 2}"],
    ]
    for (const [text, wanted] of cases) assert.equal(await renderText(text, { functions }), wanted)
  })

  test('a result can be changed in place', async () => {
    const shared: unknown[] = []
    await renderText('{% do salt.a.shared().append(1) %}', { functions: { 'a.shared': async () => shared } })
    assert.deepEqual(shared, [1])
  })
})
