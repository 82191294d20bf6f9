import assert from 'node:assert/strict'
import { test } from 'node:test'
import { renderTemplate } from '../../../support/render-text.ts'

test('each line of the text names the line of the template that made it', async () => {
  const files = {
    'part.sls': '\nincluded: {{ x }}\n',
    'lib.jinja': '{% macro twice(x) %}\nfirst: {{ x }}\nsecond: {{ x }}{% endmacro %}',
  }
  const template = [
    '{% from "lib.jinja" import twice %}',
    '{% set x = 1 -%}',
    '',
    'a: {{ x }}',
    '{%- for i in range(2) %}',
    '  b{{ i }}:',
    '    c',
    '{%- endfor %}',
    '{{ twice(2) }}',
    '{% include "part.sls" %}',
    'end',
  ].join('\n')
  const rendered = await renderTemplate(template, { files })
  const lines = rendered.text.split('\n').map((line, index) => {
    const place = rendered.placeOf(index + 1)
    return `${line} | ${place?.file}:${place?.line}`
  })
  assert.deepEqual(lines, [
    ' | main.sls:1',
    'a: 1 | main.sls:4',
    '  b0: | main.sls:6',
    '    c | main.sls:7',
    '  b1: | main.sls:6',
    '    c | main.sls:7',
    ' | main.sls:9',
    'first: 2 | main.sls:9',
    'second: 2 | main.sls:9',
    ' | part.sls:1',
    'included: 1 | part.sls:2',
    'end | main.sls:11',
  ])
  assert.equal(rendered.placeOf(99), undefined)
  assert.deepEqual(rendered.placeOf(2, 4), { file: 'main.sls', line: 4, column: 7 })
})
