import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { SaltError } from '../../../../src/base/errors.ts'
import { createFunctionContext } from '../../../../src/engine/functions/context.ts'
import { fillFile, fillInline } from '../../../../src/engine/reactor/event-template.ts'
import { TemplateWorld } from '../../../../src/engine/render/template-world.ts'
import { FunctionHost } from '../../../support/function-host.ts'

const event = {
  tag: 'my/app/deploy',
  data: { id: 'web1', data: { port: 8080, list: ['a', 'b'], nested: { 'a key': true }, text: 'x' }, _stamp: 'now' },
}

function world(): TemplateWorld {
  return new TemplateWorld(createFunctionContext(new FunctionHost({ grains: { os: 'Debian' } }).inputs).context)
}

async function filled(text: string, data: Record<string, unknown> = event.data): Promise<unknown> {
  return (await fillFile(world(), text, '/srv/r.sls', { tag: event.tag, data })).value
}

describe('a reaction file', () => {
  const cases: readonly (readonly [text: string, value: unknown])[] = [
    ["a: {{ data['id'] }}", 'web1'],
    ['a: {{ data.id }}', 'web1'],
    ["a: {{data['data']['port']}}", 8080],
    ["a: '{{ data.data.port }}'", 8080],
    ['a: {{ data.data.list[1] -}}', 'b'],
    ['a: {{ data.data["nested"]["a key"] }}', true],
    ['a: port {{ data.data.port }} of {{ data.id }}', 'port 8080 of web1'],
    ['a: {{ tag }}', 'my/app/deploy'],
    ["a: {{ data.none | default('z') }}", 'z'],
    ["a: {{ data.get('none', {}).deeper | d(5) }}", 5],
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
    ['a: echo {{ data.data.nested | string | quote }} {{ data.id | quote }}', `echo '{'"'"'a key'"'"': True}' web1`],
    ['a: {{ data.data.port | string }}', '8080'],
    ['a: |\n  one {{ data.id }}\n  two', 'one web1\ntwo'],
    ['{# not {{ this.one }} #}\na: {{ data.id }}', 'web1'],
    ['#!yaml\na: b', 'b'],
    ['{% if data.id == "web1" %}\na: {{ data.id }}\n{% else %}\nb: 1\n{% endif %}', 'web1'],
    ['a:\n{% for one in data.data.list %}\n  - {{ one }}\n{% endfor %}', ['a', 'b']],
    ['{% set port = data.data.port + 1 %}\na: {{ port }}', 8081],
    ['{% macro item(x) %}\n  - {{ x }}\n{% endmacro %}\na:\n{{ item(data.id) }}\n{{ item(5) }}', ['web1', 5]],
    ['a: {{ grains.os }} {{ salt["test.echo"](data.id) }}', 'Debian web1'],
  ]
  for (const [text, value] of cases) {
    it(`fills in ${JSON.stringify(text)}`, async () => {
      assert.deepEqual(await filled(text), { a: value })
    })
  }

  it('may stand in the configuration itself', async () => {
    const source = {
      go: { 'local.test.arg': [{ tgt: '{{ data.id }}' }, { args: ['{{ data.data.port }}', 'of {{ tag }}', 1] }] },
    }
    assert.deepEqual(await fillInline(world(), source, '/etc/salt/master:3', event), {
      go: { 'local.test.arg': [{ tgt: 'web1' }, { args: [8080, 'of my/app/deploy', 1] }] },
    })
    await assert.rejects(fillInline(world(), { a: '{% if x %}' }, '/etc/salt/master:3', event), {
      code: 'render-failed',
      where: /^\/etc\/salt\/master:3/,
    })
  })

  it('takes values as keys, too', async () => {
    assert.deepEqual(await filled('{{ data.id }}:\n  {{ tag }}: 1'), { web1: { 'my/app/deploy': 1 } })
  })

  it('gives a minion no way to add keys, items or reactions', async () => {
    const evil = "x\nevil:\n  local.cmd.run:\n    - tgt: '*'\n    - args: ['id', '{{ tag }}']"
    assert.deepEqual(await filled('a:\n  - tgt: {{ data.id }}\n  - b', { id: evil }), { a: [{ tgt: evil }, 'b'] })
    assert.deepEqual(await filled('a: "{{ data.id }}!"', { id: evil }), { a: `${evil}!` })
  })

  it('takes a mark that somebody fires as any other text', async () => {
    assert.deepEqual(await filled('a: {{ data.id }} {{ tag }}', { id: '\ue000x:1\ue001' }), {
      a: '\ue000x:1\ue001 my/app/deploy',
    })
  })

  const wrong: readonly (readonly [text: string, where: string, message: RegExp])[] = [
    ['a: 1\nb: {{ data.nobody }}', '/srv/r.sls:2', /has no attribute 'nobody'/],
    ['a: {{ data.id.constructor }}', '/srv/r.sls:1', /has no attribute 'constructor'/],
    ['a: {{ data.__proto__ }}', '/srv/r.sls:1', /__proto__/],
    ['a: 1\n{% if data.id %}\nb: 1\n', '/srv/r.sls:2', /Unexpected end of template/],
    ['a: {{ data.id | shell }}', '/srv/r.sls:1', /No filter named 'shell'/],
    ['#!py\nx = 1', '/srv/r.sls', /renderer py/],
    ['a: [1\nb: 2', '/srv/r.sls:2', /./],
  ]
  for (const [text, where, message] of wrong) {
    it(`refuses ${JSON.stringify(text)}`, async () => {
      await assert.rejects(filled(text), (error) => {
        assert.ok(error instanceof SaltError)
        assert.match(error.message, message)
        assert.ok(String(error.where).startsWith(where), String(error.where))
        return true
      })
    })
  }
})
