import { existsSync } from 'node:fs'
import { s } from '../../../base/schema.ts'
import { defineStates, type StateContext, state } from '../../../engine/plugin.ts'
import { done, failed, impossible, pending, right, type StatePlan } from '../../../engine/state/plan.ts'
import { failure, reasonOf } from '../../../engine/state/wording.ts'
import { containerBody } from '../../modules/docker/container-body.ts'
import { inspectContainer, stateIn, unlessMissing } from '../../modules/docker/containers.ts'
import type { Fields } from '../../modules/docker/engine.ts'
import { fullName, inspectImage } from '../../modules/docker/images.ts'
import { containerOptions, runningState, withoutIdle } from './running.ts'

interface StoppedArguments {
  readonly name: string
  readonly containers?: readonly string[] | undefined
  readonly shutdown_timeout?: number | undefined
  readonly unpause: boolean
  readonly error_on_absent: boolean
}

async function planStopped(ctx: StateContext, want: StoppedArguments): Promise<StatePlan> {
  const targets = want.containers ?? [want.name]
  const states = new Map<string, string>()
  for (const target of targets) {
    const container = await unlessMissing(inspectContainer(ctx, target))
    states.set(target, container === undefined ? 'absent' : stateIn(container))
  }
  const those = (state: string): string[] => targets.filter((target) => states.get(target) === state)
  const faults = [
    ...(want.error_on_absent && those('absent').length > 0
      ? [`The following container(s) are absent: ${those('absent').join(', ')}`]
      : []),
    ...(!want.unpause && those('paused').length > 0
      ? [`The following container(s) are paused: ${those('paused').join(', ')}`]
      : []),
  ]
  if (faults.length > 0) return impossible(faults.join('. '))
  const doomed = [...those('running'), ...those('paused')]
  if (doomed.length === 0) {
    const who = targets.length === 1 ? `Container '${targets[0]}' is` : 'All specified containers are'
    return right(`${who} ${those('absent').length > 0 ? 'absent or ' : ''}not running`)
  }
  return pending({
    comment: `The following container(s) will be stopped: ${doomed.join(', ')}`,
    changes: Object.fromEntries(doomed.map((one) => [one, { state: { old: states.get(one), new: 'stopped' } }])),
    apply: () => stop(ctx, want, doomed),
  })
}

async function stop(
  ctx: StateContext,
  { shutdown_timeout: timeout, unpause }: StoppedArguments,
  doomed: readonly string[],
) {
  const changes: Record<string, unknown> = {}
  const faults: string[] = []
  for (const one of doomed) {
    const change = (await ctx.salt('docker.stop', [one], { timeout, unpause })) as Fields
    if (change.result === true) changes[one] = change
    else faults.push(String(change.comment ?? `Failed to stop container '${one}'`))
  }
  if (faults.length > 0) return failed(faults.join('; '), changes)
  return done(`The following container(s) were stopped: ${doomed.join(', ')}`, changes)
}

async function planAbsent(
  ctx: StateContext,
  { name, force }: { readonly name: string; readonly force: boolean },
): Promise<StatePlan> {
  const container = await unlessMissing(inspectContainer(ctx, name))
  if (container === undefined) return right(`Container '${name}' does not exist`)
  const isStopped = stateIn(container) === 'stopped'
  if (!isStopped && !force) return impossible('Container is running, set force to True to forcibly remove it')
  return pending({
    comment: `Container '${name}' will be removed`,
    changes: { removed: [container.Id] },
    async apply() {
      try {
        const removed = await ctx.salt('docker.rm', [name], { force })
        return done(`${isStopped ? 'Successfully' : 'Forcibly'} removed container '${name}'`, { removed })
      } catch (error) {
        ctx.signal.throwIfAborted()
        return failed(`Failed to remove container '${name}': ${reasonOf(error)}`)
      }
    },
  })
}

interface RunArguments {
  readonly name: string
  readonly image?: string | undefined
  readonly bg: boolean
  readonly failhard: boolean
  readonly replace: boolean
  readonly force: boolean
  readonly creates?: readonly string[] | string | undefined
}

async function planRun(ctx: StateContext, want: RunArguments, extra: Fields): Promise<StatePlan> {
  const { name, image, bg } = want
  for (const one of ['watch_action', 'start', 'shutdown_timeout', 'follow']) {
    if (Object.hasOwn(extra, one)) throw failure(`The '${one}' argument is not supported`)
  }
  if (image === undefined || image === '') throw failure("The 'image' argument is required")
  const paths = want.creates === undefined ? [] : [want.creates].flat()
  if (paths.length > 0 && paths.every((path) => existsSync(ctx.at(path)))) {
    return right("All specified paths in 'creates' argument exist")
  }
  containerBody(extra)
  return pending({
    comment: `Container would be run${bg ? ' in the background' : ''}`,
    changes: {},
    async apply() {
      try {
        if ((await unlessMissing(inspectImage(ctx, image))) === undefined)
          await ctx.salt('docker.pull', [fullName(image)])
        const { replace, force } = want
        const ran = (await ctx.salt('docker.run_container', [image], { ...extra, name, bg, replace, force })) as Fields
        if (bg) return done('Container was run in the background', ran)
        const comment = `Container ran and exited with a return code of ${String(ran.ExitCode)}`
        return want.failhard && ran.ExitCode !== 0 ? failed(comment, ran) : done(comment, ran)
      } catch (error) {
        ctx.signal.throwIfAborted()
        return failed(`Encountered error running container: ${reasonOf(error)}`)
      }
    },
  })
}

const name = s.string('Name of the container')

export const dockerContainer = defineStates({
  name: 'docker_container',
  doc: 'Containers of Docker, over the socket of its Engine.',
  functions: {
    running: runningState,
    stopped: state({
      doc: 'Have containers not run.',
      args: {
        name,
        containers: s.optional(s.array(s.string(), 'Names of several containers instead')),
        shutdown_timeout: s.optional(s.integer('Seconds that each may take to stop')),
        unpause: s.withDefault(s.boolean('Let paused ones go on first'), false),
        error_on_absent: s.withDefault(s.boolean('Fail where one does not exist'), true),
      },
      examples: ['web:\n  docker_container.stopped:\n    - shutdown_timeout: 30'],
      plan: (ctx, want) => planStopped(ctx, want),
      watch: (ctx, want) => planStopped(ctx, want),
    }),
    absent: state({
      doc: 'Have no such container.',
      args: { name, force: s.withDefault(s.boolean('Remove it though it runs'), false) },
      examples: ['old-web:\n  docker_container.absent:\n    - force: True'],
      plan: (ctx, want) => planAbsent(ctx, want),
    }),
    run: state({
      doc: 'Make and start a container, and wait for its end.',
      args: {
        name,
        image: s.optional(s.string('Image, with a tag as builder:1.0; it is pulled where it is missing')),
        bg: s.withDefault(s.boolean('Do not wait for its end'), false),
        failhard: s.withDefault(s.boolean('Fail where its exit code is not 0'), true),
        replace: s.withDefault(s.boolean('Remove a container of that name first'), false),
        force: s.withDefault(s.boolean('Remove it though it runs'), false),
        creates: s.optional(s.union([s.array(s.path()), s.path()], 'Do nothing where these paths are there')),
      },
      extra: containerOptions,
      examples: [
        'build:\n  docker_container.run:\n    - image: builder:latest\n    - command: /build.sh\n    - binds: /srv/out:/out\n    - creates: /srv/out/app.tar\n    - replace: True',
      ],
      plan: (ctx, want, { extra }) => planRun(ctx, want, withoutIdle(extra).options),
      watch: (ctx, want, { extra }) => planRun(ctx, want, withoutIdle(extra).options),
    }),
  },
})
