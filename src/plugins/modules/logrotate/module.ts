import { SaltError } from '../../../base/errors.ts'
import { s } from '../../../base/schema.ts'
import { onlyOn } from '../../../engine/functions/kernels.ts'
import { requireSystemFile, withLineEnd, writeSystemFile } from '../../../engine/functions/system-files.ts'
import { defineModule, type FunctionContext, fn } from '../../../engine/plugin.ts'
import { numberOrText, parseItems, readConfiguration, scripts, type Value } from './configuration.ts'

const confFile = s.withDefault(s.path('The configuration'), '/etc/logrotate.conf')
const key = s.string('A setting, or the path or pattern of a block')
const scalar = s.union([s.string(), s.integer(), s.boolean()])

/** How a setting is written: one that is true has no value. */
function lineOf(name: string, value: Value): string {
  return value === true ? name : `${name} ${value}`
}

function wantedValue(given: string | number | boolean): Value | false {
  return typeof given === 'string' ? numberOrText(given) : given
}

function hasLineBreak(...texts: readonly unknown[]): boolean {
  return texts.some((text) => /[\n\r\0]/.test(String(text)))
}

/** Sets or, for false, removes a line at the top of the file. */
function setGlobal(ctx: FunctionContext, path: string, name: string, value: Value | false): void {
  const text = requireSystemFile(ctx, path)
  const lines = text.split('\n')
  const found = parseItems(text).findLast(({ setting }) => setting?.name === name)
  if (value === false) {
    if (found !== undefined) writeSystemFile(ctx, path, lines.toSpliced(found.line, 1).join('\n'))
    return
  }
  const edited = found === undefined ? [lineOf(name, value), ...lines] : lines.with(found.line, lineOf(name, value))
  writeSystemFile(ctx, path, edited.join('\n'))
}

/** Sets or, for false, removes a line of a block; the others stay as they are. */
function setInBlock(ctx: FunctionContext, path: string, block: string, name: string, value: Value | false): void {
  const text = requireSystemFile(ctx, path)
  const lines = text.split('\n')
  const item = parseItems(text).findLast((one) => one.block?.names.includes(block))
  if (item?.block === undefined) {
    if (value !== false) {
      writeSystemFile(ctx, path, `${withLineEnd(text)}${block} {\n    ${lineOf(name, value)}\n}\n`)
    }
    return
  }
  if (item.line === item.block.end) {
    throw new SaltError('execution-failed', `The block ${block} of ${path} stands on one line and cannot be edited.`)
  }
  const at = item.block.settings.get(name)?.line
  const indent = /^\s*/.exec(lines[at ?? item.line + 1] ?? '')?.[0] || '    '
  const news = value === false ? [] : [`${indent}${lineOf(name, value)}`]
  // A new setting goes before the closing brace.
  const edited = lines.toSpliced(at ?? item.block.end, at === undefined ? 0 : 1, ...news)
  writeSystemFile(ctx, path, edited.join('\n'))
}

export const logrotate = defineModule({
  name: 'logrotate',
  doc: 'Tells and changes how logrotate turns over log files.',
  available: onlyOn('Linux', 'Darwin'),
  functions: {
    show_conf: fn({
      doc: 'Tell all settings of logrotate, also those of files that are included.',
      args: { conf_file: confFile },
      returns: s.record(s.any()),
      examples: ["salt '*' logrotate.show_conf conf_file=/srv/app/logrotate.conf"],
      run: (ctx, { conf_file }) => readConfiguration(ctx, conf_file).shown,
    }),
    get: fn({
      doc: 'Tell a setting, a block of settings, or a setting of a block.',
      args: { key, value: s.optional(s.string('Name of a setting of the block')), conf_file: confFile },
      returns: s.any('False where it is not there'),
      examples: [
        "salt '*' logrotate.get rotate conf_file=/srv/app/logrotate.conf",
        "salt '*' logrotate.get /var/log/wtmp rotate conf_file=/srv/app/logrotate.conf",
      ],
      run(ctx, args) {
        const { shown } = readConfiguration(ctx, args.conf_file)
        const found = Object.hasOwn(shown, args.key) ? (shown[args.key] ?? false) : false
        if (args.value === undefined || args.value === '') return found
        if (typeof found !== 'object') return false
        return Object.hasOwn(found, args.value) ? (found[args.value] ?? false) : false
      },
    }),
    set: fn({
      doc: 'Set a setting, or a setting of a block. A value of false takes it away.',
      args: {
        key,
        value: { ...scalar, description: 'The value; of a block, the name of the setting' },
        setting: s.optional({ ...scalar, description: 'The value of the setting of the block' }),
        conf_file: confFile,
      },
      returns: s.boolean('Always true'),
      examples: [
        "salt '*' logrotate.set rotate 2 conf_file=/srv/app/logrotate.conf",
        "salt '*' logrotate.set /var/log/wtmp rotate 2 conf_file=/srv/app/logrotate.conf",
      ],
      run(ctx, args) {
        if (hasLineBreak(args.key, args.value, args.setting)) {
          throw new SaltError('bad-arguments', 'a setting of logrotate is one line')
        }
        const { shown, files } = readConfiguration(ctx, args.conf_file)
        const current = Object.hasOwn(shown, args.key) ? shown[args.key] : undefined
        if (args.setting === undefined) {
          if (typeof current === 'object') {
            throw new SaltError(
              'bad-arguments',
              `Error: ${args.key} includes a dict, and a specific setting inside the dict was not declared`,
            )
          }
          const value = wantedValue(args.value)
          if (value !== current) setGlobal(ctx, args.conf_file, args.key, value)
          return true
        }
        if (current !== undefined && typeof current !== 'object') {
          throw new SaltError(
            'bad-arguments',
            'Error: A setting for a dict was declared, but the configuration line given is not a dict',
          )
        }
        const [name, value] = [String(args.value), wantedValue(args.setting)]
        if (scripts.includes(name)) {
          throw new SaltError('bad-arguments', `${name} begins a script of several lines, which cannot be set so`)
        }
        const known = current !== undefined && Object.hasOwn(current, name) ? current[name] : false
        if (known !== value) setInBlock(ctx, files.get(args.key) ?? args.conf_file, args.key, name, value)
        return true
      },
    }),
  },
})
