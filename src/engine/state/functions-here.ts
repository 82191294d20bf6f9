import type { FunctionContext } from '../plugin.ts'

/** Whether this host has an execution function. */
export async function hasFunction(ctx: FunctionContext, name: string): Promise<boolean> {
  return (await ctx.functions.load(name)).kind === 'loaded'
}
