/** The packages that the binary embeds, and the notices that their licenses ask for. */
import { existsSync } from 'node:fs'
import { readdir, readFile } from 'node:fs/promises'
import path from 'node:path'
import { root } from './folders.ts'

export interface EmbeddedPackage {
  readonly name: string
  readonly version: string
  readonly license: string
  readonly folder: string
}

interface PackageJson {
  readonly version: string
  readonly license?: string
  readonly dependencies?: Readonly<Record<string, string>>
}

/** Build helpers and install scripts of dependencies: nothing of them gets into the bundle. */
const notEmbedded = new Set(['cmake-ts', 'node-addon-api', 'string-width', 'emoji-regex', 'get-east-asian-width'])

async function readPackage(folder: string): Promise<PackageJson> {
  return JSON.parse(await readFile(path.join(folder, 'package.json'), 'utf8'))
}

/** Folder of a package as Node would find it from `from`. */
function findPackage(name: string, from: string): string {
  for (let folder = from; ; folder = path.dirname(folder)) {
    const candidate = path.join(folder, 'node_modules', name)
    if (existsSync(path.join(candidate, 'package.json'))) return candidate
    if (folder === root) throw new Error(`${name} is not installed: run npm install`)
  }
}

/** The direct dependencies, which the versions report lists. */
export async function embeddedPackages(): Promise<readonly EmbeddedPackage[]> {
  const { dependencies = {} } = await readPackage(root)
  return await Promise.all(Object.keys(dependencies).map((name) => describe(name, findPackage(name, root))))
}

async function describe(name: string, folder: string): Promise<EmbeddedPackage> {
  const { version, license = 'see its text' } = await readPackage(folder)
  return { name, version, license, folder }
}

/** The direct dependencies and theirs, sorted by name. */
async function allPackages(): Promise<readonly EmbeddedPackage[]> {
  const found = new Map<string, EmbeddedPackage>()
  const visit = async (folder: string): Promise<void> => {
    for (const name of Object.keys((await readPackage(folder)).dependencies ?? {})) {
      const inner = findPackage(name, folder)
      if (found.has(inner) || notEmbedded.has(name)) continue
      found.set(inner, await describe(name, inner))
      await visit(inner)
    }
  }
  await visit(root)
  return [...found.values()].sort((a, b) => (`${a.name}@${a.version}` < `${b.name}@${b.version}` ? -1 : 1))
}

async function licenseText(folder: string): Promise<string> {
  const files = (await readdir(folder)).filter((name) => /^(licen[cs]e|copying|notice)(\.|-|$)/i.test(name)).sort()
  const texts = await Promise.all(files.map((name) => readFile(path.join(folder, name), 'utf8')))
  return texts.map((text) => text.trim()).join('\n\n')
}

/**
 * Text of the notices: every embedded package, then Node itself.
 * @param nodeFolder Package that the Node executable comes from; it holds Node's license with those of its parts.
 */
export async function thirdPartyNotices(nodeFolder: string): Promise<string> {
  const rule = '='.repeat(80)
  const parts = ['This program embeds the following software.']
  for (const { name, version, license, folder } of await allPackages()) {
    const text = await licenseText(folder)
    parts.push(
      `${rule}\n${name} ${version} (${license})\n${rule}\n${text || 'The package carries no license text of its own.'}`,
    )
  }
  parts.push(
    `${rule}\nlibzmq, statically linked into the addon of zeromq (MPL-2.0)\n${rule}\nhttps://github.com/zeromq/libzmq`,
  )
  parts.push(`${rule}\nNode.js ${process.versions.node}\n${rule}\n${await licenseText(nodeFolder)}`)
  return `${parts.join('\n\n')}\n`
}
