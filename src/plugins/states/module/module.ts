import { asSaltError } from '../../../base/errors.ts'
import { isRecord } from '../../../base/narrow.ts'
import { pythonString } from '../../../base/python-repr.ts'
import { s } from '../../../base/schema.ts'
import { defineStates, type FunctionDefinition, type StateContext, state } from '../../../engine/plugin.ts'
import { failed, impossible, pending, right, type StateOutcome, type StatePlan } from '../../../engine/state/plan.ts'
import { callOf, functionCalled, isGood, type LegacyCall, legacyCallOf } from './called-function.ts'

const args = {
  name: s.string('A function, where its arguments stand beside it; any text where functions are named by keys'),
  // Other states understand these themselves; a function may have arguments of these names.
  cwd: s.optional(s.any('Argument of the function')),
  timeout: s.optional(s.any('Argument of the function')),
  umask: s.optional(s.any('Argument of the function')),
}
const extra = s.any(
  '`module.function:` with a list of its arguments, once or more; or the arguments of the one in name',
)

type Given = Readonly<Record<string, unknown>>

/** Functions as keys, one or several; otherwise the name is that of the one function. */
function plan(ctx: StateContext, given: Given): Promise<StatePlan> {
  const { name, returner, ...others } = given
  const keys = Object.keys(others)
  const isByKeys = keys.length > 0 && keys.every((key) => key.includes('.'))
  const planned = isByKeys ? planCalls(ctx, others) : planLegacy(ctx, pythonString(name), others)
  return returner === undefined ? planned : planned.then(withoutReturner)
}

function withoutReturner(planned: StatePlan): StatePlan {
  const warning = "'returner' of module.run has no effect: answers of functions go where the whole run goes"
  return { ...planned, warnings: [...(planned.warnings ?? []), warning] }
}

async function planCalls(ctx: StateContext, calls: Given): Promise<StatePlan> {
  const missing: string[] = []
  const found: (readonly [key: string, name: string, definition: FunctionDefinition, written: unknown])[] = []
  for (const [key, written] of Object.entries(calls)) {
    // Salt lets a function be called twice in one state as `test.arg` and `test.arg:2`.
    const [name = key] = key.split(':')
    const definition = await functionCalled(ctx, name)
    if (definition === undefined) missing.push(name)
    else found.push([key, name, definition, written])
  }
  if (missing.length > 0) {
    return impossible(`Unavailable function${missing.length > 1 ? 's' : ''}: ${missing.join(', ')}.`)
  }
  const names = found.map(([, name]) => name)
  return pending({
    comment: `Function${names.length > 1 ? 's' : ''} ${names.join(', ')} to be executed.`,
    changes: {},
    async apply() {
      const failures: string[] = []
      const successes: string[] = []
      const changes: Record<string, unknown> = {}
      for (const [key, name, definition, written] of found) {
        const answer = await callOne(ctx, name, definition, written)
        if ('fault' in answer) failures.push(`'${key}' failed: ${answer.fault}`)
        else if (isGood(answer.value, {})) {
          changes[key] = answer.value
          successes.push(`${key}: ${wordOf(answer.value)}`)
        } else failures.push(failureOf(key, answer.value))
      }
      const comment = [...failures, ...successes].join(', ')
      return { result: failures.length === 0, comment, changes }
    },
  })
}

async function callOne(
  ctx: StateContext,
  name: string,
  definition: FunctionDefinition,
  written: unknown,
): Promise<{ readonly value: unknown } | { readonly fault: string }> {
  try {
    const { positional, keyword } = callOf(definition, written)
    return { value: (await ctx.salt(name, positional, keyword)) ?? null }
  } catch (error) {
    ctx.signal.throwIfAborted()
    return { fault: asSaltError(error).message }
  }
}

function wordOf(value: unknown): string {
  return isRecord(value) ? pythonString(value.comment ?? 'Success') : pythonString(value)
}

function failureOf(key: string, value: unknown): string {
  return isRecord(value)
    ? `'${key}' failed: ${pythonString(value.comment ?? '(error message N/A)')}`
    : `'${key}': ${pythonString(value)}`
}

async function planLegacy(ctx: StateContext, name: string, given: Given): Promise<StatePlan> {
  const definition = await functionCalled(ctx, name)
  if (definition === undefined) return impossible(`Module function ${name} is not available`)
  const call = legacyCallOf(definition, given)
  if (typeof call === 'string') return impossible(call)
  const warnings = call.unused.map((key) => `'${key}' is no argument of ${name}, and has no effect`)
  return pending({
    comment: `Module function ${name} is set to execute`,
    changes: {},
    ...(warnings.length === 0 ? {} : { warnings }),
    apply: () => callLegacy(ctx, name, call),
  })
}

async function callLegacy(ctx: StateContext, name: string, call: LegacyCall): Promise<StateOutcome> {
  try {
    const ret = (await ctx.salt(name, call.positional, call.keyword)) ?? null
    return { result: isGood(ret, ret), comment: `Module function ${name} executed`, changes: { ret } }
  } catch (error) {
    ctx.signal.throwIfAborted()
    return failed(`Module function ${name} threw an exception. Exception: ${asSaltError(error).message}`)
  }
}

const run = (ctx: StateContext, want: Given, { extra: more }: { readonly extra: Given }): Promise<StatePlan> =>
  plan(ctx, { ...definedOnly(want), ...more })

function definedOnly(want: Given): Given {
  return Object.fromEntries(Object.entries(want).filter(([, value]) => value !== undefined))
}

const waiting = (verb: string) =>
  state({
    doc: 'Call functions when something that this state watches has changed; do nothing otherwise.',
    args,
    extra,
    examples: [
      `web server:\n  test.succeed_with_changes: []\n\ntell it:\n  module.${verb}:\n    - test.echo:\n        - changed\n    - watch:\n        - test: web server`,
    ],
    plan: () => right(''),
    watch: run,
  })

export const moduleStates = defineStates({
  name: 'module',
  doc: 'Calls execution functions from a state file.',
  functions: {
    run: state({
      doc: 'Call functions. A dry run calls none of them.',
      args,
      extra,
      examples: [
        'several functions:\n  module.run:\n    - test.echo:\n        - text: hello\n    - test.fib:\n        - 4',
        'one function:\n  module.run:\n    - name: test.echo\n    - text: hello',
      ],
      plan: run,
      watch: run,
    }),
    wait: waiting('wait'),
    watch: waiting('watch'),
  },
})
