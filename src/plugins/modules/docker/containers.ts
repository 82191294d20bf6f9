/** Containers as the Engine tells of them. */
import { isRecord } from '../../../base/narrow.ts'
import type { FunctionContext } from '../../../engine/plugin.ts'
import { EngineError, engineJson, engineList, engineRecord, type Fields, part } from './engine.ts'

export type ContainerState = 'running' | 'paused' | 'stopped'

export function recordOf(value: unknown): Fields {
  return isRecord(value) ? value : {}
}

/** Throws EngineError where there is none of that name or id. */
export function inspectContainer(ctx: FunctionContext, name: string): Promise<Fields> {
  return engineRecord(ctx, 'GET', `/containers/${part(name)}/json`)
}

/** Undefined where there is no such thing. */
export async function unlessMissing<T>(asking: Promise<T>): Promise<T | undefined> {
  try {
    return await asking
  } catch (error) {
    if (error instanceof EngineError && error.status === 404) return undefined
    throw error
  }
}

export function stateIn(container: Fields): ContainerState {
  const state = recordOf(container.State)
  if (state.Paused === true) return 'paused'
  return state.Running === true ? 'running' : 'stopped'
}

export async function stateOf(ctx: FunctionContext, name: string): Promise<ContainerState> {
  return stateIn(await inspectContainer(ctx, name))
}

/** Names of containers, without the slash that the Engine puts before them. */
export function namesIn(container: Fields): string[] {
  return Array.isArray(container.Names) ? container.Names.map((name) => String(name).replace(/^\//, '')) : []
}

export function listContainers(ctx: FunctionContext, all: boolean, filters?: Fields): Promise<Fields[]> {
  return engineList(ctx, '/containers/json', { all: all ? 1 : undefined, filters })
}

export interface StateChange {
  result: boolean
  state: { old: ContainerState; new: ContainerState | null }
  comment?: string
}

/** Does something that is to end in a state. Nothing is done where that is so already, and the result is then false as in Salt. */
export async function changeState(
  ctx: FunctionContext,
  name: string,
  expected: ContainerState,
  action: string,
  query: Fields = {},
): Promise<StateChange> {
  const before = await stateOf(ctx, name)
  if (before === expected) {
    return { result: false, state: { old: before, new: before }, comment: `Container '${name}' already ${expected}` }
  }
  await engineJson(ctx, 'POST', `/containers/${part(name)}/${action}`, { query, timeoutSeconds: patience(query) })
  const after = await unlessMissing(stateOf(ctx, name))
  return { result: after === expected, state: { old: before, new: after ?? null } }
}

/** A container may take as long to stop as it was given. */
function patience({ t }: Fields): number {
  return 60 + (typeof t === 'number' ? t : 10)
}

export async function startContainer(ctx: FunctionContext, which: string): Promise<StateChange> {
  const before = await stateOf(ctx, which)
  if (before !== 'paused') return changeState(ctx, which, 'running', 'start')
  return { result: false, state: { old: before, new: before }, comment: `Container '${which}' is paused, cannot start` }
}

export async function stopContainer(
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
