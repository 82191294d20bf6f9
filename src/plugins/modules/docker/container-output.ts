/** What comes of a container: what it writes, and how it ends. */
import type { FunctionContext } from '../../../engine/plugin.ts'
import { inspectContainer, recordOf } from './containers.ts'
import { engineBytes, engineRecord, type Fields, part } from './engine.ts'
import { splitOutput } from './output.ts'

/** What a container wrote. */
export async function logsOf(
  ctx: FunctionContext,
  which: string,
  query: Fields,
): Promise<{ stdout: string; stderr: string }> {
  const container = await inspectContainer(ctx, which)
  const { bytes } = await engineBytes(ctx, 'GET', `/containers/${part(which)}/logs`, {
    query: { stdout: 1, stderr: 1, ...query },
  })
  return splitOutput(bytes, recordOf(container.Config).Tty === true)
}

/** Waits for the end; resolves to the exit code. */
export async function waitFor(ctx: FunctionContext, which: string): Promise<number> {
  const answer = await engineRecord(ctx, 'POST', `/containers/${part(which)}/wait`, { timeoutSeconds: 0 })
  return Number(answer.StatusCode ?? -1)
}
