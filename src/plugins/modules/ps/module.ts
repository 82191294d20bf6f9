import { s } from '../../../base/schema.ts'
import { assertOperand, linesOf, mustRun } from '../../../engine/functions/host-programs.ts'
import { onlyOn } from '../../../engine/functions/kernels.ts'
import { PythonRegex } from '../../../engine/functions/python-regex.ts'
import { defineModule, type FunctionContext, fn } from '../../../engine/plugin.ts'
import { counterFunctions } from './counters.ts'
import { memoryFunctions } from './memory.ts'
import { processFunctions } from './process-functions.ts'
import { processorFunctions } from './processors.ts'
import { getUsers } from './users.ts'

const name = s.string('Name of the process')
const nameThenLines = s.array(s.any(), 'The name, then the lines')

async function linesWith(ctx: FunctionContext, argv: readonly string[], text: string): Promise<string[]> {
  const { stdout } = await mustRun(ctx, argv)
  return linesOf(stdout).filter((line) => line.includes(text))
}

export const ps = defineModule({
  name: 'ps',
  doc: 'Tells about processes, processors, memory, disks and network of this host, and signals processes.',
  available: onlyOn('Linux'),
  functions: {
    ...processFunctions,
    ...processorFunctions,
    ...memoryFunctions,
    ...counterFunctions,
    get_users: getUsers,
    lsof: fn({
      doc: 'Tell which files processes of a name have open.',
      args: { name },
      returns: s.array(s.string(), 'The name, then the answer of lsof'),
      examples: ["salt '*' ps.lsof apache2"],
      async run(ctx, args) {
        assertOperand(args.name, 'the name of a process')
        const { stdout } = await ctx.exec(['lsof', '-c', args.name])
        return [args.name, stdout.trimEnd()]
      },
    }),
    netstat: fn({
      doc: 'List the network connections that netstat shows for a process.',
      args: { name },
      returns: nameThenLines,
      examples: ["salt '*' ps.netstat apache2"],
      run: async (ctx, args) => [args.name, await linesWith(ctx, ['netstat', '-nap'], args.name)],
    }),
    ss: fn({
      doc: 'List the network connections that ss shows for a process.',
      args: { name },
      returns: nameThenLines,
      examples: ["salt '*' ps.ss apache2"],
      run: async (ctx, args) => [args.name, await linesWith(ctx, ['ss', '-neap'], args.name)],
    }),
    psaux: fn({
      doc: 'List the lines of `ps aux` that match an expression, and how many they are.',
      args: { name: s.string('Regular expression') },
      returns: s.array(s.any(), 'The expression, the lines, and a sentence with their number'),
      examples: ["salt '*' ps.psaux www-data.+apache2"],
      async run(ctx, args) {
        const lines = linesOf((await mustRun(ctx, ['ps', 'aux'])).stdout)
        const matches = new PythonRegex(args.name).searchEach(lines)
        const found = lines.filter((line, index) => matches[index] === true && !/salt.*ps\.psaux/.test(line))
        return [args.name, found, `${found.length} occurrence(s).`]
      },
    }),
  },
})
