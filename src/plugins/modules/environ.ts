import { s } from '../../base/schema.ts'
import { defineModule, fn } from '../../engine/plugin.ts'

const falseUnsets = s.withDefault(s.boolean('Remove a variable whose value is false, rather than empty it'), false)
const permanent = s.withDefault(s.boolean('Accepted, and without effect here'), false)
const fallback = s.withDefault(s.any('What to give where there is no such variable'), '')
const outcome = s.union(
  [s.string(), s.boolean(), s.null()],
  'The new value, null where it was removed, false for a fault',
)

/** False for a value that no variable can have. */
function setVariable(key: unknown, val: unknown, falseRemoves: boolean): string | false | null {
  if (typeof key !== 'string' || key === '' || /[=\0]/.test(key)) return false
  if (val === false && falseRemoves) {
    delete process.env[key]
    return null
  }
  const text = val === false ? '' : val
  if (typeof text !== 'string' || text.includes('\0')) return false
  process.env[key] = text
  return text
}

function variable(key: string): string | undefined {
  return Object.hasOwn(process.env, key) ? process.env[key] : undefined
}

export const environ = defineModule({
  name: 'environ',
  doc: 'Reads and sets the environment of this program, which the commands that it runs inherit.',
  functions: {
    setval: fn({
      doc: 'Set an environment variable; false empties it. It lasts as long as the minion runs.',
      args: {
        key: s.string('Name of the variable'),
        val: s.any('Text, or false'),
        false_unsets: falseUnsets,
        permanent,
      },
      returns: outcome,
      examples: ["salt '*' environ.setval foo bar", "salt '*' environ.setval baz val=false false_unsets=true"],
      run: (_ctx, args) => setVariable(args.key, args.val, args.false_unsets),
    }),
    setenv: fn({
      doc: 'Set several environment variables. They last as long as the minion runs.',
      args: {
        environ: s.any('Mapping of names to texts, or false'),
        false_unsets: falseUnsets,
        clear_all: s.withDefault(s.boolean('Empty or remove all the others'), false),
        update_minion: s.withDefault(s.boolean('Accepted: the minion itself is always changed'), false),
        permanent,
      },
      returns: s.union(
        [s.record(outcome), s.boolean()],
        'What became of each; false where this is no mapping of texts',
      ),
      examples: ["salt '*' environ.setenv '{foo: bar, baz: quux}'"],
      run(_ctx, { environ: wanted, false_unsets, clear_all }) {
        if (typeof wanted !== 'object' || wanted === null || Array.isArray(wanted)) return false
        const pairs = Object.entries(wanted)
        if (!pairs.every(([, val]) => typeof val === 'string' || val === false)) return false
        const others = clear_all ? Object.keys(process.env).filter((key) => !Object.hasOwn(wanted, key)) : []
        const all = [...others.map((key) => [key, false] as const), ...pairs]
        return Object.fromEntries(all.map(([key, val]) => [key, setVariable(key, val, false_unsets)]))
      },
    }),
    get: fn({
      doc: 'Tell the value of an environment variable.',
      args: { key: s.string('Name of the variable'), default: fallback },
      returns: s.any(),
      examples: ["salt '*' environ.get foo", "salt '*' environ.get baz default=false"],
      run: (_ctx, args) => variable(args.key) ?? args.default,
    }),
    has_value: fn({
      doc: 'Tell whether an environment variable is set, or has a certain value.',
      args: { key: s.string('Name of the variable'), value: s.optional(s.string('The value')) },
      returns: s.boolean(),
      examples: ["salt '*' environ.has_value foo", "salt '*' environ.has_value foo bar"],
      run(_ctx, { key, value }) {
        const found = variable(key)
        return found !== undefined && (value === undefined || found === value)
      },
    }),
    item: fn({
      doc: 'Tell the values of some environment variables.',
      args: { keys: s.union([s.string(), s.array(s.string())], 'Name, or list of names'), default: fallback },
      returns: s.record(s.any()),
      examples: ["salt '*' environ.item foo", "salt '*' environ.item '[foo, baz]' default=none"],
      run: (_ctx, args) => Object.fromEntries([args.keys].flat().map((key) => [key, variable(key) ?? args.default])),
    }),
    items: fn({
      doc: 'Tell all environment variables.',
      returns: s.record(s.string()),
      examples: ["salt '*' environ.items"],
      run: () => Object.fromEntries(Object.entries(process.env).map(([key, val]) => [key, val ?? ''])),
    }),
  },
})
