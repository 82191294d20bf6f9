/** `salt --help`: the commands, then the options of `salt TARGET FUNCTION`. */
import { commandList } from './commands.ts'

export async function run(): Promise<number> {
  process.stdout.write(`${commandList()}\n`)
  const publish = await import('./salt.ts')
  return await publish.run(['--help'])
}
