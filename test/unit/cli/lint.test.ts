import assert from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import { SaltError } from '../../../src/base/errors.ts'
import { run, spec } from '../../../src/cli/lint.ts'
import { capture } from '../../support/captured-output.ts'
import { ConfigFolder } from '../../support/config-folder.ts'

type Files = Readonly<Record<string, string>>

/** Output with FOLDER for the folder. */
async function lint(files: Files, ...words: readonly string[]) {
  using folder = new ConfigFolder({ 'grains.yaml': 'id: web1\nrole: web\n', ...files })
  const argv = words.map((word) => word.replaceAll('FOLDER', folder.path))
  const { result, stdout, stderr } = await capture(() => run(argv))
  return { code: result, stdout: stdout.replaceAll(folder.path, 'FOLDER'), stderr }
}

const grains = ['--grains', 'FOLDER/grains.yaml']

describe('salt lint', () => {
  test('is silent where nothing is wrong', async () => {
    const files = {
      'tree/top.sls': "base:\n  'role:web':\n    - match: grain\n    - a\n",
      'tree/a.sls': '{{ grains.role }}: test.nop\n',
    }
    assert.deepEqual(await lint(files, ...grains, 'FOLDER/tree'), { code: 0, stdout: '', stderr: '' })
  })

  test('prints a line for each finding, and says by its exit code whether there are errors', async () => {
    const { code, stdout } = await lint({ 'tree/a/b.sls': 'x:\n  test.nop\n   - y: [\n' }, ...grains, 'FOLDER/tree')
    assert.equal(code, 1)
    assert.equal(
      stdout,
      'FOLDER/tree/a/b.sls:3:7: error: mapping values are not allowed in this context [render-failed]\n',
    )
  })

  test('goes on behind a file that is no text', async () => {
    using folder = new ConfigFolder({ 'tree/b.sls': 'x: {test.nope: []}\n', 'grains.yaml': 'id: web1\n' })
    for (const name of ['a.sls', 'top.sls']) writeFileSync(join(folder.path, 'tree', name), Buffer.from([0x61, 0xe9]))
    const argv = ['--grains', `${folder.path}/grains.yaml`, `${folder.path}/tree`]
    const { stdout } = await capture(() => run(argv))
    assert.deepEqual(stdout.match(/\w+\.sls:\d+:\d+: error: (?:the file|There is)/g), [
      'a.sls:1:2: error: the file',
      'b.sls:1:5: error: There is',
      'top.sls:1:2: error: the file',
    ])
  })

  test('finds the trees in a folder with several', async () => {
    const files = {
      'repo/states/top.sls': 'base: {"*": [web]}\n',
      'repo/states/web/init.sls': 'include: [.more]\n',
      'repo/states/web/more.sls': 'x:\n  test.nop:\n    - y: [\n',
      'repo/data/pillar/top.sls': 'base: {"*": [web]}\n',
      'repo/data/pillar/web.sls': 'web: {port: 80}\n',
      'repo/orch/deploy.sls': 'include: [orch.gone]\n',
      'repo/.kitchen/top.sls': 'base: {"*": [nothing]}\n',
    }
    const { stdout } = await lint(files, ...grains, 'FOLDER/repo')
    assert.deepEqual(
      stdout
        .replaceAll(/: [^\n]* \[/g, ' [')
        .trim()
        .split('\n')
        .sort(),
      [
        'FOLDER/repo/data/pillar:1:1 [not-states]',
        'FOLDER/repo/orch/deploy.sls:1:11 [sls-missing]',
        'FOLDER/repo/states/web/more.sls:4:1 [render-failed]',
      ],
    )
    const named = await lint(files, ...grains, '--root', 'FOLDER/repo/data/pillar', 'FOLDER/repo/data/pillar')
    assert.match(named.stdout, /web\.sls:1:1: error: .* \[bad-form\]/)
  })

  test('is brief about what stands for billions of values', async () => {
    const names = ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h', 'i', 'j']
    const levels = names.map((name, index) => `${name}: &${name} [${`*${names[index - 1]}, `.repeat(9)}]`)
    const files = {
      'tree/a.sls': `a: &a [x, x]\n${levels.slice(1).join('\n')}\nuses:\n  test.nop:\n    - require: [test: *j]\n`,
    }
    const { code, stdout } = await lint(files, ...grains, 'FOLDER/tree')
    const lines = stdout.trim().split('\n')
    assert.equal(code, 1)
    assert.equal(lines.length, 11, stdout.slice(0, 2000))
    assert.equal(lines[0], 'FOLDER/tree/a.sls:1:1: error: ID a in SLS a is not a dictionary [bad-form]')
    assert.match(lines[10] ?? '', /a\.sls:11:1: error: Illegal requisite "a large list", please check your syntax\./)
  })

  test('warnings count with --strict', async () => {
    const files = { 'tree/a.sls': 'x:\n  test.nop:\n    - v: {{ pillar.v }}\n' }
    assert.equal((await lint(files, ...grains, 'FOLDER/tree')).code, 0)
    const { code, stdout } = await lint(files, ...grains, '--strict', 'FOLDER/tree')
    assert.equal(code, 1)
    assert.match(stdout, /^FOLDER\/tree\/a\.sls:3:\d+: warning: .*--pillar FILE.* \[not-rendered\]\n$/)
    const given = { ...files, 'pillar.json': '{"v": 1}' }
    assert.equal((await lint(given, ...grains, '--pillar', 'FOLDER/pillar.json', '--strict', 'FOLDER/tree')).code, 0)
  })

  test('a single file is looked at with the tree that it belongs to', async () => {
    const files = {
      'tree/top.sls': '{}\n',
      'tree/a/init.sls': 'include: [.b, c]\n',
      'tree/a/b.sls': 'x: test.nop\n',
      'tree/c.sls': 'y: test.nop\n',
      'tree/d.sls': '- no\n',
    }
    assert.deepEqual(await lint(files, ...grains, 'FOLDER/tree/a/init.sls'), { code: 0, stdout: '', stderr: '' })
    assert.equal((await lint(files, ...grains, 'FOLDER/tree/a')).code, 0)
    assert.match(
      (await lint(files, ...grains, 'FOLDER/tree/a', 'FOLDER/tree/d.sls')).stdout,
      /^FOLDER\/tree\/d\.sls:1:1: /,
    )
  })

  test('several roots are one tree', async () => {
    const files = { 'one/a.sls': 'include: [b]\n', 'two/b.sls': '- no\n' }
    const { stdout } = await lint(files, ...grains, '--root', 'FOLDER/one', '--root', 'FOLDER/two', 'FOLDER/one')
    assert.equal(stdout, 'FOLDER/two/b.sls:1:1: error: SLS b does not render to a dictionary [bad-form]\n')
  })

  test('json for programs', async () => {
    const { code, stdout } = await lint({ 'tree/a.sls': '- no\n' }, ...grains, '--out=json', 'FOLDER/tree')
    assert.equal(code, 1)
    const { findings, ...counts } = JSON.parse(stdout)
    assert.deepEqual(counts, { files: 1, errors: 1, warnings: 0, notes: 0 })
    const [{ file, ...finding }] = findings
    assert.match(file, /tree\/a\.sls$/)
    assert.deepEqual(finding, {
      line: 1,
      column: 1,
      severity: 'error',
      code: 'bad-form',
      message: 'SLS a does not render to a dictionary',
    })
  })

  test('programs are run when they may be', async () => {
    const files = { 'tree/a.sls': "#!ts\nexport default { x: 'test.nope' }\n" }
    assert.match((await lint(files, ...grains, 'FOLDER/tree')).stdout, /note: the file is a program/)
    assert.match(
      (await lint(files, ...grains, '--scripts', 'FOLDER/tree')).stdout,
      /error: There is no state test\.nope/,
    )
  })

  test('what cannot be read is told', async () => {
    for (const words of [
      ['FOLDER/nosuch'],
      ['--pillar', 'FOLDER/nosuch', 'FOLDER'],
      ['--grains', 'FOLDER/list.yaml', 'FOLDER'],
    ]) {
      await assert.rejects(lint({ 'list.yaml': '[1]' }, ...words), (error: SaltError) => {
        assert.ok(error instanceof SaltError)
        return error.code === 'usage'
      })
    }
  })

  test('has a help text', async () => {
    const { result, stdout } = await capture(() => run(['--help']))
    assert.equal(result, 0)
    assert.match(stdout, new RegExp(`^Usage: ${spec.name}`))
  })
})
