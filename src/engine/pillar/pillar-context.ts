import type { ServedFiles } from '../files/served-files.ts'
import type { FunctionContext } from '../plugin.ts'

/** The same context, but its templates and what they import come from these files; functions that it calls see the others. */
export function withFiles(ctx: FunctionContext, files: ServedFiles): FunctionContext {
  return { ...ctx, services: { ...ctx.services, files } }
}
