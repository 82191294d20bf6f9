/** docker_container.running: a container of a configuration, which is made anew where that has changed. */
import { randomBytes } from 'node:crypto'
import { s } from '../../../base/schema.ts'
import { type MoreArguments, type StateContext, state } from '../../../engine/plugin.ts'
import {
  type Changes,
  done,
  failed,
  pending,
  right,
  type StateOutcome,
  type StatePlan,
} from '../../../engine/state/plan.ts'
import { failure, reasonOf, sentences, stopped } from '../../../engine/state/wording.ts'
import { type ContainerBody, containerBody } from '../../modules/docker/container-body.ts'
import { inspectContainer, stateIn, unlessMissing } from '../../modules/docker/containers.ts'
import { containerDifferences, type Differences } from '../../modules/docker/differences.ts'
import { endpointsOf, type NetworkWish } from '../../modules/docker/endpoints.ts'
import type { Fields } from '../../modules/docker/engine.ts'
import { fullName, inspectImage } from '../../modules/docker/images.ts'
import { connectionDifferences } from '../../modules/docker/network-differences.ts'

export const containerOptions = s.any(
  'Arguments of the container: command, entrypoint, environment, binds, volumes, port_bindings (publish), labels, networks, restart_policy, links, user, working_dir, hostname, mem_limit and the others of docker.create',
)

/** Of Salt's arguments, what a translation of our own has no use for. */
const withoutEffect = {
  skip_translate: 'arguments are translated in any case',
  ignore_collisions: 'two names of one argument are refused',
  validate_ip_addrs: 'the Engine checks addresses',
  client_timeout: 'the Engine has the time that it needs',
}

interface RunningArguments {
  readonly name: string
  readonly image?: string | undefined
  readonly force: boolean
  readonly watch_action: string | number
  readonly start: boolean
  readonly shutdown_timeout?: number | undefined
}

/** What there is, and what is to become of it. */
interface Situation {
  readonly want: RunningArguments
  readonly image: string
  readonly options: Fields
  readonly body: ContainerBody
  /** Undefined where it is left to the Engine. */
  readonly networks: readonly NetworkWish[] | undefined
  /** Undefined where the image has to be pulled. */
  readonly imageFacts: Fields | undefined
  readonly container: Fields | undefined
  readonly isForced: boolean
  /** Sent to a container that is right as it is. */
  readonly signal: string | number | undefined
}

async function look(
  ctx: StateContext,
  want: RunningArguments,
  extra: Fields,
  watched?: 'force' | 'signal',
): Promise<Situation> {
  if (want.image === undefined || want.image === '') throw failure("The 'image' argument is required")
  const body = containerBody(extra)
  const imageFacts = await unlessMissing(inspectImage(ctx, want.image))
  const container = await unlessMissing(inspectContainer(ctx, want.name))
  return {
    want,
    image: want.image,
    options: extra,
    body,
    networks: extra.networks === undefined || extra.networks === null ? undefined : endpointsOf(extra.networks),
    imageFacts,
    container,
    isForced: want.force || watched === 'force',
    signal: watched === 'signal' ? want.watch_action : undefined,
  }
}

/** Why a container has to be made: what a dry run tells of it. Undefined where it can stay. */
function reasonToMake({ container, imageFacts, isForced, body }: Situation): Changes | undefined {
  if (isForced && container !== undefined) return { forced_update: true }
  const old = container?.Image
  if (container === undefined || old !== imageFacts?.Id)
    return { image: { old: old ?? null, new: imageFacts?.Id ?? null } }
  const differences: Differences = containerDifferences(body, container, imageFacts ?? {})
  return Object.keys(differences).length === 0 ? undefined : { container: differences }
}

function connections({ networks, container }: Situation): Record<string, unknown> {
  return networks === undefined || container === undefined ? {} : connectionDifferences(networks, container)
}

async function planRunning(ctx: StateContext, found: Situation): Promise<StatePlan> {
  const { want, container } = found
  const { name } = want
  const reason = reasonToMake(found)
  if (reason !== undefined) {
    return pending({
      comment: `Container '${name}' would be ${container === undefined ? 'created' : 'replaced'}`,
      changes: reason,
      apply: () => attempt(ctx, (comments, changes) => make(ctx, found, comments, changes)),
    })
  }
  const network = connections(found)
  const isConnected = Object.keys(network).length === 0
  const starts = want.start && container !== undefined && stateIn(container) !== 'running'
  if (isConnected && !starts && found.signal === undefined)
    return right(`Container '${name}' is already configured as specified`)
  const comments = [
    found.signal === undefined
      ? `Container '${name}' is already configured as specified`
      : `Signal ${found.signal} would be sent to container`,
    ...(isConnected ? [] : ['Network configuration would be updated']),
    ...(starts ? ['Container would be started'] : []),
  ]
  return pending({
    comment: sentences(comments),
    changes: {
      ...(isConnected ? {} : { container: { Networks: network } }),
      ...(starts ? { state: { old: container && stateIn(container), new: 'running' } } : {}),
    },
    apply: () => attempt(ctx, (lines, changes) => adjust(ctx, found, lines, changes)),
  })
}

type Work = (comments: string[], changes: Record<string, unknown>) => Promise<void>

async function attempt(ctx: StateContext, work: Work): Promise<StateOutcome> {
  const comments: string[] = []
  const changes: Record<string, unknown> = {}
  try {
    await work(comments, changes)
    return done(sentences(comments), changes)
  } catch (error) {
    ctx.signal.throwIfAborted()
    return failed(stopped(reasonOf(error), comments), changes)
  }
}

async function pullIfMissing(ctx: StateContext, { image, imageFacts }: Situation, changes: Record<string, unknown>) {
  if (imageFacts !== undefined) return imageFacts
  try {
    changes.image = await ctx.salt('docker.pull', [fullName(image)])
  } catch (error) {
    throw failure(`Failed to pull ${fullName(image)}: ${reasonOf(error)}`)
  }
  return inspectImage(ctx, image)
}

/** Makes the container, in place of the one that is there. */
async function make(
  ctx: StateContext,
  found: Situation,
  comments: string[],
  changes: Record<string, unknown>,
): Promise<void> {
  const { want, image, options, container } = found
  const { name } = want
  const facts = await pullIfMissing(ctx, found, changes)
  const reason = container === undefined ? undefined : reasonToMake({ ...found, imageFacts: facts })
  // What was pulled may be what the container has already.
  if (container !== undefined && reason === undefined) return adjust(ctx, found, comments, changes)
  const called = container === undefined ? name : `${name}-${randomBytes(6).toString('hex')}`
  const made = (await ctx.salt('docker.create', [image], { ...options, name: called })) as Fields
  if (container === undefined) comments.push(`Created container '${name}'`)
  else changes.container_id = { removed: await replace(ctx, want, called, comments), added: made.Id }
  changes.container_id ??= { added: made.Id }
  if (reason?.container !== undefined) changes.container = reason.container
  const old = container === undefined ? null : stateIn(container)
  if (container === undefined ? want.start : want.start || old === 'running') await start(ctx, name)
  await settle(ctx, found, old, comments, changes)
  if (container !== undefined && container.Image !== facts.Id) {
    comments.push('Container has a new image')
    changes.image = { old: container.Image ?? null, new: facts.Id }
  }
}

/** The new one takes the name of the old one, which goes. */
async function replace(
  ctx: StateContext,
  want: RunningArguments,
  called: string,
  comments: string[],
): Promise<unknown> {
  const { name, shutdown_timeout: seconds } = want
  try {
    const removed = await ctx.salt('docker.rm', [name], { stop: true, timeout: seconds })
    await ctx.salt('docker.rename', [called, name])
    comments.push(`Replaced container '${name}'`)
    return removed
  } catch (error) {
    throw failure(`Failed to replace container '${name}' by '${called}': ${reasonOf(error)}`)
  }
}

async function start(ctx: StateContext, name: string): Promise<void> {
  try {
    await ctx.salt('docker.start', [name])
  } catch (error) {
    throw failure(`Failed to start container '${name}': '${reasonOf(error)}'`)
  }
}

/** Tells what state it has come to. */
async function settle(
  ctx: StateContext,
  { want }: Situation,
  old: string | null,
  comments: string[],
  changes: Record<string, unknown>,
): Promise<void> {
  const now = stateIn(await inspectContainer(ctx, want.name))
  if (now !== old) {
    changes.state = { old, new: now }
    if (old !== null) comments.push(`State changed from '${old}' to '${now}'`)
  }
  if (now !== 'running' && want.start) throw failure('Container is not running')
}

/** Leaves the container as it is, but for its networks, and starts it. */
async function adjust(
  ctx: StateContext,
  found: Situation,
  comments: string[],
  changes: Record<string, unknown>,
): Promise<void> {
  const { want, container, signal } = found
  const { name } = want
  if (container === undefined) return
  if (signal !== undefined) {
    await ctx.salt('docker.signal', [name, signal])
    changes.signal = signal
    comments.push(`Sent signal ${signal} to container`)
  } else comments.push(`Container '${name}' is already configured as specified`)
  const network = connections(found)
  if (Object.keys(network).length > 0) changes.container = { Networks: network }
  for (const net of Object.keys(network).sort()) comments.push(await reconnect(ctx, found, net))
  const old = stateIn(container)
  if (want.start && old !== 'running') await start(ctx, name)
  await settle(ctx, found, old, comments, changes)
}

async function reconnect(
  ctx: StateContext,
  { want, networks = [], container }: Situation,
  net: string,
): Promise<string> {
  const { name } = want
  const now = (container?.NetworkSettings as Fields | undefined)?.Networks as Fields | undefined
  const isThere = now !== undefined && Object.hasOwn(now, net)
  const wish = networks.find((one) => one.name === net)
  if (isThere) await ctx.salt('docker.disconnect_container_from_network', [name, net])
  if (wish === undefined) return `Disconnected from network '${net}'`
  const { IPAMConfig, Aliases, Links } = wish.config
  const address = (IPAMConfig ?? {}) as Fields
  const keywords = {
    ipv4_address: address.IPv4Address,
    ipv6_address: address.IPv6Address,
    aliases: Aliases,
    links: Links,
  }
  await ctx.salt('docker.connect_container_to_network', [name, net], keywords)
  return isThere ? `Reconnected to network '${net}' with updated configuration` : `Connected to network '${net}'`
}

export const runningState = state({
  doc: 'Have a container of a configuration, and have it run. It is made anew where the image or an argument has changed.',
  args: {
    name: s.string('Name of the container'),
    image: s.optional(s.string('Image, with a tag as nginx:1.27; it is pulled where it is missing')),
    force: s.withDefault(s.boolean('Make it anew in any case'), false),
    watch_action: s.withDefault(
      s.union(
        [s.integer(), s.string()],
        'What is done when something that it watches has changed: force makes it anew, else a signal to send',
      ),
      'force',
    ),
    start: s.withDefault(s.boolean('Start it where it does not run'), true),
    shutdown_timeout: s.optional(s.integer('Seconds that the old one may take to stop')),
  },
  extra: containerOptions,
  examples: [
    'web:\n  docker_container.running:\n    - image: nginx:1.27\n    - port_bindings:\n      - 8080:80\n    - binds:\n      - /srv/www:/usr/share/nginx/html:ro\n    - restart_policy: always',
    'db:\n  docker_container.running:\n    - image: postgres:17\n    - environment:\n      - POSTGRES_DB: app\n    - networks:\n      - back:\n        - aliases: [database]\n    - watch_action: SIGHUP',
  ],
  plan: async (ctx, want, { extra }: MoreArguments) => {
    const { options, warnings } = withoutIdle(extra)
    const plan = await planRunning(ctx, await look(ctx, want, options))
    return warnings.length === 0 ? plan : { ...plan, warnings }
  },
  watch: async (ctx, want, { extra }: MoreArguments) => {
    const how = want.watch_action === 'force' ? 'force' : 'signal'
    return planRunning(ctx, await look(ctx, want, withoutIdle(extra).options, how))
  },
})

/** The arguments without those that mean nothing here, which are told. */
export function withoutIdle(extra: Fields): { options: Fields; warnings: string[] } {
  const idle: Readonly<Record<string, string>> = withoutEffect
  const options = Object.fromEntries(Object.entries(extra).filter(([key]) => !Object.hasOwn(idle, key)))
  const warnings = Object.keys(extra)
    .filter((key) => Object.hasOwn(idle, key))
    .map((key) => `'${key}' has no effect: ${idle[key]}`)
  return { options, warnings }
}
