import { isRecord } from '../../base/narrow.ts'
import { s } from '../../base/schema.ts'
import { defineStates, state } from '../../engine/plugin.ts'
import { done, failed, impossible, pending, right } from '../../engine/state/plan.ts'

type Wanted = Readonly<Record<string, unknown>>

interface Handling {
  readonly false_unsets: boolean
  readonly clear_all: boolean
}

/** Variable → its new value, null where it is to go. */
function changesOf(wanted: Wanted, { false_unsets: isRemoved, clear_all: clears }: Handling): Record<string, unknown> {
  const changes: Record<string, unknown> = {}
  const others = clears ? Object.keys(process.env).filter((name) => !Object.hasOwn(wanted, name)) : []
  for (const name of others) changes[name] = isRemoved ? null : ''
  for (const [name, value] of Object.entries(wanted)) {
    const current = process.env[name]
    if (value !== false) {
      if ((current ?? '') !== value) changes[name] = value
    } else if (isRemoved ? current !== undefined : current !== '') changes[name] = isRemoved ? null : ''
  }
  return changes
}

export const environ = defineStates({
  name: 'environ',
  doc: 'Sets the environment of this program, which the commands that it runs inherit.',
  functions: {
    setenv: state({
      doc: 'Set environment variables. They last as long as the minion runs.',
      args: {
        name: s.string('Name of the variable; any text where value is a mapping'),
        value: s.any('Text, or false; or a mapping of names to texts or false'),
        false_unsets: s.withDefault(s.boolean('Remove a variable whose value is false, rather than empty it'), false),
        clear_all: s.withDefault(s.boolean('Empty or remove all the others'), false),
        update_minion: s.withDefault(s.boolean('Accepted: the minion itself is always changed'), false),
        permanent: s.withDefault(s.any('Accepted, and without effect here: it means the registry of Windows'), false),
      },
      examples: [
        'EDITOR:\n  environ.setenv:\n    - value: vi',
        'proxy:\n  environ.setenv:\n    - value:\n        http_proxy: http://10.0.0.2:3128\n        no_proxy: localhost',
      ],
      plan(ctx, want) {
        const { value, false_unsets, clear_all, update_minion } = want
        if (typeof value !== 'string' && value !== false && !isRecord(value)) {
          return impossible('Environ value must be string, dict or False')
        }
        const wanted: Wanted = isRecord(value) ? value : { [want.name]: value }
        const changes = changesOf(wanted, want)
        if (Object.keys(changes).length === 0) return right('Environ values were already set with the correct values')
        return pending({
          comment: 'Environ values will be changed',
          changes,
          async apply() {
            const options = { false_unsets, clear_all, update_minion }
            const made = await ctx.salt('environ.setenv', [wanted], options)
            return isRecord(made) ? done('Environ values were set', made) : failed('Failed to set environ variables')
          },
        })
      },
    }),
  },
})
