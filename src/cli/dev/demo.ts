/** A few commands against the fleet, each printed with its output. */
import { spawn } from 'node:child_process'
import { ownCommand } from '../../base/own-command.ts'
import type { DevFleet } from './fleet.ts'

interface Step {
  readonly says: string
  /** The command line without the program. */
  readonly words: readonly string[]
}

/** Resolves to 0 when every command ended well. */
export async function runDemo(fleet: DevFleet): Promise<number> {
  let failures = 0
  for (const { says, words } of stepsFor(fleet)) {
    const shown = words.map((word) => (word === fleet.folder ? 'FOLDER' : quoted(word.replace(fleet.folder, 'FOLDER'))))
    process.stdout.write(`# ${says}\n$ salt ${shown.join(' ')}\n`)
    const code = await runStep(words)
    if (code !== 0) failures += 1
    process.stdout.write(code === 0 ? '\n' : `(ended with ${code})\n\n`)
  }
  return failures === 0 ? 0 : 1
}

function stepsFor(fleet: DevFleet): readonly Step[] {
  const { folder } = fleet
  const [first = 'alpha'] = fleet.ids
  return [
    { says: 'The keys that the master knows', words: ['key', '-c', folder, '-L'] },
    { says: 'Who is there?', words: ['-c', folder, '*', 'test.ping'] },
    { says: 'What are they?', words: ['-c', folder, '*', 'grains.item', 'os', 'role'] },
    {
      says: 'A shell command, on the web servers only',
      words: ['-c', folder, '-G', 'role:web', 'cmd.run', 'uname -sm'],
    },
    { says: 'The same for programs', words: ['-c', folder, '*', 'test.version', '--out', 'json', '--static'] },
    {
      says: 'A minion asks the others',
      words: ['call', '-c', fleet.minionFolder(first), 'publish.publish', '*', 'test.ping'],
    },
    { says: 'A runner on the master', words: ['run', '-c', folder, 'manage.status'] },
  ]
}

function quoted(word: string): string {
  return /^[\w./:@%+=,-]+$/.test(word) ? word : `'${word}'`
}

async function runStep(words: readonly string[]): Promise<number> {
  const [program, ...first] = ownCommand()
  const child = spawn(program, [...first, ...words], { stdio: ['ignore', 'inherit', 'inherit'] })
  return await new Promise((resolve, reject) => {
    child.once('error', reject)
    child.once('exit', (code) => resolve(code ?? 1))
  })
}
