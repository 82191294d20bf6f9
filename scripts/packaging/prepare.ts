/** What a build and a release have in common. */
import { readFile } from 'node:fs/promises'
import path from 'node:path'
import { type Bundle, bundle } from './bundle.ts'
import { root } from './folders.ts'
import type { NodeBase } from './node-base.ts'
import { call, progress, which } from './program.ts'
import { publicPem, releaseKey } from './release-key.ts'
import type { Target } from './targets.ts'
import type { NodeCommand } from './warm.ts'

export async function packageVersion(): Promise<string> {
  const { version }: { version: string } = JSON.parse(await readFile(path.join(root, 'package.json'), 'utf8'))
  return version
}

/** The commit that is checked out, with `+` when files differ from it; undefined outside of a git checkout. */
export async function currentCommit(): Promise<string | undefined> {
  try {
    const commit = (await call('git', ['rev-parse', '--short=12', 'HEAD'], { cwd: root })).trim()
    // The manifest at the top level is what a release itself writes.
    const changes = await call('git', ['status', '--porcelain', '--', '.', ':!repo.json'], { cwd: root })
    return changes === '' ? commit : `${commit}+`
  } catch {
    return undefined
  }
}

export async function makeBundle(commit: string | undefined): Promise<Bundle> {
  const made = await bundle({
    version: await packageVersion(),
    commit,
    releasePublicKey: publicPem(await releaseKey()),
  })
  progress(`bundled ${made.chunks.size} chunks`)
  return made
}

/** Where Debian's cross packages put the libraries that an emulated Node needs. */
const arm64Libraries = '/usr/aarch64-linux-gnu'

/** How a Linux target's Node runs on this machine: itself, in qemu, or not at all. */
export async function nodeCommand(target: Target, base: NodeBase): Promise<NodeCommand | undefined> {
  const native = process.platform === target.platform.replace('macos', 'darwin') && process.arch === target.arch
  if (native) return [base.file]
  const emulator = target.name === 'linux-arm64' ? which('qemu-aarch64-static') : undefined
  if (emulator === undefined) return undefined
  const emulated = [emulator, '-L', arm64Libraries, base.file] as const
  return await call(emulated[0], [...emulated.slice(1), '--version']).then(
    () => emulated,
    () => undefined,
  )
}
