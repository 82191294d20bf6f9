import { SaltError } from '../../base/errors.ts'
import { pythonString } from '../../base/python-repr.ts'
import { s } from '../../base/schema.ts'
import { compareText } from '../../base/text.ts'
import { unifiedDiff } from '../../engine/functions/unified-diff.ts'
import { defineRunner, type MoreArguments, type RunnerContext, runnerFn } from '../../engine/plugin.ts'

/** Minions that gave the same result, in words. */
interface Pool {
  readonly pool: string[]
  readonly result: string
}

const rest = s.any('The target, the function, and the positional arguments of the function')
const extra = s.any(
  'survey_sort=down (the largest pool first) or up; tgt_type=compound or pcre; others are keyword arguments of the function',
)
const pools = s.array(s.object({ pool: s.array(s.string()), result: s.text() }))

function choice<Choice extends string>(given: unknown, choices: readonly [Choice, ...Choice[]], name: string): Choice {
  const found = given === undefined ? choices[0] : choices.find((candidate) => candidate === given)
  if (found !== undefined) return found
  throw new SaltError('bad-arguments', `${name} must be ${choices.join(' or ')}.`)
}

async function gather(ctx: RunnerContext, { rest: words, extra: named }: MoreArguments): Promise<Pool[]> {
  const [tgt, fun, ...arg] = words
  if (typeof tgt !== 'string' || typeof fun !== 'string') {
    throw new SaltError('bad-arguments', 'A survey needs a target and a function.')
  }
  const { survey_sort, tgt_type, ...kwargs } = named
  const order = choice(survey_sort, ['down', 'up'], 'survey_sort')
  const tgtType = choice(tgt_type, ['compound', 'pcre'], 'tgt_type')
  const outcomes = await ctx.publish({ tgt, tgtType, fun, arg, ...(Object.keys(kwargs).length > 0 && { kwargs }) })
  const found = new Map<string, Pool>()
  for (const { id, ret } of outcomes.toSorted((a, b) => compareText(a.id, b.id))) {
    if (ret === undefined) continue
    const result = pythonString(ret.return)
    const pool = found.get(result) ?? { pool: [], result }
    pool.pool.push(id)
    found.set(result, pool)
  }
  const direction = order === 'down' ? -1 : 1
  return [...found.values()].sort((a, b) => direction * (a.pool.length - b.pool.length))
}

/** What `survey.diff` shows of one pool: the first with its result, the others with what differs from it. */
function shown(first: Pool, { pool, result }: Pool): string {
  const head = ['minion pool :', '------------', pythonString(pool), 'pool size :', '----------', `    ${pool.length}`]
  if (pool === first.pool) return [...head, 'pool result :', '------------', `    ${result}`, ''].join('\n')
  const title = `differences from "${first.pool[0]}" results :`
  const names = { from: first.pool[0] ?? '', to: pool[0] ?? '', context: 0 }
  return [
    ...head,
    title,
    '-'.repeat(title.length - 1),
    unifiedDiff(lines(first.result), lines(result), names),
    '',
  ].join('\n')
}

function lines(text: string): readonly string[] {
  return text === ''
    ? []
    : text
        .replace(/\n$/, '')
        .split('\n')
        .map((line) => `${line}\n`)
}

export const survey = defineRunner({
  name: 'survey',
  doc: 'Runs a function on minions and gathers those that give the same result.',
  functions: {
    hash: runnerFn({
      doc: 'Run a function on minions and list the pools of those that gave the same result, the largest first.',
      rest,
      extra,
      returns: pools,
      examples: [
        "salt run survey.hash '*' test.ping",
        "salt run survey.hash '*' file.get_hash /etc/hosts survey_sort=up",
      ],
      run: (ctx, _args, more) => gather(ctx, more),
    }),
    diff: runnerFn({
      doc: 'As survey.hash; on the way, show by how much the result of each pool differs from that of the first.',
      rest,
      extra,
      returns: pools,
      examples: ["salt run survey.diff '*' cmd.run 'cat /etc/hosts' survey_sort=up"],
      async run(ctx, _args, more) {
        const found = await gather(ctx, more)
        const [first] = found
        if (first !== undefined) for (const pool of found) ctx.progress(shown(first, pool))
        return found
      },
    }),
  },
})
