/** Programs whose whole result is given back, as `cmd.run_all` does. */
import { s } from '../../../base/schema.ts'
import type { FunctionContext } from '../../../engine/plugin.ts'

export const programResult = s.object({
  pid: s.integer('Process id of the program'),
  retcode: s.integer('Its return code'),
  stdout: s.text(),
  stderr: s.text(),
})

export interface ProgramResult {
  readonly pid: number
  readonly retcode: number
  readonly stdout: string
  readonly stderr: string
}

/** Runs it and makes its return code that of the job. */
export async function runAll(ctx: FunctionContext, argv: readonly string[]): Promise<ProgramResult> {
  const { pid, retcode, stdout, stderr } = await ctx.exec(argv)
  ctx.setRetcode(retcode)
  return { pid, retcode, stdout: stdout.trimEnd(), stderr: stderr.trimEnd() }
}
