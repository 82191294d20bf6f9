/** Functions of `system` that end or change what runs. */
import { s } from '../../../base/schema.ts'
import { assertOperand, mustRun, runIfInstalled } from '../../../engine/functions/host-programs.ts'
import { type FunctionContext, fn } from '../../../engine/plugin.ts'

const atTime = s.optional(
  s.union([s.string(), s.integer()], 'When: minutes from now, or a time such as 23:00; now by default'),
)
const output = s.string('What the program wrote')

async function outputOf(ctx: FunctionContext, argv: readonly string[]): Promise<string> {
  return (await mustRun(ctx, argv)).stdout.trimEnd()
}

const program = (name: string, doc: string) =>
  fn({
    doc,
    returns: output,
    examples: [`salt '*' system.${name}`],
    run: (ctx) => outputOf(ctx, [name]),
  })

/** Where there is no shutdown, as on Alpine, `program` does what has to be done now. */
async function shutdown(
  ctx: FunctionContext,
  flag: string,
  time: string | number | undefined,
  other: string,
): Promise<string> {
  const when = time === undefined || time === '' ? 'now' : String(time)
  assertOperand(when, 'a time')
  const argv = ['shutdown', flag, when]
  const result = when === 'now' ? await runIfInstalled(ctx, argv) : await mustRun(ctx, argv)
  if (result === undefined) return outputOf(ctx, [other])
  return result.retcode === 0 ? result.stdout.trimEnd() : outputOf(ctx, [other])
}

export const powerFunctions = {
  halt: program('halt', 'Stop this host, without turning it off.'),
  poweroff: program('poweroff', 'Stop this host, and turn it off.'),
  init: fn({
    doc: 'Change the runlevel of this host.',
    args: { runlevel: s.union([s.integer(), s.string()], 'Such as 3') },
    returns: output,
    examples: ["salt '*' system.init 3"],
    run(ctx, { runlevel }) {
      assertOperand(String(runlevel), 'a runlevel')
      return outputOf(ctx, ['init', String(runlevel)])
    },
  }),
  reboot: fn({
    doc: 'Restart this host.',
    args: { at_time: atTime },
    returns: output,
    examples: ["salt '*' system.reboot"],
    run: (ctx, { at_time }) => shutdown(ctx, '-r', at_time, 'reboot'),
  }),
  shutdown: fn({
    doc: 'Stop this host, and turn it off.',
    args: { at_time: atTime },
    returns: output,
    examples: ["salt '*' system.shutdown 5"],
    run: (ctx, { at_time }) => shutdown(ctx, '-h', at_time, 'poweroff'),
  }),
}
