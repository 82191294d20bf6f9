/** Functions of `grains` that write. */
import { SaltError } from '../../../base/errors.ts'
import { pythonString } from '../../../base/python-repr.ts'
import { s } from '../../../base/schema.ts'
import { sameValue, setGrain, setList, setValues } from '../../../engine/functions/grain-change.ts'
import { fn } from '../../../engine/plugin.ts'
import { traverse } from '../../../engine/target/traverse.ts'
import { delimiter, key, value } from './arguments.ts'

const destructive = s.withDefault(s.boolean('Remove the name when the value is null'), false)
const force = s.withDefault(s.boolean('Put the value in place of a list or a mapping'), false)
const refreshPillar = s.withDefault(s.boolean('Accepted, and without effect here'), true)
const changeReport = s.object({ comment: s.string(), changes: s.record(s.any()), result: s.boolean() })

export const changingFunctions = {
  setvals: fn({
    doc: 'Set several grains in the grains file.',
    args: { grains: s.record(s.any(), 'Name → value'), destructive, refresh_pillar: refreshPillar },
    returns: s.record(s.any(), 'What was set'),
    examples: ["salt '*' grains.setvals '{role: web, stage: test}'"],
    run: (ctx, args) => setValues(ctx, args.grains, args.destructive),
  }),
  setval: fn({
    doc: 'Set a grain in the grains file.',
    args: { key: s.string('Name of the grain'), val: value, destructive, refresh_pillar: refreshPillar },
    returns: s.record(s.any(), 'What was set'),
    examples: ["salt '*' grains.setval role web"],
    run: (ctx, args) => setValues(ctx, { [args.key]: args.val }, args.destructive),
  }),
  set: fn({
    doc: 'Set a grain, nested or not, unless a list or a mapping is in its place.',
    args: { key, val: s.withDefault(value, ''), force, destructive, delimiter },
    returns: changeReport,
    examples: ["salt '*' grains.set apps:port 2209", "salt '*' grains.set apps '{port: 2209}' force=true"],
    run: (ctx, args) => setGrain(ctx, args),
  }),
  delval: fn({
    doc: 'Set a grain to null, or remove it.',
    args: { key, destructive },
    extra: s.any('force'),
    returns: changeReport,
    examples: ["salt '*' grains.delval role", "salt '*' grains.delval role destructive=true"],
    run: (ctx, args, { extra }) => setGrain(ctx, { ...args, val: null, force: extra.force === true, delimiter: ':' }),
  }),
  delkey: fn({
    doc: 'Remove a grain from the grains file.',
    args: { key, force },
    returns: changeReport,
    examples: ["salt '*' grains.delkey role"],
    run: (ctx, args) => setGrain(ctx, { ...args, val: null, destructive: true, delimiter: ':' }),
  }),
  append: fn({
    doc: 'Add a value to a list grain.',
    args: { key, val: value, convert: s.withDefault(s.boolean('Make a list of a single value'), false), delimiter },
    returns: s.union([s.record(s.any()), s.string()], 'What was set, or why nothing was'),
    examples: ["salt '*' grains.append roles web"],
    async run(ctx, args) {
      const found = traverse(ctx.grains, args.key, args.delimiter) ?? []
      const list = Array.isArray(found) ? found : args.convert ? [found] : undefined
      if (list === undefined) return `The key ${args.key} is not a valid list`
      if (list.some((item) => sameValue(item, args.val))) {
        return `The val ${pythonString(args.val)} was already in the list ${args.key}`
      }
      const added: readonly unknown[] = Array.isArray(args.val) ? args.val : [args.val]
      return setList(ctx, args.key, [...list, ...added], args.delimiter)
    },
  }),
  remove: fn({
    doc: 'Take a value out of a list grain.',
    args: { key, val: value, delimiter },
    returns: s.union([s.record(s.any()), s.string()], 'What was set, or why nothing was'),
    examples: ["salt '*' grains.remove roles web"],
    async run(ctx, args) {
      const found = traverse(ctx.grains, args.key, args.delimiter) ?? []
      if (!Array.isArray(found)) return `The key ${args.key} is not a valid list`
      const index = found.findIndex((item) => sameValue(item, args.val))
      if (index < 0) return `The val ${pythonString(args.val)} was not in the list ${args.key}`
      return setList(ctx, args.key, found.toSpliced(index, 1), args.delimiter)
    },
  }),
  get_or_set_hash: fn({
    doc: 'Give the text of a grain; where there is none, make a random one and set it. It is no place for secrets: every target and template can see it.',
    args: {
      name: key,
      length: s.withDefault(s.integer('How many characters to make', { minimum: 1, maximum: 4096 }), 8),
      chars: s.withDefault(s.string('Characters to choose from'), 'abcdefghijklmnopqrstuvwxyz0123456789!@#$%^&*(-_=+)'),
    },
    returns: s.any('What the grain holds'),
    examples: ["salt '*' grains.get_or_set_hash 'django:SECRET_KEY' 50"],
    async run(ctx, args) {
      const found = traverse(ctx.grains, args.name)
      if (found !== undefined && found !== null) return found
      const text = await randomText(args.length, args.chars)
      const request = { key: args.name, val: text, force: false, destructive: false, delimiter: ':' }
      const change = await setGrain(ctx, request)
      if (!change.result) throw new SaltError('execution-failed', change.comment)
      return text
    },
  }),
}

async function randomText(length: number, characters: string): Promise<string> {
  const choice = [...characters]
  if (choice.length === 0) throw new SaltError('bad-arguments', 'There are no characters to choose from.')
  const { randomInt } = await import('node:crypto')
  return Array.from({ length }, () => choice[randomInt(choice.length)]).join('')
}
