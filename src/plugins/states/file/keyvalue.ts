/** `file.keyvalue` */
import * as fs from 'node:fs'
import { Float } from '../../../base/float.ts'
import { isRecord } from '../../../base/narrow.ts'
import { pythonString } from '../../../base/python-repr.ts'
import { s } from '../../../base/schema.ts'
import { state } from '../../../engine/plugin.ts'
import { done, failed, impossible, pending, right, type StatePlan } from '../../../engine/state/plan.ts'
import { readText, replaceContent, splitFeeds, type TextContent } from '../../modules/file/content.ts'
import { expandUser, realPath } from '../../modules/file/paths.ts'
import { isFolder } from '../../modules/file/status.ts'
import { pathName, showChanges } from './arguments.ts'
import { editKeyValues, type KeyValueEdit } from './key-value-edit.ts'

export const keyvalueState = {
  keyvalue: state({
    doc: 'Make sure that keys of a file have their values, one on each line, as `key=value`.',
    args: {
      name: pathName,
      key: s.optional(s.any('A key')),
      value: s.optional(s.any('Its value')),
      key_values: s.optional(s.any('Several keys with their values, in place of these two')),
      separator: s.withDefault(s.string('What stands between key and value'), '='),
      append_if_not_found: s.withDefault(s.boolean('Add keys that are missing at the end'), false),
      prepend_if_not_found: s.withDefault(s.boolean('Add keys that are missing at the start'), false),
      search_only: s.withDefault(s.boolean('Accepted, and without effect'), false),
      show_changes: showChanges,
      ignore_if_missing: s.withDefault(s.boolean('A missing file is no error'), false),
      count: s.withDefault(s.integer('How often a key may occur: further lines go; -1: any number'), 1),
      uncomment: s.optional(s.string('Characters at the start of a line that do not count, and go')),
      key_ignore_case: s.withDefault(s.boolean('Large and small letters of keys are the same'), false),
      value_ignore_case: s.withDefault(s.boolean('Large and small letters of values are the same'), false),
    },
    examples: [
      "/etc/ssh/sshd_config:\n  file.keyvalue:\n    - key_values:\n        PermitRootLogin: 'no'\n        X11Forwarding: 'no'\n    - separator: ' '\n    - uncomment: '# '\n    - append_if_not_found: True",
    ],
    plan(_ctx, want) {
      const path = expandUser(want.name)
      if (path === '') return impossible('Must provide name to file.keyvalue')
      const pairs = pairsOf(want)
      if (typeof pairs === 'string') return impossible(pairs)
      const content = readIfReadable(path)
      if (content === undefined) {
        const comment = `unable to open ${path}`
        return want.ignore_if_missing ? right(comment) : impossible(comment)
      }
      const edit = editKeyValues(splitFeeds(content.text), {
        pairs,
        separator: want.separator,
        count: want.count,
        uncomment: want.uncomment ?? ' \t\n\r\v\f',
        missing: want.append_if_not_found ? 'append' : want.prepend_if_not_found ? 'prepend' : 'leave',
        ignoresKeyCase: want.key_ignore_case,
        ignoresValueCase: want.value_ignore_case,
      })
      return planKeyValues(path, content, edit, want.show_changes)
    },
  }),
}

function pairsOf(want: {
  readonly key?: unknown
  readonly value?: unknown
  readonly key_values?: unknown
}): ReadonlyMap<string, unknown> | string {
  const { key, value, key_values: given } = want
  const isGiven = (one: unknown): boolean => one !== undefined && one !== null
  if (isGiven(key) && isGiven(value)) {
    if (isRecord(given)) return 'file.keyvalue can not combine key_values with key and value'
    return new Map([[pythonString(key), value]])
  }
  if (isRecord(given) && !(given instanceof Float) && Object.keys(given).length > 0)
    return new Map(Object.entries(given))
  const isEmpty =
    !isGiven(given) || given === '' || (typeof given === 'object' && Object.keys(given ?? {}).length === 0)
  return `file.keyvalue key and value not supplied and key_values ${isEmpty ? 'is empty' : 'is not a dictionary'}`
}

function readIfReadable(path: string): TextContent | undefined {
  try {
    return fs.existsSync(path) && !isFolder(path) ? readText(path) : undefined
  } catch {
    return undefined
  }
}

function planKeyValues(path: string, { encoding }: TextContent, edit: KeyValueEdit, shows: boolean): StatePlan {
  const { lines, diff, count } = edit
  if (count === 0) return right('')
  const changes = shows ? { diff: diff.join('') } : { diff: '<show_changes=False>' }
  const predicted = shows ? `\nPredicted diff:\n\r\t\t${diff.join('\r\t\t')}` : ''
  return pending({
    comment: `File ${path} is set to be changed (${count} lines)${predicted}`,
    changes,
    async apply() {
      try {
        await replaceContent(realPath(path), Buffer.from(lines.join(''), encoding))
      } catch {
        return failed(`${path} not writable`)
      }
      return done(`Changed ${count} lines`, changes)
    },
  })
}
