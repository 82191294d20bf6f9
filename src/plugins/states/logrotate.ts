import { isRecord } from '../../base/narrow.ts'
import { pythonString } from '../../base/python-repr.ts'
import { s } from '../../base/schema.ts'
import { defineStates, type StateContext, state } from '../../engine/plugin.ts'
import { done, failed, pending, right, type StatePlan } from '../../engine/state/plan.ts'
import { failure, reasonOf } from '../../engine/state/wording.ts'

const scalar = s.union([s.integer(), s.boolean(), s.string()])

interface SetArguments {
  readonly key: string
  readonly value: string | number | boolean
  readonly setting?: string | number | boolean | undefined
  readonly conf_file: string
}

/** Digits are a number, as they are in what logrotate.get tells. */
function plain(value: string | number | boolean): string | number | boolean {
  return typeof value === 'string' && /^\d+$/.test(value) ? Number(value) : value
}

async function planSet(ctx: StateContext, { key, value, setting, conf_file }: SetArguments): Promise<StatePlan> {
  const isBlock = setting !== undefined
  const wanted = plain(isBlock ? setting : value)
  const found = await ctx.salt('logrotate.get', [key, ...(isBlock ? [String(value)] : [])], { conf_file })
  if (!isBlock && isRecord(found)) {
    throw failure(`Error: ${key} includes a dict, and a specific setting inside the dict was not declared`)
  }
  const what = isBlock ? `lock '${key}' command '${value}'` : `ommand '${key}'`
  const [head, tail] = [isBlock ? `B${what}` : `C${what}`, isBlock ? `b${what}` : `c${what}`]
  const words = pythonString(wanted)
  if (found === wanted) return right(`${head} already has value: ${words}`)
  const changes = { old: found ?? false, new: wanted }
  return pending({
    comment: `${head} will be set to value: ${words}`,
    changes,
    async apply() {
      try {
        await ctx.salt('logrotate.set', [key, value, ...(isBlock ? [setting] : [])], { conf_file })
        return done(`Set ${tail} value: ${words}`, changes)
      } catch (error) {
        ctx.signal.throwIfAborted()
        return failed(`Unable to set ${tail} value: ${words}. ${reasonOf(error)}`)
      }
    },
  })
}

export const logrotate = defineStates({
  name: 'logrotate',
  doc: 'How logrotate turns over log files.',
  functions: {
    set: state({
      doc: 'Have a setting of logrotate, or one of a block.',
      args: {
        name: s.string('Any text'),
        key: s.string('The setting, or the block: /var/log/wtmp'),
        value: { ...scalar, description: 'The value; of a block, the name of the setting' },
        setting: s.optional({ ...scalar, description: 'The value of the setting of the block; false takes it away' }),
        conf_file: s.withDefault(s.path('The main file of logrotate'), '/etc/logrotate.conf'),
      },
      examples: [
        'keep a year:\n  logrotate.set:\n    - key: rotate\n    - value: 52',
        'wtmp:\n  logrotate.set:\n    - key: /var/log/wtmp\n    - value: rotate\n    - setting: 2',
      ],
      plan: (ctx, want) => planSet(ctx, want),
    }),
  },
})
