import assert from 'node:assert/strict'
import { test } from 'node:test'
import { FieldTemplate } from '../../../../src/engine/returners/field-template.ts'

const record = { id: 'web1', fun: ['test.ping', 'cmd.run'], ok: true, data: { list: [1, { deep: 'x' }] }, none: null }

const filled: readonly (readonly [text: string, expected: string])[] = [
  ['', ''],
  ['plain $ { text }', 'plain $ { text }'],
  [`\${id}`, 'web1'],
  [`a \${id} b \${ ok } c`, 'a web1 b true c'],
  [`\${fun}`, 'test.ping,cmd.run'],
  [`\${data.list.1.deep}`, 'x'],
  [`\${data.list}`, '[1, {"deep": "x"}]'],
  [`[\${missing.deep}][\${none}][\${id.length}][\${constructor}]`, '[][][][]'],
  [`$\${id} \${id}`, `\${id} web1`],
  [`\${id}}`, 'web1}'],
]

for (const [text, expected] of filled) {
  test(`the template ${JSON.stringify(text)}`, () => {
    assert.equal(new FieldTemplate(text, 'a text').fill(record), expected)
  })
}

test('a text that is one field has the value of it', () => {
  assert.deepEqual(new FieldTemplate(`\${data.list}`, 'a text').value(record), [1, { deep: 'x' }])
  assert.equal(new FieldTemplate(`\${ok}`, 'a text').value(record), true)
  assert.equal(new FieldTemplate(`\${ok} `, 'a text').value(record), 'true ')
  assert.equal(new FieldTemplate('text', 'a text').value(record), 'text')
})

for (const [text, fault] of [
  [`a \${id`, 'a field without an end'],
  [`a \${}`, 'a field without a name'],
  [`a \${ }`, 'a field without a name'],
] as const) {
  test(`the template ${JSON.stringify(text)} is refused`, () => {
    assert.throws(() => new FieldTemplate(text, 'smtp.subject'), {
      code: 'configuration',
      message: new RegExp(`^smtp\\.subject has ${fault}`),
    })
  })
}
