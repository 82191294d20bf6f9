import { asSaltError, SaltError } from '../../base/errors.ts'
import { s } from '../../base/schema.ts'
import type { TargetOutcome } from '../../client/api.ts'
import type { MasterCalls, MasterLinkMethods } from '../../client/master-link.ts'
import { parseWords } from '../../engine/arguments/parse.ts'
import { defineModule, type FunctionContext, fn } from '../../engine/plugin.ts'

type PublishAnswer = MasterLinkMethods['publish']['result']

/** What the master is given beyond the time that the job itself may take, in seconds. */
const answerSlackSeconds = 5
/** A runner has no end of its own: what it is given beyond the time that its own jobs may take, in seconds. */
const runnerSlackSeconds = 1

const publishArguments = {
  tgt: s.union([s.string(), s.array(s.string())], 'Which minions'),
  fun: s.string('The function to run on them; several with commas'),
  arg: s.optional(s.any('Its arguments: one value or a list; text with = is a keyword argument')),
  tgt_type: s.withDefault(s.string('How tgt is meant: glob, list, pcre, grain, compound and so on'), 'glob'),
  returner: s.withDefault(s.string('Returners to hand the results to'), ''),
  timeout: s.withDefault(s.seconds('How long to wait for the minions'), 5),
}

interface PeerRequest {
  readonly tgt: string | readonly string[]
  readonly fun: string
  readonly arg?: unknown
  readonly tgt_type: string
  readonly returner: string
  readonly timeout: number
  readonly via_master?: string | undefined
}

type Answer =
  | { readonly kind: 'answered'; readonly answer: PublishAnswer }
  /** Nothing was published; told in the log already. */
  | { readonly kind: 'refused'; readonly status: string; readonly reason: string }
  | { readonly kind: 'timeout'; readonly text: string }

async function publishToPeers(ctx: FunctionContext, request: PeerRequest): Promise<Answer> {
  const { fun, tgt, timeout } = request
  if (fun.split(',').some((name) => name.trim().startsWith('publish.'))) {
    return refused(ctx, request, 'denied', 'a minion may not make another one publish')
  }
  const master = masterFor(ctx, request.via_master)
  if (master === undefined) return refused(ctx, request, 'no-master', 'this minion has no master to ask')
  try {
    const answer = await master.call(
      'publish',
      {
        tgt,
        tgt_type: request.tgt_type,
        ...(await functionsAndArguments(fun, request.arg)),
        ret: request.returner,
        timeout,
      },
      { timeoutMs: (timeout + answerSlackSeconds) * 1000, signal: ctx.signal },
    )
    for (const outcome of answer.outcomes) {
      if (outcome.ret !== undefined) continue
      ctx.log.warning('A minion did not return', { minion: outcome.id, state: outcome.state, reason: outcome.reason })
    }
    if (answer.refusal === undefined) return { kind: 'answered', answer }
    return refused(ctx, request, 'denied', answer.refusal)
  } catch (error) {
    ctx.signal.throwIfAborted()
    if (asSaltError(error).code === 'timeout') return { kind: 'timeout', text: `'${fun}' publish timed out` }
    throw error
  }
}

function refused(ctx: FunctionContext, { fun, tgt }: PeerRequest, status: string, reason: string): Answer {
  ctx.log.warning('Nothing was published', { fun, tgt, reason })
  return { kind: 'refused', status, reason }
}

/** The master whose job this is, else the first that can be reached; or the one whose host is named. */
function masterFor(ctx: FunctionContext, viaMaster: string | undefined): MasterCalls | undefined {
  const masters = ctx.services.masters ?? []
  if (viaMaster === undefined || viaMaster === '') return masters[0]
  const matching = masters.filter(({ address }) => address === viaMaster || hostOf(address) === viaMaster)
  if (matching.length > 1)
    ctx.log.warning('Several masters fit via_master; the first is asked', { via_master: viaMaster })
  const [master] = matching
  if (master !== undefined) return master
  const known = masters.map(({ address }) => hostOf(address)).join(', ')
  throw new SaltError(
    'bad-arguments',
    `via_master '${viaMaster}' is not a master of this minion (${known || 'it has none'}).`,
  )
}

/** The host of `host:port` or `[address]:port`. */
function hostOf(address: string): string {
  return address.replace(/:\d+$/, '').replace(/^\[(.*)\]$/, '$1')
}

/** Text among the arguments is read as on a command line, as Salt's master does. */
async function functionsAndArguments(
  fun: string,
  arg: unknown,
): Promise<{ readonly fun: string | readonly string[]; readonly arg: readonly unknown[] }> {
  const list = arg === undefined || arg === null ? [] : Array.isArray(arg) ? arg : [arg]
  if (!fun.includes(',')) return { fun, arg: await parseWords(list) }
  const functions = fun.split(',').map((name) => name.trim())
  const split = list.map((one) => (typeof one === 'string' ? one.split(/\s+/).filter((word) => word !== '') : [one]))
  return { fun: functions, arg: await Promise.all(functions.map((_, index) => parseWords(split[index] ?? []))) }
}

function fullValue({ ret, state, reason }: TargetOutcome): Record<string, unknown> {
  if (ret !== undefined) return { ret: ret.return, ...(ret.out === undefined ? {} : { out: ret.out }) }
  return { status: state, ...(reason === undefined ? {} : { reason }) }
}

export const publish = defineModule({
  name: 'publish',
  doc:
    'Lets a minion run functions on other minions, and runners on the master. ' +
    'The master permits it by its options peer and peer_run; what it refuses is told in the log.',
  functions: {
    publish: fn({
      doc: 'Run a function on other minions and give back what each of them returned.',
      args: {
        ...publishArguments,
        via_master: s.optional(s.string('Host of the master to ask, where this minion has several')),
      },
      returns: s.union([s.record(s.any()), s.string()], 'Minion → its result'),
      examples: [
        "salt web1 publish.publish 'db*' test.ping",
        "salt web1 publish.publish '*' test.arg '[a, b, name=c]'",
      ],
      async run(ctx, args) {
        const result = await publishToPeers(ctx, args)
        if (result.kind === 'refused') return {}
        if (result.kind === 'timeout') return result.text
        const returned = result.answer.outcomes.filter((outcome) => outcome.ret !== undefined)
        return Object.fromEntries(returned.map(({ id, ret }) => [id, ret?.return]))
      },
    }),
    full_data: fn({
      doc:
        'Run a function on other minions and give back what each of them returned with its outputter, ' +
        'or the status of one that did not return.',
      args: publishArguments,
      returns: s.union([s.record(s.any()), s.string()], 'Minion → its result as ret, or its status'),
      examples: ["salt web1 publish.full_data 'db*' test.ping"],
      async run(ctx, args) {
        const result = await publishToPeers(ctx, args)
        if (result.kind === 'timeout') return result.text
        if (result.kind === 'answered') {
          return Object.fromEntries(result.answer.outcomes.map((outcome) => [outcome.id, fullValue(outcome)]))
        }
        const target = typeof args.tgt === 'string' ? args.tgt : args.tgt.join(',')
        return { [target]: { status: result.status, reason: result.reason } }
      },
    }),
    runner: fn({
      doc: 'Run a runner on the master and give back its result.',
      args: {
        fun: s.string('The runner, such as manage.up'),
        arg: s.optional(s.any('Its arguments: one value or a list; text with = is a keyword argument')),
        timeout: s.withDefault(s.seconds('How long to wait for it'), 5),
      },
      returns: s.any(),
      examples: ['salt web1 publish.runner manage.up'],
      async run(ctx, { fun, arg, timeout }) {
        const master = masterFor(ctx, undefined)
        if (master === undefined) return 'There is no master to run it on (with --local there never is).'
        const parsed = await functionsAndArguments(fun, arg)
        try {
          const answer = await master.call(
            'runner',
            { fun, arg: parsed.arg, timeout },
            { timeoutMs: (timeout + runnerSlackSeconds) * 1000, signal: ctx.signal },
          )
          if (answer.refusal === undefined) return answer.return
          ctx.log.warning('The runner was not run', { fun, reason: answer.refusal })
          return {}
        } catch (error) {
          ctx.signal.throwIfAborted()
          if (asSaltError(error).code === 'timeout') return `'${fun}' runner publish timed out`
          throw error
        }
      },
    }),
  },
})
