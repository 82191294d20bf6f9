/** Git repositories for tests, with the system's git. */
import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'

export const cannotUseGit: string | false = (() => {
  try {
    execFileSync('git', ['--version'], { stdio: 'ignore' })
    return false
  } catch {
    return 'git is not installed'
  }
})()

export class TestRepository implements Disposable {
  readonly path = mkdtempSync(join(tmpdir(), 'salt-git-'))

  constructor(branch = 'master') {
    this.git('init', '--quiet', `--initial-branch=${branch}`)
  }

  git(...words: readonly string[]): string {
    const who = ['-c', 'user.name=Tester', '-c', 'user.email=tester@example.com', '-c', 'commit.gpgsign=false']
    const env = { PATH: process.env.PATH ?? '', HOME: this.path, GIT_CONFIG_NOSYSTEM: '1' }
    return execFileSync('git', [...who, ...words], { cwd: this.path, encoding: 'utf8', env, stdio: 'pipe' }).trim()
  }

  /** Commits files (`null`: removes them; `-> x`: links to x) and gives the commit. */
  commit(files: Readonly<Record<string, string | null>>): string {
    for (const [name, text] of Object.entries(files)) {
      const path = join(this.path, name)
      mkdirSync(dirname(path), { recursive: true })
      rmSync(path, { force: true })
      if (text?.startsWith('-> ') === true) symlinkSync(text.slice(3), path)
      else if (text !== null) writeFileSync(path, text)
    }
    this.git('add', '--all')
    this.git('commit', '--quiet', '--allow-empty', '-m', 'change')
    return this.git('rev-parse', 'HEAD')
  }

  branch(name: string): void {
    this.git('checkout', '--quiet', '-B', name)
  }

  [Symbol.dispose](): void {
    rmSync(this.path, { recursive: true, force: true })
  }
}
