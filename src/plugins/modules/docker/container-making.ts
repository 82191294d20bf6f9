/** How containers are made, run and removed. */
import { SaltError } from '../../../base/errors.ts'
import type { FunctionContext } from '../../../engine/plugin.ts'
import { containerBody } from './container-body.ts'
import { logsOf, waitFor } from './container-output.ts'
import { inspectContainer, unlessMissing } from './containers.ts'
import { connectAll, endpointsOf } from './endpoints.ts'
import { engineJson, engineRecord, type Fields, part } from './engine.ts'

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

interface RunRequest {
  readonly image: string
  readonly name?: string | undefined
  readonly bg: boolean
  readonly replace: boolean
  readonly force: boolean
}

/** Makes and starts a container, and waits for its end unless it is to run in the background. */
export async function runContainer(ctx: FunctionContext, request: RunRequest, options: Fields): Promise<Fields> {
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
