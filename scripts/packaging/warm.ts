/** Makes the V8 code caches of a bundle by running it with the Node of the target. */
import { existsSync } from 'node:fs'
import { mkdir, mkdtemp, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'
import type { Bundle } from './bundle.ts'
import { folders } from './folders.ts'
import { call, progress } from './program.ts'
import { addonFile, type Target } from './targets.ts'

/** Chunk name → file of its code cache. */
export type WarmCache = ReadonlyMap<string, string>

/** How a target's Node is started here: `['…/node']`, or an emulator before it. */
export type NodeCommand = readonly [program: string, ...argv: string[]]

/**
 * Command lines that load what a user's commands load. They end by themselves and write only below the folder that takes the
 * place of `HOME` in them.
 */
const scenarios: readonly (readonly string[])[] = [
  ['--versions-report'],
  ['--help'],
  ['dev', '--demo'],
  ['call', '-c', 'HOME', '--local', 'grains.items', '--out', 'json'],
  ['call', '-c', 'HOME', '--local', 'cmd.run', 'true'],
  ['call', '-c', 'HOME', '--local', 'sys.doc', 'test.ping', '--out', 'yaml'],
  ['call', '-c', 'HOME', '--local', 'test.ping'],
  ['call', '-c', 'HOME', '--local', 'state.apply', 'test=True'],
  ['call', '-c', 'HOME', '--local', 'state.apply'],
  ['call', '-c', 'HOME', '--local', 'state.apply', 'web', '--out', 'json'],
  ['call', '-c', 'HOME', '--local', 'state.show_sls', 'web', '--out', 'yaml'],
  ['call', '-c', 'HOME', '--local', 'slsutil.renderer', 'salt://web.sls'],
  ['call', '-c', 'HOME', '--local', 'pillar.items'],
  ['key', '-c', 'HOME', '-L'],
]

/**
 * What makes the same bytes each time: caches hold the hashes of strings, which depend on V8's seed, the age of functions, which
 * V8 forgets after a while, and marks of its optimizing compilers. Some functions of the daemons still depend on the order of
 * events, so a cache is kept for its bundle: a checkout builds the same bytes again, another one may differ inside the caches.
 */
const steadyFlags = [
  '--hash-seed=1',
  '--random-seed=1',
  '--no-flush-bytecode',
  '--no-opt',
  '--no-sparkplug',
  '--no-maglev',
]

/**
 * The caches for one architecture, made anew unless they exist for this very bundle.
 * @param node Undefined where the target's Node cannot run on this machine: the result is then empty.
 */
export async function warmCache(bundle: Bundle, target: Target, node: NodeCommand | undefined): Promise<WarmCache> {
  const { name } = target
  const folder = path.join(folders.warm, `${bundle.hash.slice(0, 32)}-${name}`)
  if (!existsSync(folder)) {
    if (node === undefined) return new Map()
    progress(`${name}: warm the code caches`)
    const unfinished = `${folder}.${process.pid}`
    await rm(unfinished, { recursive: true, force: true })
    await mkdir(unfinished, { recursive: true })
    await new WarmingRun(bundle, unfinished, node, addonFile(target)).complete()
    await rename(unfinished, folder)
    await forgetOldest(name)
  }
  return new Map((await cacheFiles(folder)).map((file) => [file.slice(0, -'.cache'.length), path.join(folder, file)]))
}

const kept = 4

/** Every change of the sources makes another folder; a few are kept for going back and forth between commits. */
async function forgetOldest(name: string): Promise<void> {
  const all = (await readdir(folders.warm)).filter((folder) => folder.endsWith(`-${name}`))
  const aged = await Promise.all(
    all.map(async (folder) => ({ folder, time: (await stat(path.join(folders.warm, folder))).mtimeMs })),
  )
  const old = aged.sort((a, b) => b.time - a.time).slice(kept)
  for (const { folder } of old) await rm(path.join(folders.warm, folder), { recursive: true })
}

async function cacheFiles(folder: string): Promise<readonly string[]> {
  return (await readdir(folder)).filter((file) => file.endsWith('.cache')).sort()
}

/** Of a machine that works alone, with the tree that the warming runs apply. */
function minionConfig(home: string): string {
  const tree = path.join(import.meta.dirname, 'warm-tree')
  const roots = { file_roots: { base: [path.join(tree, 'srv')] }, pillar_roots: { base: [path.join(tree, 'pillar')] } }
  return `root_dir: ${home}\nid: warm\n${Object.entries(roots)
    .map(([name, value]) => `${name}: ${JSON.stringify(value)}\n`)
    .join('')}`
}

class WarmingRun {
  readonly #bundle: Bundle
  readonly #folder: string
  readonly #node: NodeCommand
  readonly #addon: string

  constructor(bundle: Bundle, folder: string, node: NodeCommand, addon: string) {
    this.#bundle = bundle
    this.#folder = folder
    this.#node = node
    this.#addon = addon
  }

  async complete(): Promise<void> {
    const home = await mkdtemp(path.join(os.tmpdir(), 'salt-warm-'))
    try {
      await writeFile(path.join(home, 'master'), `root_dir: ${home}\n`)
      await writeFile(path.join(home, 'minion'), minionConfig(home))
      await writeFile(path.join(home, 'node'), `#!/bin/sh\nexec ${this.#node.join(' ')} "$@"\n`, { mode: 0o700 })
      for (const scenario of scenarios) {
        const argv = scenario.map((word) => (word === 'HOME' ? home : word))
        await this.#host('run', home, argv).catch((error) => {
          progress(`note: the warming run \`salt ${scenario.join(' ')}\` failed: ${firstLine(error)}`)
        })
      }
      await this.#host('rest', home)
      await this.#forgetFlags()
      const rejected = await this.#host('check', home)
      if (rejected !== '') progress(`note: V8 rejects the code cache of ${rejected.trim().split('\n').join(', ')}`)
    } finally {
      await rm(home, { recursive: true, force: true })
    }
  }

  async #host(mode: 'run' | 'rest' | 'check', home: string, argv: readonly string[] = []): Promise<string> {
    const [program, ...prefix] = this.#node
    const env = {
      PATH: process.env.PATH,
      HOME: home,
      TMPDIR: home,
      LANG: 'C.UTF-8',
      SALT_WARM_CHUNKS: this.#bundle.folder,
      SALT_WARM_CACHE: this.#folder,
      SALT_WARM_ADDON: this.#addon,
      ...(this.#node.length > 1 ? { SALT_WARM_NODE: path.join(home, 'node') } : {}),
      SALT_NATIVE_DIR: path.join(home, 'native'),
      SALT_WARM_MODE: mode,
    }
    const flags = mode === 'check' ? [] : steadyFlags
    return await call(program, [...prefix, ...flags, this.#bundle.warmHost, ...argv], {
      env,
      cwd: home,
      timeoutMs: 180_000,
    })
  }

  /**
   * V8 notes its flags in a cache and rejects it under others. The steady flags are among them although the code does not
   * depend on them (V8 hashes the strings again while it loads a cache), so the mark of a run without them is put in its place.
   */
  async #forgetFlags(): Promise<void> {
    const [program, ...prefix] = this.#node
    const script = "process.stdout.write(new (require('node:vm').Script)('0').createCachedData().toString('hex'))"
    const plain = Buffer.from(await call(program, [...prefix, '-e', script]), 'hex')
    for (const file of await cacheFiles(this.#folder)) {
      const cache = await readFile(path.join(this.#folder, file))
      plain.copy(cache, flagsOffset, flagsOffset, flagsOffset + 4)
      await writeFile(path.join(this.#folder, file), cache)
    }
  }
}

/** Offset of the hash of V8's flags in a code cache (`SerializedCodeData` in V8's sources). */
const flagsOffset = 12

function firstLine(error: unknown): string {
  const text = error instanceof Error ? ('stderr' in error ? String(error.stderr) : error.message) : String(error)
  return text.trim().split('\n')[0] ?? ''
}
