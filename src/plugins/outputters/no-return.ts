/** How a minion that did not return is shown. */
import type { Outputter } from '../../engine/output.ts'
import { type Palette, palette, withoutEscapes } from './colors.ts'
import { entriesOf, sortEntries } from './entries.ts'

export const noReturn: Outputter = {
  name: 'no_return',
  isColored: true,
  doc: 'Notices about minions that did not return.',
  render: (value, { color }) => [...linesOf(value, '', palette(color))].join('\n'),
}

function* linesOf(value: unknown, margin: string, colors: Palette): Generator<string> {
  if (typeof value === 'string') {
    for (const line of value.split('\n')) yield `${colors.red}${margin}${withoutEscapes(line)}${colors.reset}`
    return
  }
  for (const [key, item] of sortEntries(entriesOf(value) ?? [])) {
    yield `${colors.cyan}${margin}${withoutEscapes(key)}${colors.reset}:`
    yield* linesOf(item, `${margin}    `, colors)
  }
}
