import { setTimeout as pause } from 'node:timers/promises'
import { isDeepStrictEqual } from 'node:util'
import { asSaltError } from '../../base/errors.ts'
import { Float } from '../../base/float.ts'
import { pythonString } from '../../base/python-repr.ts'
import { s } from '../../base/schema.ts'
import { defineStates, type StateContext, state } from '../../engine/plugin.ts'
import { done, failed, impossible, pending, type StateOutcome, type StatePlan } from '../../engine/state/plan.ts'
import { compileDataMatch } from '../../engine/target/data-match.ts'

interface Loop {
  readonly fun: string
  readonly args: readonly unknown[]
  readonly kwargs: Readonly<Record<string, unknown>>
  readonly periodMs: number
  readonly timeoutMs: number
}

/** Calls again and again; how many calls it took, or undefined where the time was over first. */
async function callUntil(
  ctx: StateContext,
  { fun, args, kwargs, periodMs, timeoutMs }: Loop,
  isRight: (answer: unknown) => boolean | Promise<boolean>,
): Promise<{ readonly isRight: boolean; readonly attempts: number }> {
  const end = performance.now() + timeoutMs
  for (let attempts = 1; ; attempts++) {
    if (await isRight(await ctx.salt(fun, args, kwargs))) return { isRight: true, attempts }
    if (performance.now() + periodMs >= end) return { isRight: false, attempts }
    await pause(periodMs, undefined, { signal: ctx.signal })
  }
}

/** Python's words that templates have others for: their expressions are what is understood here. */
function asTemplateExpression(condition: string): string {
  return condition
    .replace(/\bis\s+(not\s+)?(None|True|False)\b/g, (words) => words.toLowerCase())
    .replace(/\blen\(([\w.[\]'"]+)\)/g, '($1|length)')
}

/** Throws `render-failed` where the condition cannot be read, or fails. */
async function conditionOf(ctx: StateContext, condition: string): Promise<(answer: unknown) => Promise<boolean>> {
  const { TemplateWorld } = await import('../../engine/render/template-world.ts')
  const world = new TemplateWorld(ctx)
  const text = `{% if ${asTemplateExpression(condition)} %}True{% endif %}`
  return async (answer) => {
    const request = { text, file: 'condition', saltenv: ctx.saltenv, variables: { m_ret: answer ?? null } }
    return (await world.render(request)).text === 'True'
  }
}

type Comparison = (answer: unknown, expected: unknown) => boolean | Promise<boolean>

const numberOf = (value: unknown): unknown => (value instanceof Float ? value.value : value)

function ordered(holds: (order: number) => boolean): Comparison {
  return (left, right) => {
    const [a, b] = [numberOf(left), numberOf(right)]
    if (typeof a === 'number' && typeof b === 'number') return holds(a - b)
    if (typeof a === 'string' && typeof b === 'string') return holds(a < b ? -1 : a > b ? 1 : 0)
    throw new TypeError(`${pythonString(left)} and ${pythonString(right)} have no order`)
  }
}

function isEqual(left: unknown, right: unknown): boolean {
  return isDeepStrictEqual(numberOf(left), numberOf(right))
}

const comparisons: Readonly<Record<string, Comparison>> = {
  eq: isEqual,
  ne: (left, right) => !isEqual(left, right),
  lt: ordered((order) => order < 0),
  le: ordered((order) => order <= 0),
  gt: ordered((order) => order > 0),
  ge: ordered((order) => order >= 0),
  contains: (all, one) =>
    typeof all === 'string'
      ? all.includes(pythonString(one))
      : Array.isArray(all) && all.some((item) => isEqual(item, one)),
  'data.subdict_match': (data, expression) => compileDataMatch(pythonString(expression), 'glob')(data),
}

async function comparisonOf(ctx: StateContext, operator: string): Promise<Comparison | undefined> {
  if (Object.hasOwn(comparisons, operator)) return comparisons[operator]
  const found = operator.includes('.') ? await ctx.functions.load(operator) : undefined
  if (found?.kind !== 'loaded') return undefined
  return async (answer, expected) => isTrue(await ctx.salt(operator, [answer, expected]))
}

function isTrue(value: unknown): boolean {
  return value !== undefined && value !== null && value !== false && value !== 0 && value !== ''
}

async function isAvailable(ctx: StateContext, fun: string): Promise<boolean> {
  return (await ctx.functions.load(fun)).kind === 'loaded'
}

const period = s.withDefault(s.seconds('How long to wait between two calls'), 1)
const timeout = s.withDefault(s.seconds('How long to go on'), 60)
const kwargs = s.optional(s.record(s.any(), 'Its keyword arguments'))

interface Expecting {
  readonly expected: unknown
  readonly compare: Comparison
  readonly initMs: number
}

async function waitFor(ctx: StateContext, loop: Loop, { expected, compare, initMs }: Expecting): Promise<StateOutcome> {
  await pause(initMs, undefined, { signal: ctx.signal })
  try {
    const { isRight, attempts } = await callUntil(ctx, loop, (answer) => compare(answer, expected))
    return isRight
      ? done(`Call provided the expected results in ${attempts} attempts`)
      : failed(`Call did not produce the expected result after ${attempts} attempts`)
  } catch (error) {
    ctx.signal.throwIfAborted()
    return failed(`Exception occurred while executing ${loop.fun}: ${asSaltError(error).message}`)
  }
}

export const loop = defineStates({
  name: 'loop',
  doc: 'Waits, by calling a function again and again.',
  functions: {
    until: state({
      doc: 'Call a function until a condition holds for its answer.',
      args: {
        name: s.string('The function'),
        m_args: s.optional(s.array(s.any(), 'Its arguments')),
        m_kwargs: kwargs,
        condition: s.optional(s.string('An expression of templates, in which m_ret is the answer')),
        period,
        timeout,
      },
      examples: [
        'there is a file:\n  loop.until:\n    - name: file.file_exists\n    - m_args: [/srv/docs/a.txt]\n    - condition: m_ret == True\n    - period: 2\n    - timeout: 20',
      ],
      async plan(ctx, { name, m_args, m_kwargs, condition, ...times }): Promise<StatePlan> {
        if (!(await isAvailable(ctx, name))) return impossible(`Cannot find module ${name}`)
        if (condition === undefined) return impossible('An exit condition must be specified')
        return pending({
          comment: `The execution module ${name} will be run`,
          changes: {},
          async apply() {
            const asked = { fun: name, args: m_args ?? [], kwargs: m_kwargs ?? {} }
            const timing = { periodMs: times.period * 1000, timeoutMs: times.timeout * 1000 }
            const { isRight } = await callUntil(ctx, { ...asked, ...timing }, await conditionOf(ctx, condition))
            return isRight
              ? done(`Condition ${condition} was met`)
              : failed(`Timed out while waiting for condition ${condition}`)
          },
        })
      },
    }),
    until_no_eval: state({
      doc: 'Call a function until its answer is what is expected.',
      args: {
        name: s.string('The function'),
        expected: s.any('What its answer is compared with'),
        compare_operator: s.withDefault(
          s.string('eq, ne, lt, le, gt, ge, contains, data.subdict_match, or a function that is given both'),
          'eq',
        ),
        timeout,
        period,
        init_wait: s.withDefault(s.seconds('How long to wait before the first call'), 0),
        args: s.optional(s.array(s.any(), 'Its arguments')),
        kwargs,
      },
      examples: [
        'there is a text:\n  loop.until_no_eval:\n    - name: test.echo\n    - expected: ready\n    - args: [ready]\n    - timeout: 20',
      ],
      async plan(ctx, want): Promise<StatePlan> {
        const { name, expected, compare_operator: operator } = want
        if (!(await isAvailable(ctx, name))) return impossible(`Module.function "${name}" is unavailable.`)
        const compare = await comparisonOf(ctx, operator)
        if (compare === undefined) return impossible(`Invalid operator "${operator}" supplied.`)
        return pending({
          comment: `Would have waited for "${name}" to produce "${pythonString(expected)}".`,
          changes: {},
          apply: () =>
            waitFor(
              ctx,
              {
                fun: name,
                args: want.args ?? [],
                kwargs: want.kwargs ?? {},
                periodMs: want.period * 1000,
                timeoutMs: want.timeout * 1000,
              },
              { expected, compare, initMs: want.init_wait * 1000 },
            ),
        })
      },
    }),
  },
})
