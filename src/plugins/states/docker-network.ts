import { s } from '../../base/schema.ts'
import { defineStates, type StateContext, state } from '../../engine/plugin.ts'
import { done, failed, pending, right, type StateOutcome, type StatePlan } from '../../engine/state/plan.ts'
import { reasonOf, sentences } from '../../engine/state/wording.ts'
import { recordOf, unlessMissing } from '../modules/docker/containers.ts'
import type { Fields } from '../modules/docker/engine.ts'
import { networkBody, networkOptions } from '../modules/docker/network-body.ts'
import { networkDifferences } from '../modules/docker/network-differences.ts'

interface PresentArguments {
  readonly name: string
  readonly containers?: readonly string[] | undefined
  readonly reconnect: boolean
}

async function findNetwork(ctx: StateContext, name: string): Promise<Fields | undefined> {
  return (await unlessMissing(ctx.salt('docker.inspect_network', [name]))) as Fields | undefined
}

/** Name of a container → its address in the network, without the length of the prefix. */
function connected(network: Fields | undefined): Map<string, string> {
  return new Map(
    Object.entries(recordOf(network?.Containers)).map(([id, one]) => {
      const { Name = id, IPv4Address = '' } = recordOf(one)
      return [String(Name), String(IPv4Address).split('/')[0] ?? '']
    }),
  )
}

async function planPresent(ctx: StateContext, want: PresentArguments, options: Fields): Promise<StatePlan> {
  const { name } = want
  const network = await findNetwork(ctx, name)
  const differences = network === undefined ? {} : networkDifferences(networkBody(name, options), network)
  const isRight = network !== undefined && Object.keys(differences).length === 0
  const there = connected(network)
  const missing = (want.containers ?? []).filter((one) => !there.has(one))
  const already = `Network '${name}' already exists, and is configured as specified`
  if (isRight && missing.length === 0) return right(already)
  const apply = (): Promise<StateOutcome> => make(ctx, want, options, network, isRight, differences)
  if (isRight) return pending({ comment: already, changes: { connected: missing }, apply })
  return pending({
    comment: network === undefined ? 'Network will be created' : 'Network would be recreated with new config',
    changes: network === undefined ? { created: true } : { [name]: differences },
    apply,
  })
}

async function make(
  ctx: StateContext,
  want: PresentArguments,
  options: Fields,
  network: Fields | undefined,
  isRight: boolean,
  differences: Fields,
): Promise<StateOutcome> {
  const { name } = want
  const changes: Record<string, unknown> = isRight || network === undefined ? {} : { [name]: differences }
  const before = connected(network)
  try {
    if (!isRight && network !== undefined) await dissolve(ctx, name, [...before.keys()])
    if (!isRight) {
      await ctx.salt('docker.create_network', [name], options)
      changes[network === undefined ? 'created' : 'recreated'] = true
    }
  } catch (error) {
    ctx.signal.throwIfAborted()
    return failed(`Failed to create network '${name}': ${reasonOf(error)}`, changes)
  }
  const wanted = want.containers ?? (isRight || !want.reconnect ? [] : [...before.keys()])
  const now = isRight ? before : new Map<string, string>()
  const faults = await connectAll(
    ctx,
    name,
    wanted.filter((one) => !now.has(one)),
    before,
    changes,
  )
  const left = isRight ? [] : [...before.keys()].filter((one) => !wanted.includes(one))
  if (left.length > 0) changes.disconnected = left
  const comment = isRight
    ? `Network '${name}' already exists, and is configured as specified`
    : `Network '${name}' ${network === undefined ? 'created' : 'was replaced with updated config'}`
  return faults.length === 0 ? done(comment, changes) : failed(sentences([comment, ...faults]), changes)
}

/** Connects containers, with the addresses that they had if that can be. Resolves to what went wrong. */
async function connectAll(
  ctx: StateContext,
  network: string,
  containers: readonly string[],
  before: ReadonlyMap<string, string>,
  changes: Record<string, unknown>,
): Promise<string[]> {
  const faults: string[] = []
  const done = new Map<string, string[]>()
  for (const one of containers) {
    const address = before.get(one)
    const kind = address === undefined ? 'connected' : 'reconnected'
    try {
      const kept = address === undefined || address === '' ? {} : { ipv4_address: address }
      await connectOne(ctx, one, network, kept)
      done.set(kind, [...(done.get(kind) ?? []), one])
    } catch (error) {
      ctx.signal.throwIfAborted()
      faults.push(reasonOf(error))
    }
  }
  for (const [kind, names] of done) changes[kind] = names
  return faults
}

async function connectOne(ctx: StateContext, container: string, network: string, kept: Fields): Promise<void> {
  try {
    await ctx.salt('docker.connect_container_to_network', [container, network], kept)
  } catch (error) {
    if (Object.keys(kept).length === 0) throw error
    // The network may have other addresses now.
    await ctx.salt('docker.connect_container_to_network', [container, network])
  }
}

async function dissolve(ctx: StateContext, name: string, containers: readonly string[]): Promise<void> {
  for (const one of containers) await ctx.salt('docker.disconnect_container_from_network', [one, name])
  await ctx.salt('docker.remove_network', [name])
}

async function planAbsent(ctx: StateContext, name: string): Promise<StatePlan> {
  const network = await findNetwork(ctx, name)
  if (network === undefined) return right(`Network '${name}' already absent`)
  const names = [...connected(network).keys()]
  const changes = { ...(names.length === 0 ? {} : { disconnected: names }), removed: true }
  return pending({
    comment: `Network '${name}' will be removed`,
    changes,
    async apply() {
      try {
        await dissolve(ctx, name, names)
        return done(`Removed network '${name}'`, changes)
      } catch (error) {
        ctx.signal.throwIfAborted()
        return failed(`Failed to remove network: ${reasonOf(error)}`)
      }
    },
  })
}

const name = s.string('Name of the network')

export const dockerNetwork = defineStates({
  name: 'docker_network',
  doc: 'Networks of Docker, over the socket of its Engine.',
  functions: {
    present: state({
      doc: 'Have a network. It is made anew where an argument has changed, and containers are connected again.',
      args: {
        name,
        ...networkOptions,
        containers: s.optional(s.array(s.string(), 'Containers that are to be connected')),
        reconnect: s.withDefault(s.boolean('Connect containers again where the network is made anew'), true),
      },
      ignored: {
        skip_translate: 'arguments are translated in any case',
        ignore_collisions: 'the first of two names of one argument counts',
        validate_ip_addrs: 'the Engine checks addresses',
      },
      examples: [
        'back:\n  docker_network.present:\n    - driver: bridge\n    - subnet: 10.9.0.0/24\n    - internal: True',
      ],
      plan: (ctx, want) => {
        const { name: _name, containers: _containers, reconnect: _reconnect, ...options } = want
        return planPresent(
          ctx,
          want,
          Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined)),
        )
      },
    }),
    absent: state({
      doc: 'Have no such network; containers are disconnected from it.',
      args: { name },
      examples: ['old:\n  docker_network.absent'],
      plan: (ctx, want) => planAbsent(ctx, want.name),
    }),
  },
})
