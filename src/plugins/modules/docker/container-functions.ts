/** Functions of `docker` that make, remove and look at containers. */

import { SaltError } from '../../../base/errors.ts'
import { s } from '../../../base/schema.ts'
import { withoutPublication } from '../../../engine/functions/bind.ts'
import { fn } from '../../../engine/plugin.ts'
import { createContainer, removeContainer, runContainer } from './container-making.ts'
import { logsOf } from './container-output.ts'
import {
  inspectContainer,
  listContainers,
  namesIn,
  recordOf,
  startContainer,
  stateOf,
  stopContainer,
  unlessMissing,
} from './containers.ts'
import { engineJson, engineRecord, part } from './engine.ts'

const name = s.string('Name or id of the container')
const timeout = s.optional(s.integer('Seconds to wait before it is killed; what the container says, by default'))
const containerOptions = s.any(
  'Arguments of the container: command, environment, binds, port_bindings, networks, restart_policy …',
)
const image = s.string('Name or id of the image')

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
      const made = await createContainer(ctx, args.image, args.name, withoutPublication(extra))
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
    run: async (ctx, args, { extra }) => ({ ...(await runContainer(ctx, args, withoutPublication(extra))) }),
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
