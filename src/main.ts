/** Entry point: picks the command, loads nothing else, and turns what it ends with into an exit code. */
import { version } from './base/build-info.ts'
import { type CommandModule, commandList } from './cli/commands.ts'
import { watchOutput } from './cli/lost-output.ts'
import { route } from './cli/route.ts'

async function main(argv: readonly string[]): Promise<number> {
  watchOutput()
  const chosen = route(argv)
  switch (chosen.kind) {
    case 'version':
      process.stdout.write(`salt ${version}\n`)
      return 0
    case 'list':
      process.stdout.write(commandList())
      return 1
    case 'help':
      return await runModule(() => import('./cli/help.ts'), [])
    case 'versions-report':
      return await runModule(() => import('./cli/version.ts'), argv)
    case 'command':
      return await runModule(chosen.command.load, chosen.argv)
    case 'publish':
      return await runModule(() => import('./cli/salt.ts'), chosen.argv)
  }
}

async function runModule(load: () => Promise<CommandModule>, argv: readonly string[]): Promise<number> {
  try {
    const command = await load()
    return await command.run(argv)
  } catch (thrown) {
    const { reportFailure } = await import('./cli/failure.ts')
    return reportFailure(thrown, argv)
  }
}

// Setting the code, not exiting, lets output that is still in a pipe flush.
main(process.argv.slice(2)).then((code) => {
  process.exitCode = code
})
