import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { describe, test } from 'node:test'
import { SaltError } from '../../../../src/base/errors.ts'
import type { MasterCalls } from '../../../../src/client/master-link.ts'
import { createFunctionContext } from '../../../../src/engine/functions/context.ts'
import { ServedTexts } from '../../../../src/engine/functions/served-texts.ts'
import { compileStates } from '../../../../src/engine/state/compile/compile.ts'
import { ConfigFolder } from '../../../support/config-folder.ts'
import { FunctionHost } from '../../../support/function-host.ts'

type Files = Record<string, string>

/** A master that serves files, and remembers what it was asked. */
class FileMaster {
  readonly asked: string[] = []
  readonly #files: Files

  constructor(files: Files) {
    this.#files = files
  }

  get calls(): MasterCalls {
    const call = async (method: string, params: unknown): Promise<unknown> => {
      const { path = '', offset = 0 } = (params ?? {}) as { path?: string; offset?: number }
      this.asked.push(`${method.replace('file.', '')} ${path}`.trim())
      const text = this.#files[path]
      switch (method) {
        case 'file.environments':
          return ['base']
        case 'file.names':
          return { files: Object.keys(this.#files).sort(), folders: [], links: {} }
        case 'file.status':
          return text === undefined ? null : statusOf(text)
        case 'file.part':
          return Buffer.from(text ?? '').subarray(offset)
        default:
          throw new SaltError('internal', `asked for ${method}`)
      }
    }
    return { address: 'master:4506', call } as MasterCalls
  }
}

function statusOf(text: string) {
  return { size: text.length, mode: 0o644, sha256: createHash('sha256').update(text).digest('hex') }
}

function contextFor(folder: ConfigFolder, master: FileMaster) {
  const config = { id: 'alpha', cachedir: folder.file('cache') }
  const host = new FunctionHost({ grains: { id: 'alpha' }, config, services: { masters: [master.calls] } })
  return createFunctionContext(host.inputs).context
}

describe('files from a master', () => {
  test('are brought once, and then cost a question each', async () => {
    using folder = new ConfigFolder()
    const files: Files = {
      'a.sls': 'include: [b]\n{% import "m.jinja" as m %}\n{{ tplpath }}: test.nop\n',
      'b.sls': 'y: test.nop\n',
      'm.jinja': '',
    }
    const first = new FileMaster(files)
    const { chunks, errors } = await compileStates(contextFor(folder, first), { sls: ['a'] })
    assert.deepEqual(errors, [])
    assert.deepEqual(
      chunks.map(({ id }) => id),
      ['y', folder.file('cache/files/base/a.sls')],
    )
    assert.equal(readFileSync(folder.file('cache/files/base/b.sls'), 'utf8'), files['b.sls'])
    const wanted = ['status a.sls', 'part a.sls', 'status b.sls', 'part b.sls', 'status m.jinja']
    assert.deepEqual([...first.asked].sort(), wanted.sort())

    const again = new FileMaster(files)
    await compileStates(contextFor(folder, again), { sls: ['a'] })
    assert.deepEqual([...again.asked].sort(), ['status a.sls', 'status b.sls', 'status m.jinja'])

    files['b.sls'] = 'z: test.nop\n'
    const changed = await compileStates(contextFor(folder, new FileMaster(files)), { sls: ['b'] })
    assert.deepEqual(
      changed.chunks.map(({ id }) => id),
      ['z'],
    )
  })

  test('that are wanted together are asked for together', async () => {
    using folder = new ConfigFolder()
    const master = new FileMaster({ 'a.sls': 'include: [b, c]\n', 'b.sls': 'y: test.nop\n', 'c.sls': 'z: test.nop\n' })
    await compileStates(contextFor(folder, master), { sls: ['a'] })
    const parts = master.asked.filter((one) => one.endsWith('b.sls') || one.endsWith('c.sls'))
    assert.deepEqual(parts.slice(0, 2), ['status b.sls', 'status c.sls'])
  })

  test('that are too large to be a text are not brought', async () => {
    using folder = new ConfigFolder()
    const master = new FileMaster({ 'a.sls': `x: test.nop # ${'x'.repeat(17 * 1024 * 1024)}\n` })
    const texts = new ServedTexts(contextFor(folder, master))
    await assert.rejects(
      texts.read('base', 'a.sls'),
      (error) => error instanceof SaltError && error.code === 'overloaded',
    )
    assert.deepEqual(master.asked, ['status a.sls'])
  })

  test('that are too large are an error of the SLS file', async () => {
    using folder = new ConfigFolder()
    const master = new FileMaster({ 'a.sls': 'include: [b]\n', 'b.sls': `# ${'x'.repeat(17 * 1024 * 1024)}\n` })
    const { errors } = await compileStates(contextFor(folder, master), { sls: ['a'] })
    assert.match(
      errors.join(),
      /^Rendering SLS 'base:b' failed: the file b\.sls has \d+ bytes, .*\n {2}included from a\.sls:1:11$/,
    )
  })

  test('the names of an environment are asked for only where there are wildcards', async () => {
    using folder = new ConfigFolder()
    const master = new FileMaster({ 'w/a.sls': 'y: test.nop\n', 'w/b/init.sls': 'z: test.nop\n' })
    const { chunks } = await compileStates(contextFor(folder, master), { sls: ['w.*'] })
    assert.equal(chunks.length, 2)
    assert.equal(master.asked.filter((one) => one === 'names').length, 1)
  })
})
