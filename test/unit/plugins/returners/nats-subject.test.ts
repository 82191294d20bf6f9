import assert from 'node:assert/strict'
import { test } from 'node:test'
import { SubjectTemplate } from '../../../../src/plugins/returners/nats/subject.ts'

const record = { kind: 'return', id: 'web1.example.org', fun: 'test.ping', tag: 'salt/job//a b/*', jid: '1', deep: {} }

const filled: readonly (readonly [template: string, expected: string])[] = [
  ['plain', 'plain'],
  [`salt.\${kind}.\${id}.\${fun}`, 'salt.return.web1_example_org.test.ping'],
  [`a.\${tag}`, 'a.salt.job._.a_b._'],
  [`a.\${missing}.\${deep}`, 'a._.{}'],
  [`x-\${jid}-y`, 'x-1-y'],
]

for (const [template, expected] of filled) {
  test(`the subject ${template}`, () => {
    assert.equal(new SubjectTemplate(template, 'nats.return_subject').fill(record), expected)
  })
}

test('what a value has in it never becomes a wildcard or the end of a line', () => {
  const subject = new SubjectTemplate(`a.\${id}`, 'nats.return_subject').fill({ id: '>\r\nPUB x 1\r\n*' })
  assert.equal(subject, 'a.___PUB_x_1___')
})

for (const template of ['', 'a b', 'a..b', '.a', 'a.', 'a.*', '>', `a.\${id`, 'a\nb']) {
  test(`${JSON.stringify(template)} is no subject`, () => {
    assert.throws(() => new SubjectTemplate(template, 'nats.return_subject'), {
      code: 'configuration',
      message: /^nats\.return_subject /,
    })
  })
}
