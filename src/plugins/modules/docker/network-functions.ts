/** Functions of `docker` for networks and volumes. */
import { s } from '../../../base/schema.ts'
import { type FunctionContext, fn } from '../../../engine/plugin.ts'
import { itemsOf, pairsOf } from './argument-forms.ts'
import { namesIn, recordOf, unlessMissing } from './containers.ts'
import { connect, disconnect, endpointConfig } from './endpoints.ts'
import { EngineError, engineJson, engineList, engineRecord, type Fields, part } from './engine.ts'
import { networkBody, networkOptions } from './network-body.ts'

const network = s.string('Name or id of the network')
const container = s.string('Name or id of the container')
const volume = s.string('Name of the volume')

function inspectNetwork(ctx: FunctionContext, name: string): Promise<Fields> {
  return engineRecord(ctx, 'GET', `/networks/${part(name)}`)
}

export const networkFunctions = {
  networks: fn({
    doc: 'List the networks, all or by their names and ids.',
    args: {
      names: s.optional(s.any('Names: a list, or text with commas')),
      ids: s.optional(s.any('Ids: a list, or text with commas')),
    },
    returns: s.array(s.record(s.any())),
    examples: ["salt '*' docker.networks names=front"],
    async run(ctx, args) {
      const filters = {
        ...(args.names === undefined ? {} : { name: itemsOf(args.names) }),
        ...(args.ids === undefined ? {} : { id: itemsOf(args.ids) }),
      }
      const found = await engineList(ctx, '/networks', Object.keys(filters).length === 0 ? {} : { filters })
      return found.map((one) => ({ ...one }))
    },
  }),
  inspect_network: fn({
    doc: 'Tell all that the Engine knows of a network.',
    args: { network_id: network },
    returns: s.record(s.any()),
    examples: ["salt '*' docker.inspect_network front"],
    run: async (ctx, args) => ({ ...(await inspectNetwork(ctx, args.network_id)) }),
  }),
  create_network: fn({
    doc: 'Make a network.',
    args: { name: s.string('Name of the network'), ...networkOptions },
    returns: s.record(s.any()),
    examples: ["salt '*' docker.create_network front driver=bridge subnet=10.9.0.0/24"],
    run: async (ctx, args) => ({
      ...(await engineRecord(ctx, 'POST', '/networks/create', { body: networkBody(args.name, args) })),
    }),
  }),
  remove_network: fn({
    doc: 'Remove a network.',
    args: { network_id: network },
    returns: s.boolean(),
    examples: ["salt '*' docker.remove_network front"],
    async run(ctx, args) {
      await engineJson(ctx, 'DELETE', `/networks/${part(args.network_id)}`)
      return true
    },
  }),
  connect_container_to_network: fn({
    doc: 'Connect a container to a network.',
    args: {
      container,
      net_id: network,
      ipv4_address: s.optional(s.string('Its address there')),
      ipv6_address: s.optional(s.string('Its IPv6 address there')),
      aliases: s.optional(s.any('Other names of it there: a list, or text with commas')),
      links: s.optional(s.any('Containers that it knows by a name: a list of name:alias')),
    },
    returns: s.boolean(),
    examples: ["salt '*' docker.connect_container_to_network web front ipv4_address=10.9.0.5"],
    async run(ctx, { container: which, net_id, ...options }) {
      const given = Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined))
      await connect(ctx, which, net_id, endpointConfig(given))
      return true
    },
  }),
  disconnect_container_from_network: fn({
    doc: 'Disconnect a container from a network.',
    args: { container, network_id: network },
    returns: s.boolean(),
    examples: ["salt '*' docker.disconnect_container_from_network web front"],
    async run(ctx, args) {
      await disconnect(ctx, args.container, args.network_id)
      return true
    },
  }),
  connected: fn({
    doc: 'List the containers that are connected to a network, running or not.',
    args: { name: network },
    returns: s.array(s.string()),
    examples: ["salt '*' docker.connected front"],
    async run(ctx, args) {
      const found = await engineList(ctx, '/containers/json', { all: 1, filters: { network: [args.name] } })
      return [...new Set(found.flatMap(namesIn))].sort()
    },
  }),
  volumes: fn({
    doc: 'List the volumes.',
    args: { filters: s.optional(s.record(s.any(), 'Filters of the Engine, such as {dangling: true}')) },
    returns: s.record(s.any(), 'Volumes and Warnings'),
    examples: ["salt '*' docker.volumes"],
    run: async (ctx, args) => ({
      ...(await engineRecord(ctx, 'GET', '/volumes', { query: { filters: args.filters } })),
    }),
  }),
  inspect_volume: fn({
    doc: 'Tell all that the Engine knows of a volume.',
    args: { name: volume },
    returns: s.record(s.any()),
    examples: ["salt '*' docker.inspect_volume data"],
    run: async (ctx, args) => ({ ...(await engineRecord(ctx, 'GET', `/volumes/${part(args.name)}`)) }),
  }),
  create_volume: fn({
    doc: 'Make a volume.',
    args: {
      name: volume,
      driver: s.optional(s.string('Driver of the volume; local by default')),
      driver_opts: s.optional(s.any('Options of the driver: a mapping, or a list of mappings')),
      labels: s.optional(s.any('Labels: a mapping, a list or text with commas')),
    },
    returns: s.record(s.any()),
    examples: ["salt '*' docker.create_volume data driver=local"],
    async run(ctx, args) {
      const body = {
        Name: args.name,
        Driver: args.driver,
        DriverOpts: pairsOf(args.driver_opts),
        Labels: pairsOf(args.labels),
      }
      return { ...(await engineRecord(ctx, 'POST', '/volumes/create', { body })) }
    },
  }),
  remove_volume: fn({
    doc: 'Remove a volume.',
    args: { name: volume },
    returns: s.boolean(),
    examples: ["salt '*' docker.remove_volume data"],
    async run(ctx, args) {
      await engineJson(ctx, 'DELETE', `/volumes/${part(args.name)}`)
      return true
    },
  }),
  version: fn({
    doc: 'Tell the version of the Engine.',
    args: {},
    returns: s.record(s.any()),
    examples: ["salt '*' docker.version"],
    run: async (ctx) => ({ ...(await engineRecord(ctx, 'GET', '/version')) }),
  }),
  info: fn({
    doc: 'Tell what the Engine says of itself.',
    args: {},
    returns: s.record(s.any()),
    examples: ["salt '*' docker.info"],
    run: async (ctx) => ({ ...(await engineRecord(ctx, 'GET', '/info')) }),
  }),
  ping: fn({
    doc: 'Tell whether an Engine answers.',
    args: {},
    returns: s.boolean(),
    examples: ["salt '*' docker.ping"],
    async run(ctx) {
      await engineJson(ctx, 'HEAD', '/_ping')
      return true
    },
  }),
  inspect: fn({
    doc: 'Tell all that the Engine knows of a container, an image, a network or a volume of that name.',
    args: { name: s.string('Name or id') },
    returns: s.record(s.any()),
    examples: ["salt '*' docker.inspect web"],
    async run(ctx, args) {
      for (const kind of ['container', 'image', 'volume', 'network']) {
        const found = await unlessMissing(ctx.salt(`docker.inspect_${kind}`, [args.name]))
        if (found !== undefined) return { ...recordOf(found) }
      }
      throw new EngineError(404, `Error: No such object: ${args.name}`)
    },
  }),
}
