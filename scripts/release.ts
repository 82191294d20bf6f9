/** `npm run release [TARGET…]`: the binaries of all systems, their signed manifest, the module for other programs, and the notices of what the binaries embed. */
import { copyFile, mkdir, rm, symlink, writeFile } from 'node:fs/promises'
import path from 'node:path'
import {
  type ArtifactEntry,
  digestFile,
  type Manifest,
  type ManifestSystem,
  signManifest,
} from '../src/engine/artifacts/manifest.ts'
import { makeExecutable } from './packaging/executable.ts'
import { folders, root } from './packaging/folders.ts'
import { buildLibrary } from './packaging/library.ts'
import { thirdPartyNotices } from './packaging/licenses.ts'
import { type NodeBase, nodeBase } from './packaging/node-base.ts'
import { currentCommit, makeBundle, nodeCommand, packageVersion } from './packaging/prepare.ts'
import { mebibytes, progress } from './packaging/program.ts'
import { releaseKey } from './packaging/release-key.ts'
import { fileName, hostTarget, type Target, targets } from './packaging/targets.ts'
import { type WarmCache, warmCache } from './packaging/warm.ts'

const wanted = process.argv.slice(2)
const unknown = wanted.filter((name) => !targets.some((target) => target.name === name))
if (unknown.length > 0)
  throw new Error(`no target ${unknown.join(', ')}; there are ${targets.map(({ name }) => name).join(', ')}`)
const chosen = targets.filter(({ name }) => wanted.length === 0 || wanted.includes(name))

const version = await packageVersion()
const bundle = await makeBundle(await currentCommit())
const entries: { readonly system: ManifestSystem; readonly entry: ArtifactEntry }[] = []
for (const target of chosen) entries.push({ system: target.system, entry: await make(target) })
await writeManifest(entries)
await buildLibrary(folders.library)
await writeFile(
  path.join(folders.dist, 'THIRD-PARTY.txt'),
  await thirdPartyNotices((await nodeBase(hostTarget())).packageFolder),
)
progress(`released ${version}: dist/repo.json, dist/repo.json.sig, dist/THIRD-PARTY.txt`)

async function make(target: Target): Promise<ArtifactEntry> {
  const base = await nodeBase(target)
  const name = fileName(target, version)
  const file = path.join(folders.dist, target.system, name)
  await makeExecutable(target, bundle, await warmFor(target, base), base.file, file)
  if (target.arch === 'x64') await pointNewest(file, fileName(target))
  const { size, ...digests } = await digestFile(file)
  progress(`${target.name}: dist/${target.system}/${name}, ${mebibytes(size)}`)
  return { name, version, arch: target.arch, size, ...digests }
}

/** Other systems take the caches of Linux on the same processor. */
async function warmFor(target: Target, base: NodeBase): Promise<WarmCache> {
  const source = targets.find(({ name }) => name === target.warmedBy)
  if (source === undefined) return new Map()
  const sourceBase = source === target ? base : await nodeBase(source)
  const warm = await warmCache(bundle, source, await nodeCommand(source, sourceBase))
  if (warm.size === 0)
    progress(`${target.name}: no code caches, ${source.name} does not run here: it will start slower`)
  return warm
}

async function pointNewest(file: string, link: string): Promise<void> {
  const newest = path.join(path.dirname(file), link)
  await rm(newest, { force: true })
  await symlink(path.basename(file), newest)
}

async function writeManifest(all: typeof entries): Promise<void> {
  const manifest: Record<string, Record<string, ArtifactEntry>> = {}
  for (const { system, entry } of all) manifest[system] = { ...manifest[system], [entry.name]: entry }
  const file = path.join(folders.dist, 'repo.json')
  await mkdir(folders.dist, { recursive: true })
  await writeFile(file, `${JSON.stringify(manifest, null, 2)}\n`)
  await writeFile(`${file}.sig`, `${signManifest(manifest as Manifest, await releaseKey())}\n`)
  await copyFile(file, path.join(root, 'repo.json'))
}
