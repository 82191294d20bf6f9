/** Keys of minions by state, as `salt key` lists them. */
import type { Outputter } from '../../engine/output.ts'
import { type Color, palette, withoutEscapes } from './colors.ts'
import { type Entry, entriesOf, sortEntries } from './entries.ts'
import { nested } from './nested.ts'

interface Section {
  readonly title: string
  readonly titleColor: Color
  readonly color: Color
}

const sections: Readonly<Record<string, Section>> = {
  local: { title: 'Local Keys', titleColor: 'lightMagenta', color: 'magenta' },
  minions: { title: 'Accepted Keys', titleColor: 'lightGreen', color: 'green' },
  minions_denied: { title: 'Denied Keys', titleColor: 'lightMagenta', color: 'magenta' },
  minions_pre: { title: 'Unaccepted Keys', titleColor: 'lightRed', color: 'red' },
  minions_rejected: { title: 'Rejected Keys', titleColor: 'lightBlue', color: 'blue' },
}

export const key: Outputter = {
  name: 'key',
  isColored: true,
  doc: 'Keys under the name of their state; the form of `salt key`. Other values as in nested.',
  render(value, options) {
    const states = entriesOf(value)
    if (states?.every(([state]) => Object.hasOwn(sections, state)) !== true) return nested.render(value, options)
    const colors = palette(options.color)
    const lines = sortEntries(states).flatMap(([state, keys]) => {
      const section = sections[state]
      if (section === undefined) return []
      const title = `${colors[section.titleColor]}${section.title}:${colors.reset}`
      const rows = rowsOf(keys).map((row) => `${colors[section.color]}${row}${colors.reset}`)
      return [title, ...rows]
    })
    return lines.join('\n')
  },
}

/** Names alone, or names with what is told of them (a fingerprint, a key). */
function rowsOf(keys: unknown): readonly string[] {
  const entries: readonly Entry[] | undefined = entriesOf(keys)
  if (entries !== undefined) return sortEntries(entries).map(([id, told]) => withoutEscapes(`${id}:  ${String(told)}`))
  if (!Array.isArray(keys)) return []
  const names: readonly Entry[] = keys.map((id) => [String(id), null])
  return sortEntries(names).map(([id]) => withoutEscapes(id))
}
