/** Puts a bundle and Node together into one executable, with pkg in its simple SEA mode. */
import { createHash } from 'node:crypto'
import { chmod, copyFile, link, mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import path from 'node:path'
import type { Bundle } from './bundle.ts'
import { folders } from './folders.ts'
import { machOSignatureFits, signMachO } from './macho-sign.ts'
import { addonFile, nodeVersion, type Target } from './targets.ts'
import type { WarmCache } from './warm.ts'

/** pkg's command line passes no assets on, so its module is called. */
type PkgSea = (
  entryPoint: string,
  options: {
    readonly seaConfig: Readonly<Record<string, unknown>>
    readonly signature: boolean
    readonly targets: readonly { nodeRange: string; platform: string; arch: string; output: string }[]
  },
) => Promise<void>

/** Writes the executable to `output`. The file appears whole or not at all. */
export async function makeExecutable(
  target: Target,
  bundle: Bundle,
  warm: WarmCache,
  base: string,
  output: string,
): Promise<void> {
  await seedPkgCache(target, base)
  const assets = { ...(await chunkAssets(bundle, warm)), ...(await addonAssets(target)) }
  const unfinished = path.join(folders.cache, `unfinished-${process.pid}-${path.basename(output)}`)
  await rm(unfinished, { force: true })
  await pkgSea()(bundle.mainScript, {
    seaConfig: {
      disableExperimentalSEAWarning: true,
      useCodeCache: false,
      useSnapshot: false,
      // Node's remarks about its own interfaces are nothing that a user of this program can act on.
      execArgv: ['--disable-warning=ExperimentalWarning'],
      // What NODE_OPTIONS asks of somebody's Node programs is not meant for this one.
      execArgvExtension: 'none',
      assets,
    },
    signature: false,
    targets: [{ nodeRange: `node${nodeVersion}`, platform: target.platform, arch: target.arch, output: unfinished }],
  })
  if (target.platform === 'macos') await signForMac(unfinished)
  await chmod(unfinished, 0o755)
  await mkdir(path.dirname(output), { recursive: true })
  await rename(unfinished, output)
}

function pkgSea(): PkgSea {
  // pkg asks for the home folder when it is called; nothing else of this process does.
  process.env.HOME = folders.pkgHome
  process.env.USERPROFILE = folders.pkgHome
  const loaded: { default: PkgSea } = createRequire(import.meta.url)('@yao-pkg/pkg/lib-es5/sea.js')
  return loaded.default
}

/** The names and marks by which pkg takes a base as fetched, verified and unpacked. */
async function seedPkgCache(target: Target, base: string): Promise<void> {
  const folder = path.join(folders.pkgHome, '.pkg-cache', 'sea')
  const system = target.platform === 'macos' ? 'darwin' : target.platform
  const stem = path.join(folder, `node-v${nodeVersion}-${system}-${target.arch}`)
  const windows = target.platform === 'win'
  const executable = windows ? `${stem}.exe` : path.join(stem, 'bin', 'node')
  const archive = windows ? `${stem}.zip` : `${stem}.tar.gz`
  await mkdir(path.dirname(executable), { recursive: true })
  await rm(executable, { force: true })
  await link(base, executable).catch(() => copyFile(base, executable))
  for (const mark of [`${executable}.ok`, archive, `${archive}.ok`]) await writeFile(mark, '')
}

async function chunkAssets(bundle: Bundle, warm: WarmCache): Promise<Record<string, string>> {
  const empty = path.join(folders.cache, 'no-code-cache')
  await writeFile(empty, '')
  const assets: Record<string, string> = {}
  for (const [name, file] of bundle.chunks) {
    assets[name] = file
    assets[`${name}.cache`] = warm.get(name) ?? empty
  }
  return assets
}

async function addonAssets(target: Target): Promise<Record<string, string>> {
  const addon = addonFile(target)
  const hash = createHash('sha256')
    .update(await readFile(addon))
    .digest('hex')
  const hashFile = path.join(folders.cache, `addon-${target.name}.sha256`)
  await writeFile(hashFile, hash)
  return { 'zeromq.node': addon, 'zeromq.node.sha256': hashFile }
}

/** The injection breaks the signature of a Mach-O file, without which it does not start. */
async function signForMac(file: string): Promise<void> {
  const signed = signMachO(await readFile(file), 'salt')
  if (!machOSignatureFits(signed)) throw new Error(`the signature made for ${file} does not fit`)
  await writeFile(file, signed)
}
