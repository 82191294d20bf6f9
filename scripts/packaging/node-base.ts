/** The Node executable that a target embeds: taken from its package, stripped of symbols and signature, kept by its hash. */
import { createHash } from 'node:crypto'
import { existsSync } from 'node:fs'
import { chmod, copyFile, mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { folders, root } from './folders.ts'
import { call, fileHash, progress, which } from './program.ts'
import { nodeVersion, type Target } from './targets.ts'
import { removeSignature } from './windows-signature.ts'

export interface NodeBase {
  /** The executable to embed. */
  readonly file: string
  /** Folder of its package, with its license. */
  readonly packageFolder: string
}

export async function nodeBase(target: Target): Promise<NodeBase> {
  const packageFolder = await nodePackage(target)
  const original = path.join(packageFolder, 'bin', target.platform === 'win' ? 'node.exe' : 'node')
  const change = preparation(target)
  if (change === undefined) return { file: original, packageFolder }
  const file = path.join(folders.bases, `${(await fileHash(original)).slice(0, 32)}-${target.name}`)
  if (!existsSync(file)) {
    progress(`${target.name}: prepare Node ${nodeVersion}`)
    await mkdir(folders.bases, { recursive: true })
    const unfinished = `${file}.${process.pid}`
    await copyFile(original, unfinished)
    await chmod(unfinished, 0o755)
    await change(unfinished)
    await rename(unfinished, file)
  }
  return { file, packageFolder }
}

/** What is done to the executable of Node before the program is added, if anything. */
function preparation(target: Target): ((file: string) => Promise<void>) | undefined {
  if (target.platform === 'win') {
    return async (file) => await writeFile(file, removeSignature(await readFile(file)))
  }
  if (target.platform !== 'linux') return undefined
  const strip = stripper(target)
  if (strip === undefined) {
    progress(`${target.name}: no strip program for it here: the binary stays larger`)
    return undefined
  }
  return async (file) => void (await call(strip, ['-s', file]))
}

function stripper(target: Target): string | undefined {
  const own = process.platform === 'linux' && process.arch === target.arch ? which('strip') : undefined
  const prefix = target.arch === 'x64' ? 'x86_64' : 'aarch64'
  return own ?? which(`${prefix}-linux-gnu-strip`) ?? which('llvm-strip')
}

/** Folder of the Node package: npm installs only the one that fits this machine, the others are fetched once. */
async function nodePackage(target: Target): Promise<string> {
  const installed = path.join(root, 'node_modules', target.nodePackage)
  if (await isVersion(installed)) return installed
  const fetched = path.join(folders.packages, `${target.nodePackage}-${nodeVersion}`)
  if (await isVersion(fetched)) return fetched
  progress(`${target.name}: fetch ${target.nodePackage} ${nodeVersion}`)
  await mkdir(folders.packages, { recursive: true })
  const packed = await call(
    'npm',
    [
      'pack',
      '--silent',
      '--ignore-scripts',
      '--pack-destination',
      folders.packages,
      `${target.nodePackage}@${nodeVersion}`,
    ],
    { cwd: folders.packages },
  )
  const archive = path.join(folders.packages, packed.trim().split('\n').at(-1) ?? '')
  await assertLocked(archive, target.nodePackage)
  const unpacked = `${fetched}.${process.pid}`
  await mkdir(unpacked, { recursive: true })
  await call('tar', ['-xzf', archive, '-C', unpacked, '--strip-components=1'])
  await rm(fetched, { recursive: true, force: true })
  await rename(unpacked, fetched)
  await rm(archive)
  return fetched
}

async function isVersion(folder: string): Promise<boolean> {
  const text = await readFile(path.join(folder, 'package.json'), 'utf8').catch(() => '{}')
  const { version }: { version?: unknown } = JSON.parse(text)
  return version === nodeVersion
}

/** A fetched package must have the digest that package-lock.json pins. */
async function assertLocked(archive: string, name: string): Promise<void> {
  const lock: { packages: Record<string, { integrity?: string }> } = JSON.parse(
    await readFile(path.join(root, 'package-lock.json'), 'utf8'),
  )
  const digest = createHash('sha512')
    .update(await readFile(archive))
    .digest('base64')
  if (lock.packages[`node_modules/${name}`]?.integrity !== `sha512-${digest}`) {
    await rm(archive)
    throw new Error(`${name} does not have the digest that package-lock.json pins`)
  }
}
