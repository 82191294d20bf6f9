import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { SaltError } from '../../../../src/base/errors.ts'
import { inlineTemplate, parseEventTemplate } from '../../../../src/engine/reactor/event-template.ts'

const event = {
  tag: 'my/app/deploy',
  data: { id: 'web1', data: { port: 8080, list: ['a', 'b'], nested: { 'a key': true }, text: 'x' }, _stamp: 'now' },
}

async function filled(text: string, data: Record<string, unknown> = event.data): Promise<unknown> {
  return (await parseEventTemplate(text, '/srv/r.sls')).fill({ tag: event.tag, data })
}

describe('a reaction file', () => {
  const cases: readonly (readonly [text: string, value: unknown])[] = [
    ["a: {{ data['id'] }}", 'web1'],
    ['a: {{ data.id }}', 'web1'],
    ["a: {{data['data']['port']}}", 8080],
    ["a: '{{ data.data.port }}'", 8080],
    ['a: {{- data.data.list[1] -}}', 'b'],
    ['a: {{ data.data["nested"]["a key"] }}', true],
    ['a: port {{ data.data.port }} of {{ data.id }}', 'port 8080 of web1'],
    ['a: {{ tag }}', 'my/app/deploy'],
    ["a: {{ data.none | default('z') }}", 'z'],
    ['a: {{ data.none.deeper | d(5) }}', 5],
    ["a: {{ data.id | default('z') | upper }}", 'WEB1'],
    ["a: {{ data.none | default('b | c') }}", 'b | c'],
    ['a: {{ data.data.list | json }}', ['a', 'b']],
    ["a: '{{ data.data.list | json }}'", '["a", "b"]'],
    ['a: list={{ data.data.list | json }}', 'list=["a", "b"]'],
    ["a: {{ data.get('id') }}", 'web1'],
    ["a: {{ data['data'].get('none', 5) | string }}", '5'],
    ["a: {{ data.get('none', 'b c') | upper }}", 'B C'],
    ["a: {{ data.get('none') }}", null],
    ['a: {{ data.id | yaml_dquote }}', 'web1'],
    ['a: echo {{ data.data.nested | quote }} {{ data.id | quote }}', `echo '{'"'"'a key'"'"': True}' web1`],
    ['a: {{ data.data.port | string }}', '8080'],
    ['a: |\n  one {{ data.id }}\n  two', 'one web1\ntwo'],
    ['{# not {{ this.one }} #}\na: {{ data.id }}', 'web1'],
    ['#!yaml\na: b', 'b'],
  ]
  for (const [text, value] of cases) {
    it(`fills in ${JSON.stringify(text)}`, async () => {
      assert.deepEqual(await filled(text), { a: value })
    })
  }

  it('may stand in the configuration itself', () => {
    const source = {
      go: { 'local.test.arg': [{ tgt: '{{ data.id }}' }, { args: ['{{ data.data.port }}', 'of {{ tag }}', 1] }] },
    }
    assert.deepEqual(inlineTemplate(source, '/etc/salt/master:3').fill(event), {
      go: { 'local.test.arg': [{ tgt: 'web1' }, { args: [8080, 'of my/app/deploy', 1] }] },
    })
    const bad = { code: 'configuration', where: '/etc/salt/master:3' }
    assert.throws(() => inlineTemplate({ a: ['{{ grains.id }}'] }, '/etc/salt/master:3'), bad)
    assert.throws(() => inlineTemplate({ a: '{% if x %}' }, '/etc/salt/master:3'), bad)
  })

  it('takes values as keys, too', async () => {
    assert.deepEqual(await filled('{{ data.id }}:\n  {{ tag }}: 1'), { web1: { 'my/app/deploy': 1 } })
  })

  it('gives a minion no way to add keys, items or reactions', async () => {
    const evil = "x\nevil:\n  local.cmd.run:\n    - tgt: '*'\n    - args: ['id', '{{ tag }}']"
    assert.deepEqual(await filled('a:\n  - tgt: {{ data.id }}\n  - b', { id: evil }), { a: [{ tgt: evil }, 'b'] })
    assert.deepEqual(await filled('a: "{{ data.id }}!"', { id: evil }), { a: `${evil}!` })
  })

  it('says which value the event lacks, and where it is asked for', async () => {
    await assert.rejects(filled('a: 1\nb: {{ data.nobody }}'), {
      code: 'execution-failed',
      message: 'the event my/app/deploy has no data.nobody',
      where: '/srv/r.sls:2',
    })
    await assert.rejects(filled('a: {{ data.id.constructor }}'), { message: /has no data\.id\.constructor/ })
    await assert.rejects(filled('a: {{ data.__proto__ }}'), { message: /has no data\.__proto__/ })
  })

  const wrong: readonly (readonly [text: string, where: string, message: RegExp])[] = [
    ['a: 1\n{% if data.id %}\nb: 1\n{% endif %}', '/srv/r.sls:2', /template tags/],
    ['a: 1\nb: {{ salt.cmd.run("id") }}', '/srv/r.sls:2', /no value of an event/],
    ['a: {{ data.id | shell }}', '/srv/r.sls:1', /no value of an event/],
    ['a: {{ grains.os }}', '/srv/r.sls:1', /no value of an event/],
    ['#!py\nx = 1', '/srv/r.sls:1', /'py' is not known/],
    ['a: [1\nb: 2', '/srv/r.sls:2', /./],
  ]
  for (const [text, where, message] of wrong) {
    it(`refuses ${JSON.stringify(text)}`, async () => {
      await assert.rejects(parseEventTemplate(text, '/srv/r.sls'), (error) => {
        assert.ok(error instanceof SaltError)
        assert.equal(error.code, 'configuration')
        assert.match(error.message, message)
        assert.ok(String(error.where).startsWith(where), String(error.where))
        return true
      })
    })
  }
})
