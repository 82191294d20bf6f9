/** Functions of `docker` for containers and what becomes of them. */
import { SaltError } from '../../../base/errors.ts'
import { s } from '../../../base/schema.ts'
import { type FunctionContext, fn } from '../../../engine/plugin.ts'
import { containerBody } from './container-body.ts'
import {
  changeState,
  inspectContainer,
  listContainers,
  namesIn,
  recordOf,
  type StateChange,
  stateOf,
  unlessMissing,
} from './containers.ts'
import { connectAll, endpointsOf } from './endpoints.ts'
import { engineBytes, engineJson, engineRecord, type Fields, part } from './engine.ts'
import { splitOutput } from './output.ts'

const name = s.string('Name or id of the container')
const timeout = s.optional(s.integer('Seconds to wait before it is killed; what the container says, by default'))
const stateChange = s.record(s.any(), 'result, state (old and new), comment')
const containerOptions = s.any(
  'Arguments of the container: command, environment, binds, port_bindings, networks, restart_policy …',
)
const image = s.string('Name or id of the image')

function plainOptions(extra: Fields): Fields {
  return Object.fromEntries(Object.entries(extra).filter(([key]) => !key.startsWith('__')))
}

/** Makes a container, connected to its networks. Throws EngineError, `bad-arguments`. */
export async function createContainer(
  ctx: FunctionContext,
  of: string,
  called: string | undefined,
  args: Fields,
): Promise<Fields> {
  const { networks, detach: _detach, ...rest } = args
  const { Config, HostConfig } = containerBody(rest)
  const wanted = endpointsOf(networks)
  const [first] = wanted
  // Without a network of its own, the Engine would connect it to the usual one.
  const mode = first === undefined || HostConfig.NetworkMode !== undefined ? {} : { NetworkMode: first.name }
  const endpoints = first === undefined ? {} : { NetworkingConfig: { EndpointsConfig: { [first.name]: first.config } } }
  const body = { ...Config, Image: of, HostConfig: { ...HostConfig, ...mode }, ...endpoints }
  const made = await engineRecord(ctx, 'POST', '/containers/create', { query: { name: called }, body })
  const id = String(made.Id)
  try {
    await connectAll(ctx, id, wanted.slice(1))
  } catch (error) {
    await removeContainer(ctx, id, { force: true })
    throw error
  }
  const { Name } = await inspectContainer(ctx, id)
  const warnings = Array.isArray(made.Warnings) && made.Warnings.length > 0 ? { Warnings: made.Warnings } : {}
  return { Id: id, Name: String(Name).replace(/^\//, ''), ...warnings }
}

export interface RemoveOptions {
  readonly force?: boolean
  readonly volumes?: boolean
}

export async function removeContainer(
  ctx: FunctionContext,
  which: string,
  { force = false, volumes = false }: RemoveOptions = {},
) {
  await engineJson(ctx, 'DELETE', `/containers/${part(which)}`, {
    query: { force: force ? 1 : undefined, v: volumes ? 1 : undefined },
  })
}

export async function startContainer(ctx: FunctionContext, which: string): Promise<StateChange> {
  const before = await stateOf(ctx, which)
  if (before !== 'paused') return changeState(ctx, which, 'running', 'start')
  return { result: false, state: { old: before, new: before }, comment: `Container '${which}' is paused, cannot start` }
}

async function stopContainer(
  ctx: FunctionContext,
  which: string,
  seconds: number | undefined,
  unpause: boolean,
): Promise<StateChange> {
  const before = await stateOf(ctx, which)
  if (before === 'paused') {
    if (!unpause) {
      const comment = `Container '${which}' is paused, run with unpause=True to unpause before stopping`
      return { result: false, state: { old: before, new: before }, comment }
    }
    await engineJson(ctx, 'POST', `/containers/${part(which)}/unpause`)
  }
  const change = await changeState(ctx, which, 'stopped', 'stop', { t: seconds })
  return { ...change, state: { ...change.state, old: before } }
}

/** What a container wrote. */
async function logsOf(ctx: FunctionContext, which: string, query: Fields): Promise<{ stdout: string; stderr: string }> {
  const container = await inspectContainer(ctx, which)
  const { bytes } = await engineBytes(ctx, 'GET', `/containers/${part(which)}/logs`, {
    query: { stdout: 1, stderr: 1, ...query },
  })
  return splitOutput(bytes, recordOf(container.Config).Tty === true)
}

/** Waits for the end; resolves to the exit code. */
async function waitFor(ctx: FunctionContext, which: string): Promise<number> {
  const answer = await engineRecord(ctx, 'POST', `/containers/${part(which)}/wait`, { timeoutSeconds: 0 })
  return Number(answer.StatusCode ?? -1)
}

function pausing(fun: 'pause' | 'unpause', from: 'running' | 'paused', to: 'running' | 'paused') {
  return fn({
    doc: fun === 'pause' ? 'Freeze all processes of a container.' : 'Let the processes of a container go on.',
    args: { name },
    returns: stateChange,
    examples: [`salt '*' docker.${fun} web`],
    async run(ctx, args) {
      const before = await stateOf(ctx, args.name)
      if (before === from || before === to) return { ...(await changeState(ctx, args.name, to, fun)) }
      return {
        result: false,
        state: { old: before, new: before },
        comment: `Container '${args.name}' is ${before}, cannot ${fun}`,
      }
    },
  })
}

interface RunRequest {
  readonly image: string
  readonly name?: string | undefined
  readonly bg: boolean
  readonly replace: boolean
  readonly force: boolean
}

/** Makes and starts a container, and waits for its end unless it is to run in the background. */
async function runContainer(ctx: FunctionContext, request: RunRequest, options: Fields): Promise<Fields> {
  const { name: called } = request
  const { auto_remove, rm, ...rest } = options
  const removes = (auto_remove ?? rm) === true
  if (called !== undefined && (await unlessMissing(inspectContainer(ctx, called))) !== undefined) {
    if (!request.replace) {
      throw new SaltError(
        'execution-failed',
        'Encountered error running container: container already exists, and replace is not set',
      )
    }
    await removeContainer(ctx, called, { force: request.force })
  }
  // One that the Engine removes by itself would be gone before its exit code is known.
  const kept = request.bg && removes ? { ...rest, auto_remove: true } : rest
  const made = await createContainer(ctx, request.image, called, kept)
  const id = String(made.Id)
  try {
    await engineJson(ctx, 'POST', `/containers/${id}/start`)
  } catch (error) {
    await removeContainer(ctx, id, { force: true })
    throw error
  }
  if (request.bg) return made
  const exit = await waitFor(ctx, id)
  const { stdout, stderr } = await logsOf(ctx, id, {})
  if (removes) await removeContainer(ctx, id)
  return { ...made, ExitCode: exit, Logs: stdout + stderr }
}

export const containerFunctions = {
  ps: fn({
    doc: 'List the containers that run, or all of them.',
    args: {
      filters: s.optional(s.record(s.any(), 'Filters of the Engine, such as {status: exited}')),
      all: s.withDefault(s.boolean('Also those that do not run'), false),
      verbose: s.withDefault(s.boolean('Tell all that the Engine knows of each'), false),
    },
    returns: s.record(s.record(s.any()), 'Id → what is known'),
    examples: ["salt '*' docker.ps", "salt '*' docker.ps all=true"],
    async run(ctx, args) {
      const found = await listContainers(ctx, args.all, args.filters)
      const entries = found.map(async (one) => {
        const { Id, ...rest } = one
        return [String(Id), args.verbose ? { ...rest, Info: await inspectContainer(ctx, String(Id)) } : rest] as const
      })
      return Object.fromEntries(await Promise.all(entries))
    },
  }),
  list_containers: fn({
    doc: 'List the names of the containers that run, or of all.',
    args: { all: s.withDefault(s.boolean('Also those that do not run'), false) },
    returns: s.array(s.string()),
    examples: ["salt '*' docker.list_containers all=true"],
    run: async (ctx, args) => [...new Set((await listContainers(ctx, args.all)).flatMap(namesIn))].sort(),
  }),
  inspect_container: fn({
    doc: 'Tell all that the Engine knows of a container.',
    args: { name },
    returns: s.record(s.any()),
    examples: ["salt '*' docker.inspect_container web"],
    run: async (ctx, args) => ({ ...(await inspectContainer(ctx, args.name)) }),
  }),
  exists: fn({
    doc: 'Tell whether there is a container.',
    args: { name },
    returns: s.boolean(),
    examples: ["salt '*' docker.exists web"],
    run: async (ctx, args) => (await unlessMissing(inspectContainer(ctx, args.name))) !== undefined,
  }),
  state: fn({
    doc: 'Tell whether a container is running, paused or stopped.',
    args: { name },
    returns: s.literal(['running', 'paused', 'stopped']),
    examples: ["salt '*' docker.state web"],
    run: (ctx, args) => stateOf(ctx, args.name),
  }),
  pid: fn({
    doc: 'Tell the id of the first process of a container; 0 where it does not run.',
    args: { name },
    returns: s.integer(),
    examples: ["salt '*' docker.pid web"],
    run: async (ctx, args) => Number(recordOf((await inspectContainer(ctx, args.name)).State).Pid ?? 0),
  }),
  top: fn({
    doc: 'List the processes of a container.',
    args: { name },
    returns: s.array(s.record(s.string())),
    examples: ["salt '*' docker.top web"],
    async run(ctx, args) {
      const { Titles, Processes } = await engineRecord(ctx, 'GET', `/containers/${part(args.name)}/top`)
      const titles = Array.isArray(Titles) ? Titles.map(String) : []
      const rows = Array.isArray(Processes) ? Processes : []
      return rows.map((row) =>
        Object.fromEntries(titles.map((title, at) => [title, String(Array.isArray(row) ? row[at] : '')])),
      )
    },
  }),
  logs: fn({
    doc: 'Show what a container wrote.',
    args: {
      name,
      tail: s.optional(s.union([s.integer(), s.literal(['all'])], 'How many of the last lines')),
      timestamps: s.withDefault(s.boolean('With the time of each line'), false),
      since: s.optional(s.integer('Only since this time, in seconds since 1970')),
      until: s.optional(s.integer('Only to this time, in seconds since 1970')),
    },
    returns: s.text(),
    examples: ["salt '*' docker.logs web tail=100"],
    async run(ctx, args) {
      const query = {
        tail: args.tail,
        timestamps: args.timestamps ? 1 : undefined,
        since: args.since,
        until: args.until,
      }
      const { stdout, stderr } = await logsOf(ctx, args.name, query)
      return stdout + stderr
    },
  }),
  create: fn({
    doc: 'Make a container.',
    args: {
      image,
      name: s.optional(s.string('Name of the container; the Engine invents one by default')),
      start: s.withDefault(s.boolean('Start it, too'), false),
      client_timeout: s.optional(s.integer('Accepted, and without effect here')),
      skip_translate: s.optional(s.any('Accepted, and without effect here')),
      ignore_collisions: s.withDefault(s.boolean('Accepted, and without effect here'), false),
      validate_ip_addrs: s.withDefault(s.boolean('Accepted, and without effect here'), true),
    },
    extra: containerOptions,
    returns: s.record(s.any(), 'Id, Name, Started and Warnings'),
    examples: ["salt '*' docker.create nginx:1.27 name=web publish=8080:80 start=true"],
    async run(ctx, args, { extra }) {
      const made = await createContainer(ctx, args.image, args.name, plainOptions(extra))
      if (!args.start) return { ...made }
      const { result } = await startContainer(ctx, String(made.Id))
      return { ...made, Started: result }
    },
  }),
  run_container: fn({
    doc: 'Make and start a container, wait for its end, and show what it wrote.',
    args: {
      image,
      name: s.optional(s.string('Name of the container; the Engine invents one by default')),
      bg: s.withDefault(s.boolean('Do not wait for its end'), false),
      replace: s.withDefault(s.boolean('Remove a container of that name first'), false),
      force: s.withDefault(s.boolean('Remove it though it runs'), false),
      client_timeout: s.optional(s.integer('Accepted, and without effect here')),
    },
    extra: containerOptions,
    returns: s.record(s.any(), 'Id, Name, ExitCode and Logs'),
    examples: ["salt '*' docker.run_container builder:latest command=/build.sh rm=true"],
    run: async (ctx, args, { extra }) => ({ ...(await runContainer(ctx, args, plainOptions(extra))) }),
  }),
  start: fn({
    doc: 'Start a container.',
    args: { name },
    returns: stateChange,
    examples: ["salt '*' docker.start web"],
    run: async (ctx, args) => ({ ...(await startContainer(ctx, args.name)) }),
  }),
  stop: fn({
    doc: 'Stop a container.',
    args: { name, timeout, unpause: s.withDefault(s.boolean('Let a paused container go on first'), false) },
    returns: stateChange,
    examples: ["salt '*' docker.stop web timeout=30"],
    run: async (ctx, args) => ({ ...(await stopContainer(ctx, args.name, args.timeout, args.unpause)) }),
  }),
  restart: fn({
    doc: 'Stop a container and start it again.',
    args: { name, timeout },
    returns: stateChange,
    examples: ["salt '*' docker.restart web"],
    async run(ctx, args) {
      const old = await stateOf(ctx, args.name)
      await engineJson(ctx, 'POST', `/containers/${part(args.name)}/restart`, {
        query: { t: args.timeout },
        timeoutSeconds: 120,
      })
      const now = await stateOf(ctx, args.name)
      return { result: now === 'running', state: { old, new: now }, restarted: now === 'running' }
    },
  }),
  kill: fn({
    doc: 'Kill a container.',
    args: { name },
    returns: stateChange,
    examples: ["salt '*' docker.kill web"],
    run: async (ctx, args) => ({ ...(await changeState(ctx, args.name, 'stopped', 'kill')) }),
  }),
  signal: fn({
    doc: 'Send a signal to the first process of a container.',
    args: { name, signal: s.union([s.integer(), s.string()], 'Number or name of the signal, such as SIGHUP') },
    returns: s.boolean(),
    examples: ["salt '*' docker.signal web SIGHUP"],
    async run(ctx, args) {
      await engineJson(ctx, 'POST', `/containers/${part(args.name)}/kill`, { query: { signal: args.signal } })
      return true
    },
  }),
  pause: pausing('pause', 'running', 'paused'),
  unpause: pausing('unpause', 'paused', 'running'),
  wait: fn({
    doc: 'Wait for the end of a container.',
    args: { name, fail_on_exit_status: s.withDefault(s.boolean('Count another exit code than 0 as a failure'), false) },
    returns: s.record(s.any(), 'result, state and exit_status'),
    examples: ["salt '*' docker.wait job"],
    async run(ctx, args) {
      const old = await stateOf(ctx, args.name)
      const exit = await waitFor(ctx, args.name)
      const state = { old, new: (await unlessMissing(stateOf(ctx, args.name))) ?? null }
      return { result: !args.fail_on_exit_status || exit === 0, exit_status: exit, state }
    },
  }),
  rename: fn({
    doc: 'Give a container another name.',
    args: { name, new_name: s.string('The other name') },
    returns: s.boolean(),
    examples: ["salt '*' docker.rename web old-web"],
    async run(ctx, args) {
      await engineJson(ctx, 'POST', `/containers/${part(args.name)}/rename`, { query: { name: args.new_name } })
      return true
    },
  }),
  rm: fn({
    doc: 'Remove a container.',
    args: {
      name,
      force: s.withDefault(s.boolean('Kill it first'), false),
      volumes: s.withDefault(s.boolean('Remove its nameless volumes, too'), false),
      stop: s.withDefault(s.boolean('Stop it first'), false),
      timeout,
    },
    returns: s.array(s.string(), 'Id of what was removed'),
    examples: ["salt '*' docker.rm web stop=true"],
    async run(ctx, args) {
      const { Id } = await inspectContainer(ctx, args.name)
      if ((await stateOf(ctx, args.name)) !== 'stopped' && !args.force) {
        if (!args.stop) {
          throw new SaltError(
            'execution-failed',
            `Container '${args.name}' is running, use force=True to forcibly remove this container`,
          )
        }
        await stopContainer(ctx, args.name, args.timeout, true)
      }
      // One that removes itself may be gone by now.
      await unlessMissing(removeContainer(ctx, args.name, args))
      return [String(Id)]
    },
  }),
}
