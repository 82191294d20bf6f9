import { isRecord } from '../../base/narrow.ts'
import { pythonString } from '../../base/python-repr.ts'
import { s } from '../../base/schema.ts'
import { defineStates, type StateContext, state } from '../../engine/plugin.ts'
import { done, pending, type StatePlan } from '../../engine/state/plan.ts'

const name = s.path('The ini file')
const separator = s.withDefault(s.string('What stands between keys and values'), '=')
const encoding = s.optional(s.string('Encoding of the file: utf-8 (the default), latin-1, ascii, utf-16'))
const format = { separator, encoding }
const sectionNames = s.withDefault(s.union([s.array(s.string()), s.record(s.any())], 'Names of sections'), [])

interface FileArguments {
  readonly name: string
  readonly separator: string
  readonly encoding?: string | undefined
}

type Options = Readonly<Record<string, unknown>>
type Changes = Record<string, unknown>

/** What the states find out, one line for each key or section. */
interface Found {
  readonly lines: string[]
  readonly changes: Changes
}

function words({ name: file_name, separator: between, encoding: written }: FileArguments): Record<string, unknown> {
  return { file_name, separator: between, encoding: written }
}

async function readIni(ctx: StateContext, want: FileArguments): Promise<Options> {
  const found = await ctx.salt('ini.get_ini', [], words(want))
  return isRecord(found) ? found : {}
}

/** A dry run tells of each key; a run only whether there was something to do. */
function planOf(found: Found, apply: () => Promise<void>): StatePlan {
  const isPending = Object.keys(found.changes).length > 0
  return pending({
    comment: found.lines.join('') || 'No changes detected.',
    changes: found.changes,
    ...(isPending ? {} : { testResult: true }),
    async apply() {
      if (!isPending) return done('No anomaly detected')
      await apply()
      return done('Changes take effect', found.changes)
    },
  })
}

function inSection(section: string): string {
  return section === '' ? '' : ` in section ${section}`
}

interface PresentArguments extends FileArguments {
  readonly sections: Options
  readonly strict: boolean
  readonly no_spaces: boolean
}

/** What giving options their values changes; of a section that is new, the whole of it. */
function compare(wanted: Options, now: Options | undefined, section: string, isStrict: boolean): Found {
  const lines: string[] = []
  const changes: Changes = {}
  for (const key of isStrict ? Object.keys(now ?? {}) : []) {
    if (Object.hasOwn(wanted, key) || isRecord(now?.[key])) continue
    lines.push(section === '' ? `Removed key ${key}.\n` : `Deleted key ${key}${inSection(section)}.\n`)
    changes[key] = { before: now?.[key], after: null }
  }
  for (const [key, value] of Object.entries(wanted)) {
    const [before, after] = [now?.[key] ?? null, pythonString(value)]
    lines.push(`${before === after ? 'Unchanged' : 'Changed'} key ${key}${inSection(section)}.\n`)
    if (before !== after) changes[key] = { before, after }
  }
  if (now !== undefined) return { lines, changes }
  const after = Object.fromEntries(Object.entries(wanted).map(([key, value]) => [key, pythonString(value)]))
  return { lines, changes: { before: null, after } }
}

async function planOptions(ctx: StateContext, want: PresentArguments): Promise<StatePlan> {
  const now = await readIni(ctx, want)
  const beside = Object.fromEntries(Object.entries(want.sections).filter(([, value]) => !isRecord(value)))
  const isEmpty = Object.keys(want.sections).length === 0
  const top = compare(beside, now, '', want.strict && !isEmpty)
  const found: Found = { lines: [...top.lines], changes: { ...top.changes } }
  for (const [section, wanted] of Object.entries(want.sections)) {
    if (!isRecord(wanted)) continue
    const before = now[section]
    const { lines, changes } = compare(wanted, isRecord(before) ? before : undefined, section, want.strict)
    found.lines.push(...lines)
    if (Object.keys(changes).length > 0) found.changes[section] = changes
  }
  return planOf(found, async () => {
    for (const [section, key] of removedKeys(want.sections, found.changes)) {
      await ctx.salt('ini.remove_option', [], { ...words(want), section, option: key })
    }
    await ctx.salt('ini.set_option', [], { ...words(want), sections: want.sections, no_spaces: want.no_spaces })
  })
}

/** Section and key of what must go. */
function removedKeys(sections: Options, changes: Changes): (readonly [string, string])[] {
  const removed = (section: string, options: Options): (readonly [string, string])[] =>
    Object.entries(options).flatMap(([key, change]) =>
      isRecord(change) && change.after === null ? [[section, key] as const] : [],
    )
  const inside = Object.entries(sections).flatMap(([section, wanted]) => {
    const options = changes[section]
    return isRecord(wanted) && isRecord(options) ? removed(section, options) : []
  })
  return [
    ...removed('', Object.fromEntries(Object.entries(changes).filter(([key]) => !isRecord(sections[key])))),
    ...inside,
  ]
}

async function planOptionsAbsent(
  ctx: StateContext,
  want: FileArguments & { readonly sections: Options },
): Promise<StatePlan> {
  const now = await readIni(ctx, want)
  const found: Found = { lines: [], changes: {} }
  const doomed: [section: string, key: string][] = []
  const look = (section: string, key: string, values: Options, note: (value: unknown) => void): void => {
    const value = values[key]
    if (typeof value !== 'string') found.lines.push(`Key ${key}${inSection(section)} does not exist.\n`)
    else {
      found.lines.push(`Deleted key ${key}${inSection(section)}.\n`)
      doomed.push([section, key])
      note(value)
    }
  }
  for (const [section, keys] of Object.entries(want.sections)) {
    const values = now[section]
    if (!Array.isArray(keys)) {
      look('', section, now, (value) => {
        found.changes[section] = value
      })
      continue
    }
    const gone: Changes = {}
    for (const key of keys.map(String)) {
      look(section, key, isRecord(values) ? values : {}, (value) => {
        gone[key] = value
      })
    }
    if (Object.keys(gone).length > 0) found.changes[section] = gone
  }
  return planOf(found, async () => {
    for (const [section, option] of doomed) {
      await ctx.salt('ini.remove_option', [], { ...words(want), section, option })
    }
  })
}

interface SectionArguments extends FileArguments {
  readonly sections: readonly string[] | Options
}

function namesIn({ sections }: SectionArguments): readonly string[] {
  return Array.isArray(sections) ? sections.map(String) : Object.keys(sections)
}

async function planSections(ctx: StateContext, want: SectionArguments): Promise<StatePlan> {
  const now = await readIni(ctx, want)
  const missing = namesIn(want).filter((section) => !isRecord(now[section]))
  const found: Found = {
    lines: namesIn(want).map((section) =>
      missing.includes(section) ? `Created new section ${section}.\n` : `Section unchanged ${section}.\n`,
    ),
    changes: Object.fromEntries(missing.map((section) => [section, { before: null, after: {} }])),
  }
  const sections = Object.fromEntries(missing.map((section) => [section, {}]))
  return planOf(found, async () => {
    await ctx.salt('ini.set_option', [], { ...words(want), sections })
  })
}

async function planSectionsAbsent(ctx: StateContext, want: SectionArguments): Promise<StatePlan> {
  const now = await readIni(ctx, want)
  const doomed = namesIn(want).filter((section) => isRecord(now[section]))
  const found: Found = {
    lines: namesIn(want).map((section) =>
      doomed.includes(section) ? `Deleted section ${section}.\n` : `Section ${section} does not exist.\n`,
    ),
    changes: Object.fromEntries(doomed.map((section) => [section, now[section]])),
  }
  return planOf(found, async () => {
    for (const section of doomed) await ctx.salt('ini.remove_section', [], { ...words(want), section })
  })
}

export const ini = defineStates({
  name: 'ini',
  doc: 'Options and sections of ini files; comments, order and white space stay as they are.',
  functions: {
    options_present: state({
      doc: 'Give options their values. Sections and the file are made where they are missing.',
      args: {
        name,
        sections: s.withDefault(s.record(s.any(), 'Section → its options; an option beside them has no section'), {}),
        separator,
        strict: s.withDefault(s.boolean('Remove other options of these sections'), false),
        encoding,
        no_spaces: s.withDefault(s.boolean('Write key=value instead of key = value'), false),
      },
      examples: [
        '/etc/app.ini:\n  ini.options_present:\n    - sections:\n        web:\n          port: 8080\n          host: localhost',
      ],
      plan: (ctx, want) => planOptions(ctx, want),
    }),
    options_absent: state({
      doc: 'Remove options.',
      args: {
        name,
        sections: s.withDefault(s.record(s.any(), 'Section → list of keys; a key beside them has no section'), {}),
        ...format,
      },
      examples: ['/etc/app.ini:\n  ini.options_absent:\n    - sections:\n        web:\n          - debug'],
      plan: (ctx, want) => planOptionsAbsent(ctx, want),
    }),
    sections_present: state({
      doc: 'Make sections, which may be empty.',
      args: { name, sections: sectionNames, ...format },
      examples: ['/etc/app.ini:\n  ini.sections_present:\n    - sections:\n        - web\n        - mail'],
      plan: (ctx, want) => planSections(ctx, want),
    }),
    sections_absent: state({
      doc: 'Remove sections with all that stands in them.',
      args: { name, sections: sectionNames, ...format },
      examples: ['/etc/app.ini:\n  ini.sections_absent:\n    - sections:\n        - mail'],
      plan: (ctx, want) => planSectionsAbsent(ctx, want),
    }),
  },
})
