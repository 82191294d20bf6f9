import { version } from '../../base/build-info.ts'
import { s } from '../../base/schema.ts'
import { compareText } from '../../base/text.ts'
import { defineRunner, type RunnerContext, type RunnerFunctionDefinition, runnerFn } from '../../engine/plugin.ts'

const pingArguments = {
  tgt: s.withDefault(s.union([s.string(), s.array(s.string())], 'Which minions'), '*'),
  tgt_type: s.withDefault(s.string('How tgt is meant: glob, list, pcre, grain, compound and so on'), 'glob'),
  timeout: s.optional(s.seconds('How long to wait for a silent minion')),
  gather_job_timeout: s.optional(s.seconds('Accepted, and without effect here')),
}

interface PingRequest {
  readonly tgt: string | readonly string[]
  readonly tgt_type: string
  readonly timeout?: number | undefined
}

interface Status {
  readonly up: string[]
  readonly down: string[]
}

async function ping(ctx: RunnerContext, { tgt, tgt_type, timeout }: PingRequest): Promise<Status> {
  const outcomes = await ctx.publish({
    tgt,
    tgtType: tgt_type,
    fun: 'test.ping',
    ...(timeout === undefined ? {} : { timeoutSeconds: timeout }),
  })
  const up = outcomes.filter(({ ret }) => ret !== undefined).map(({ id }) => id)
  const down = outcomes.filter(({ ret }) => ret === undefined).map(({ id }) => id)
  return { up: up.sort(compareText), down: down.sort(compareText) }
}

const stateArguments = {
  subset: s.optional(s.array(s.string(), 'Look at these minions only')),
  show_ip: s.withDefault(s.boolean('Tell the address of each minion'), false),
}
const idsOrAddresses = s.union([s.array(s.string()), s.record(s.string())], 'Ids, or a mapping from id to address')

interface StateRequest {
  readonly subset: readonly string[] | undefined
  readonly show_ip: boolean
}

function connected(ctx: RunnerContext, { subset, show_ip }: StateRequest): string[] | Record<string, string> {
  const ids = ctx.minions
    .connected()
    .filter((id) => subset === undefined || subset.includes(id))
    .sort(compareText)
  return show_ip ? Object.fromEntries(ids.map((id) => [id, addressOf(ctx, id)])) : ids
}

function notConnected(ctx: RunnerContext, { subset }: StateRequest): string[] {
  const there = new Set(ctx.minions.connected())
  return ctx.minions
    .accepted()
    .filter((id) => !there.has(id) && (subset === undefined || subset.includes(id)))
    .sort(compareText)
}

/** The first address that others can reach. */
function addressOf(ctx: RunnerContext, id: string): string {
  const addresses = ctx.minions.grains(id)?.ipv4
  if (!Array.isArray(addresses)) return ''
  const reachable = addresses.find((address) => typeof address === 'string' && !address.startsWith('127.'))
  return typeof reachable === 'string' ? reachable : '127.0.0.1'
}

/** Salt has many names for the two questions that follow; they are answered alike. */
const presentNames = ['list_state', 'present', 'joined', 'allowed', 'alived', 'reaped']
const absentNames = ['list_not_state', 'not_present', 'not_joined', 'not_allowed', 'not_alived', 'not_reaped']

function presentFunction(name: string): RunnerFunctionDefinition {
  return runnerFn({
    doc: 'List the minions that are connected. No job is sent.',
    args: stateArguments,
    returns: idsOrAddresses,
    examples: [`salt run manage.${name}`, `salt run manage.${name} show_ip=true`],
    run: connected,
  })
}

function absentFunction(name: string): RunnerFunctionDefinition {
  return runnerFn({
    doc: 'List the accepted minions that are not connected. No job is sent.',
    args: stateArguments,
    returns: s.array(s.string()),
    examples: [`salt run manage.${name}`],
    run: notConnected,
  })
}

const presenceFunctions: Readonly<Record<string, RunnerFunctionDefinition>> = Object.fromEntries([
  ...presentNames.map((name) => [name, presentFunction(name)] as const),
  ...absentNames.map((name) => [name, absentFunction(name)] as const),
])

/** Longest time that a host may take to answer over ssh. */
const hostTimeoutMs = 60_000

async function safeAccept(
  ctx: RunnerContext,
  target: string | readonly string[],
  tgtType: 'glob' | 'list',
): Promise<Record<string, string>[]> {
  const wanted = typeof target === 'string' && tgtType === 'list' ? target.split(',') : target
  const waiting = ctx.keys.store.match(wanted, ['pending']).pending ?? []
  const accepted: Record<string, string> = {}
  const failures: Record<string, string> = {}
  const answers = await Promise.all(waiting.map((id) => fingerprintOfHost(ctx, id)))
  for (const [index, id] of waiting.entries()) {
    const key = ctx.keys.store.read(id, 'pending')
    const answer = answers[index] ?? ''
    if (answer === key.fingerprint && ctx.keys.change('accept', { pending: [id] }).length > 0) accepted[id] = answer
    else failures[id] = `The waiting key has the fingerprint ${key.fingerprint}. The host says: ${answer}`
  }
  ctx.progress({ message: `Accepted ${Object.keys(accepted).length} keys` })
  return [accepted, failures]
}

/** The last line of what the host answers; or what went wrong. */
async function fingerprintOfHost({ log, signal }: RunnerContext, id: string): Promise<string> {
  const { execute } = await import('../../engine/functions/execute.ts')
  const ask = ['salt', 'call', '--local', '--out', 'newline_values_only', 'key.finger']
  const argv = ['ssh', '-oBatchMode=yes', '-oConnectTimeout=10', '--', id, ...ask]
  const { stdout, stderr } = await execute(argv, { timeoutMs: hostTimeoutMs }, { log, signal })
  return (stdout.trim() || stderr.trim() || 'nothing').split('\n').at(-1) ?? ''
}

/** Below, equal to or above, part by part. */
function compareVersions(a: string, b: string): number {
  const left = a.split(/[.+-]/).map(Number)
  const right = b.split(/[.+-]/).map(Number)
  for (let index = 0; index < Math.max(left.length, right.length); index++) {
    const difference = (left[index] ?? 0) - (right[index] ?? 0)
    if (difference !== 0) return Math.sign(difference)
  }
  return 0
}

const versionLabels: Readonly<Record<string, string>> = {
  '-1': 'Minion requires update',
  '0': 'Up to date',
  '1': 'Minion newer than master',
}

export const manage = defineRunner({
  name: 'manage',
  doc: 'Tells which minions are there.',
  functions: {
    ...presenceFunctions,
    status: runnerFn({
      doc: 'Ping the minions and list those that answer and those that do not.',
      args: { output: s.withDefault(s.boolean('Accepted, and without effect here'), true), ...pingArguments },
      returns: s.object({ up: s.array(s.string()), down: s.array(s.string()) }),
      examples: ['salt run manage.status', 'salt run manage.status tgt=web* timeout=2'],
      run: ping,
    }),
    up: runnerFn({
      doc: 'Ping the minions and list those that answer.',
      args: pingArguments,
      returns: s.array(s.string()),
      examples: ['salt run manage.up'],
      run: async (ctx, args) => (await ping(ctx, args)).up,
    }),
    down: runnerFn({
      doc: 'Ping the minions and list those that do not answer.',
      args: { removekeys: s.withDefault(s.boolean('Delete their keys'), false), ...pingArguments },
      returns: s.array(s.string()),
      examples: ['salt run manage.down', 'salt run manage.down removekeys=true tgt=old*'],
      async run(ctx, { removekeys, ...request }) {
        const { down } = await ping(ctx, request)
        if (removekeys) ctx.keys.change('delete', ctx.keys.find('delete', down))
        return down
      },
    }),
    safe_accept: runnerFn({
      doc:
        'Accept waiting keys after a look at the hosts themselves: each is asked over ssh, by the id of the minion, for the fingerprint ' +
        'of its key. The user of the master must be able to log in there without a password.',
      args: {
        target: s.union([s.string(), s.array(s.string())], 'Ids with waiting keys'),
        tgt_type: s.withDefault(s.literal(['glob', 'list'], 'How the target is meant'), 'glob'),
      },
      returns: s.array(
        s.record(s.string()),
        'Accepted minions with their fingerprints, and the others with what went wrong',
      ),
      examples: ["salt run manage.safe_accept 'web*'", 'salt run manage.safe_accept web1,web2 tgt_type=list'],
      run: (ctx, { target, tgt_type }) => safeAccept(ctx, target, tgt_type),
    }),
    versions: runnerFn({
      doc: 'Compare the versions of the minions with that of the master.',
      returns: s.record(s.any()),
      examples: ['salt run manage.versions'],
      async run(ctx) {
        const outcomes = await ctx.publish({ tgt: '*', fun: 'test.version' })
        const result: Record<string, Record<string, unknown>> = {}
        for (const { id, ret } of outcomes.toSorted((a, b) => compareText(a.id, b.id))) {
          const own = ret?.success === true && typeof ret.return === 'string' ? ret.return : undefined
          const label = own === undefined ? 'Minion offline' : (versionLabels[compareVersions(own, version)] ?? '')
          result[label] = { ...result[label], [id]: own ?? false }
        }
        return { Master: version, ...result }
      },
    }),
  },
})
