/** SLS files that are programs: `#!ts` in the first line, types erased, data or a function of them as the default export. */
import { asSaltError } from '../../base/errors.ts'
import { isRecord } from '../../base/narrow.ts'
import { plainRecord } from '../functions/thread-values.ts'
import { UserThread } from '../functions/user-thread.ts'
import type { FunctionContext } from '../plugin.ts'
import { RenderError } from './render-error.ts'
import type { Value } from './values/kinds.ts'
import { fromPlain } from './values/plain.ts'

export interface ScriptRequest {
  readonly text: string
  /** For messages. */
  readonly file: string
  /** Where it lies on this host: what it imports is looked for beside it. */
  readonly hostPath: string
  readonly saltenv: string
  readonly sls: string
}

/** An endless loop is ended, and with it the thread. */
const timeoutMs = 30_000

/** The data that the file gives. It runs in a thread of its own. Throws RenderError with the line where it fails. */
export async function renderScript(ctx: FunctionContext, request: ScriptRequest): Promise<Value> {
  const { text, hostPath, saltenv, sls } = request
  const thread = new UserThread(hostPath, 'states', ctx.log, text)
  try {
    await thread.load()
    const facts = { id: ctx.id, grains: ctx.grains, pillar: ctx.pillar, config: ctx.config.all, saltenv, sls }
    const signal = AbortSignal.any([ctx.signal, AbortSignal.timeout(timeoutMs)])
    return fromPlain(await thread.call(plainRecord({ kind: 'state', facts }), ctx, signal))
  } catch (error) {
    ctx.signal.throwIfAborted()
    throw scriptError(request, error)
  } finally {
    await thread.close()
  }
}

function scriptError({ file, text }: ScriptRequest, error: unknown): RenderError {
  const { message, where, cause } = asSaltError(error)
  const line = Number(/:(\d+)$/.exec(where ?? '')?.[1] ?? 1)
  const type = isRecord(cause) && typeof cause.name === 'string' ? cause.name : 'Error'
  const places = [{ file, line, column: 1 }]
  return new RenderError({ stage: 'ts', type, reason: message, places }, `TypeScript error: ${message}`, text, error)
}
