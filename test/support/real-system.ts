/** A copy of this system that a test may change as root: see real-system/enter.sh. */
import { spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, realpathSync, rmdirSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { type Finished, projectRoot, Running } from './program.ts'

const enter = join(import.meta.dirname, 'real-system', 'enter.sh')

const needed = ['unshare', 'ip', 'chroot', 'dpkg-deb', 'dpkg-query', 'apt-get', 'useradd', 'groupadd', 'getent']

/** Where a program lies on the path, or among those of root. */
function hasProgram(name: string): boolean {
  const folders = `${process.env.PATH ?? ''}:/usr/sbin:/sbin`.split(':')
  return folders.some((folder) => existsSync(join(folder, name)))
}

/** Why no such copy can be made here; false where it can. */
export function whyNoRealSystem(): string | false {
  if (process.geteuid?.() !== 0) return 'needs root'
  const missing = needed.filter((name) => !hasProgram(name))
  if (missing.length > 0) return `needs the programs ${missing.join(', ')}`
  using scratch = new Scratch()
  const tried = spawnSync('unshare', [...namespaces, 'sh', enter, scratch.path, shownFolders(), 'true'])
  return tried.status !== 0 && `needs namespaces and overlays: ${tried.stderr.toString().trim()}`
}

const namespaces = ['--mount', '--pid', '--fork', '--net', '--uts', '--ipc', '--kill-child']

/** What a program of the project is started from. */
function shownFolders(): string {
  const folders = [projectRoot, realpathSync(join(projectRoot, 'node_modules')), dirname(process.execPath)]
  return folders.join(':')
}

/** Runs a TypeScript file of the project on such a copy. */
export async function runOnRealSystem(file: string, env: Readonly<Record<string, string>> = {}): Promise<Finished> {
  using scratch = new Scratch()
  const command = [process.execPath, file]
  const argv = ['unshare', ...namespaces, 'sh', enter, scratch.path, shownFolders(), ...command]
  return await new Running(argv, { env, timeoutMs: 100_000 }).finished
}

/** An empty folder, which what is mounted there leaves empty. */
class Scratch implements Disposable {
  readonly path: string

  constructor() {
    this.path = mkdtempSync(join(tmpdir(), 'salt-real-'))
  }

  [Symbol.dispose](): void {
    rmdirSync(this.path)
  }
}
