import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { terminalColumns, wrap } from '../../../src/cli/columns.ts'
import { commandList } from '../../../src/cli/commands.ts'
import { helpText } from '../../../src/cli/help-text.ts'
import { spec as keySpec } from '../../../src/cli/key.ts'
import { spec as saltSpec } from '../../../src/cli/salt.ts'

describe('columns', () => {
  const cases: readonly (readonly [asked: string | undefined, terminal: number | undefined, columns: number])[] = [
    [undefined, undefined, 80],
    [undefined, 132, 132],
    [undefined, 0, 80],
    [undefined, 1, 1],
    ['20', 132, 20],
    ['20', undefined, 20],
    ['1', 80, 1],
    ['0', 100, 100],
    ['', 100, 100],
    ['-5', undefined, 80],
    ['wide', 100, 100],
    ['1e9', undefined, 80],
  ]
  for (const [asked, terminal, columns] of cases) {
    it(`COLUMNS=${asked} on a terminal of ${terminal}: ${columns}`, () => {
      assert.equal(terminalColumns(asked === undefined ? {} : { COLUMNS: asked }, terminal), columns)
    })
  }

  it('never loops, whatever the width', () => {
    for (const width of [-3, 0, 1, 2]) assert.deepEqual(wrap('ab cd', width), ['ab', 'cd'])
    assert.deepEqual(wrap('', 0), [''])
  })
})

describe('texts on a narrow terminal', () => {
  const texts = {
    'the commands': commandList,
    'help of salt': (columns: number): string => helpText(saltSpec, columns),
    'help of salt key': (columns: number): string => helpText(keySpec, columns),
  }
  for (const [name, text] of Object.entries(texts)) {
    it(`${name}: no line is longer than the terminal but for one word, or an example to be copied`, () => {
      for (const columns of [20, 40, 59, 60, 80]) {
        const broken = text(columns)
          .split('\n')
          .filter((line) => line.length > columns && /\S +\S/.test(line) && !line.startsWith('  salt '))
          // A row beside which docs stand is a name.
          .filter((line) => columns < 60 || !line.startsWith('  -'))
        assert.deepEqual(broken, [], `at ${columns}`)
      }
    })

    it(`${name}: the same words at every width`, () => {
      const words = (columns: number): string => text(columns).replace(/\s+/g, ' ')
      for (const columns of [0, 1, 20, 500]) assert.equal(words(columns), words(80))
    })
  }
})
