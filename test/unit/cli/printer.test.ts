import assert from 'node:assert/strict'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, afterEach, describe, it } from 'node:test'
import { parseCommand } from '../../../src/cli/parse-command.ts'
import { type Printer, printerFor } from '../../../src/cli/printer.ts'
import { spec } from '../../../src/cli/salt.ts'
import { capture } from '../../support/captured-output.ts'

async function printer(...words: string[]): Promise<Printer> {
  const parsed = await parseCommand(spec, words)
  assert.ok(typeof parsed !== 'number')
  return printerFor(parsed.options)
}

describe('printing', () => {
  const folder = mkdtempSync(join(tmpdir(), 'salt-printer-'))
  const isTerminal = process.stdout.isTTY
  const noColor = process.env.NO_COLOR
  after(() => rmSync(folder, { recursive: true, force: true }))
  afterEach(() => {
    process.stdout.isTTY = isTerminal
    if (noColor === undefined) delete process.env.NO_COLOR
    else process.env.NO_COLOR = noColor
  })

  async function isColored(terminal: boolean, ...words: string[]): Promise<boolean> {
    process.stdout.isTTY = terminal
    const { stdout } = await capture(async () => (await printer(...words)).show({ a: 1 }))
    return stdout.includes('\u001b[')
  }

  it('colors only for a terminal that wants it', async () => {
    delete process.env.NO_COLOR
    assert.equal(await isColored(true), true)
    assert.equal(await isColored(false), false)
    assert.equal(await isColored(true, '--no-color'), false)
    assert.equal(await isColored(false, '--force-color'), true)
    process.env.NO_COLOR = '1'
    assert.equal(await isColored(true), false)
    assert.equal(await isColored(true, '--force-color'), true)
  })

  it('replaces a file, or adds to it', async () => {
    const file = join(folder, 'out')
    writeFileSync(file, 'old\n')
    const first = await printer('--out-file', file)
    await first.show({ a: 1 })
    await first.show({ b: 2 })
    assert.equal(readFileSync(file, 'utf8'), 'a:\n    1\nb:\n    2\n')
    await (await printer('--out-file', file, '--out-file-append', '--out', 'raw')).show([1])
    assert.equal(readFileSync(file, 'utf8'), 'a:\n    1\nb:\n    2\n[1]\n')
    await assert.rejects(printer('--out-file', join(folder, 'no/such/folder')), { code: 'storage' })
  })

  it('prints values and lines in the order they are given in', async () => {
    const { stdout } = await capture(async () => {
      const print = await printer('--out', 'json', '--out-indent=-1')
      void print.show({ a: 1 })
      void print.line('between')
      void print.show({ b: 2 })
      await print.flush()
    })
    assert.equal(stdout, '{"a": 1}\nbetween\n{"b": 2}\n')
  })

  const hostile = 'a\u001b[2Jb\u0007\u009b31mc\u001b[0;31md\r\n\te\bf'
  const harmless = 'a?[2Jb??31mc?d\r\n\te?f'

  async function shown(terminal: boolean, value: unknown, ...words: string[]): Promise<string> {
    process.stdout.isTTY = terminal
    return (await capture(async () => (await printer(...words)).show(value))).stdout
  }

  for (const out of ['newline_values_only', 'virt_query']) {
    it(`${out} commands no terminal, and changes nothing for a program`, async () => {
      const value = out === 'virt_query' ? { data: { [hostile]: {} } } : { a: hostile }
      for (const more of [[], ['--force-color']]) {
        assert.equal(await shown(true, value, '--out', out, ...more), `${harmless}\n`)
        assert.equal(await shown(false, value, '--out', out, ...more), `${hostile}\n`)
      }
    })
  }

  it('commands no terminal with a line of text', async () => {
    process.stdout.isTTY = true
    const { stdout } = await capture(async () => (await printer('--force-color')).line(hostile))
    assert.equal(stdout, `${harmless}\n`)
  })

  it('lets only its own colors through', async () => {
    delete process.env.NO_COLOR
    const nested = await shown(true, { a: 'b\u001b[0;31mc\u0007' })
    assert.equal(nested, '\u001b[0;36ma\u001b[0;0m:\n    \u001b[0;32mb?[0;31mc?\u001b[0;0m\n')
  })

  it('prints nothing for nothing', async () => {
    const { stdout } = await capture(async () => (await printer()).show([]))
    assert.equal(stdout, '')
  })

  it('refuses an indent that is no number', async () => {
    await assert.rejects(printer('--out-indent', 'wide'), { code: 'usage' })
  })
})
