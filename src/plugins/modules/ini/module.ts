import { isRecord } from '../../../base/narrow.ts'
import { pythonString } from '../../../base/python-repr.ts'
import { s } from '../../../base/schema.ts'
import { defineModule, fn } from '../../../engine/plugin.ts'
import type { IniDocument } from './document.ts'
import { openIni } from './file.ts'

const file_name = s.path('The ini file')
const section = s.union([s.string(), s.null()], 'Name of the section; null or empty: what stands before all sections')
const option = s.string('Key of the option')
const separator = s.withDefault(s.string('What stands between keys and values'), '=')
const encoding = s.optional(s.string('Encoding of the file: utf-8 (the default), latin-1, ascii, utf-16'))
const format = { separator, encoding }
const options = s.record(s.string(), 'Key → value')

/** Sets options, and tells what has changed: of a section that is new as a whole, of others key by key. */
function update(document: IniDocument, wanted: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const changes: Record<string, unknown> = {}
  for (const [name, value] of Object.entries(wanted)) {
    if (!isRecord(value)) {
      const change = setOption(document, '', name, value)
      if (change !== undefined) changes[name] = change
      continue
    }
    const isNew = document.section(name) === undefined
    document.addSection(name)
    const inside = Object.entries(value).flatMap(([key, one]) => {
      const change = setOption(document, name, key, one)
      return change === undefined ? [] : [[key, change] as const]
    })
    if (isNew) changes[name] = { before: null, after: document.section(name) ?? {} }
    else if (inside.length > 0) changes[name] = Object.fromEntries(inside)
  }
  return changes
}

function setOption(document: IniDocument, name: string, key: string, value: unknown) {
  const before = document.get(name, key)
  const after = pythonString(value)
  if (before === after) return undefined
  document.set(name, key, after)
  return { before: before ?? null, after }
}

export const ini = defineModule({
  name: 'ini',
  doc: 'Reads and edits ini files; comments, order and white space stay as they are.',
  functions: {
    set_option: fn({
      doc: 'Give options their values. Sections and the file are made where they are missing.',
      args: {
        file_name,
        sections: s.withDefault(s.record(s.any(), 'Section → its options; an option beside them has no section'), {}),
        ...format,
        no_spaces: s.withDefault(s.boolean('Write key=value instead of key = value'), false),
      },
      returns: s.record(s.any(), 'What has changed: before and after'),
      examples: ["salt '*' ini.set_option /srv/etc/app.ini '{web: {port: 8080}}'"],
      run(ctx, args) {
        const file = openIni(ctx, args)
        const changes = update(file.document, args.sections)
        file.save()
        return changes
      },
    }),
    get_option: fn({
      doc: 'Tell the value of an option.',
      args: { file_name, section, option, ...format },
      returns: s.union([s.string(), s.null()], 'Null where there is no such option'),
      examples: ["salt '*' ini.get_option /srv/etc/app.ini web port"],
      run: (ctx, args) => openIni(ctx, args).document.get(args.section ?? '', args.option) ?? null,
    }),
    remove_option: fn({
      doc: 'Remove an option.',
      args: { file_name, section, option, ...format },
      returns: s.union([s.string(), s.null()], 'The value that it had; null where there was no such option'),
      examples: ["salt '*' ini.remove_option /srv/etc/app.ini web port"],
      run(ctx, args) {
        const file = openIni(ctx, args)
        const value = file.document.remove(args.section ?? '', args.option)
        file.save()
        return value ?? null
      },
    }),
    get_section: fn({
      doc: 'Show the options of a section.',
      args: { file_name, section, ...format },
      returns: options,
      examples: ["salt '*' ini.get_section /srv/etc/app.ini web"],
      run: (ctx, args) => openIni(ctx, args).document.section(args.section ?? '') ?? {},
    }),
    remove_section: fn({
      doc: 'Remove a section with all that stands in it.',
      args: { file_name, section: s.string('Name of the section'), ...format },
      returns: s.union([options, s.null()], 'The options that it had; null where there was no such section'),
      examples: ["salt '*' ini.remove_section /srv/etc/app.ini web"],
      run(ctx, args) {
        const file = openIni(ctx, args)
        const values = args.section === '' ? undefined : file.document.removeSection(args.section)
        file.save()
        return values ?? null
      },
    }),
    get_ini: fn({
      doc: 'Show all options of a file.',
      args: { file_name, ...format },
      returns: s.record(s.any(), 'Section → its options, and options without a section'),
      examples: ["salt '*' ini.get_ini /srv/etc/app.ini"],
      run: (ctx, args) => openIni(ctx, args).document.values(),
    }),
  },
})
