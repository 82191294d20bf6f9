/**
 * Bundles the sources into chunks that stay lazy: whatever the program imports with `import()` is a chunk of its own, compiled
 * and run on first use.
 *
 * esbuild splits code only into ES modules, and the executable runs only scripts, so each chunk is made a function in a second step.
 */
import { createHash } from 'node:crypto'
import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { build, type Metafile, type Plugin } from 'esbuild'
import { chunkFunction, type EsChunk } from './chunk-function.ts'
import { folders, root } from './folders.ts'
import { embeddedPackages } from './licenses.ts'

export interface BundleOptions {
  readonly version: string
  readonly commit: string | undefined
  /** PEM of the key that the binary trusts for manifests. */
  readonly releasePublicKey: string | undefined
}

export interface Bundle {
  /** Holds the chunks, `sea-main.cjs` and `warm-host.cjs`. */
  readonly folder: string
  readonly mainScript: string
  readonly warmHost: string
  /** Chunks that become assets: file name → path. */
  readonly chunks: ReadonlyMap<string, string>
  /** Digest of everything that the bundle holds. */
  readonly hash: string
}

interface Chunk {
  readonly name: string
  /** Text of the chunk's function, in parentheses. */
  readonly code: string
  /** Chunks that it needs at once. */
  readonly needs: readonly string[]
}

const entryName = 'main.js'
const addonLoader = 'native-addon'
const target = 'node26'

export async function bundle(options: BundleOptions): Promise<Bundle> {
  await rm(folders.bundle, { recursive: true, force: true })
  await mkdir(folders.bundle, { recursive: true })
  const chunks = await splitSources(options)
  const inline = closure(chunks, entryName)
  const mainScript = path.join(folders.bundle, 'sea-main.cjs')
  const warmHost = path.join(folders.bundle, 'warm-host.cjs')
  await writeFile(mainScript, await mainScriptText(inline))
  await writeFile(warmHost, await hostText('warm-host.ts'))
  const assets = new Map<string, string>()
  for (const chunk of chunks.values()) {
    const file = path.join(folders.bundle, chunk.name)
    await writeFile(file, chunk.code)
    if (!inline.includes(chunk)) assets.set(chunk.name, file)
  }
  return { folder: folders.bundle, mainScript, warmHost, chunks: assets, hash: await folderHash(folders.bundle) }
}

async function splitSources(options: BundleOptions): Promise<ReadonlyMap<string, Chunk>> {
  const result = await build({
    entryPoints: { main: path.join(root, 'src/main.ts'), [addonLoader]: path.join(root, 'src/base/native-addon.ts') },
    absWorkingDir: root,
    outdir: '.',
    write: false,
    metafile: true,
    bundle: true,
    splitting: true,
    format: 'esm',
    platform: 'node',
    target,
    mainFields: ['module', 'main'],
    conditions: ['import', 'node'],
    chunkNames: '[name]-[hash]',
    // Names stay whole, so that a stack in a report can be read.
    minifySyntax: true,
    minifyWhitespace: true,
    legalComments: 'none',
    charset: 'ascii',
    logLevel: 'warning',
    define: await defines(options),
    plugins: [embeddedAddon, lighterStringWidth],
  })
  const chunks = new Map<string, Chunk>()
  for (const file of result.outputFiles) {
    const name = path.basename(file.path)
    chunks.set(name, toFunction(name, file.text, result.metafile))
  }
  return chunks
}

async function defines(options: BundleOptions): Promise<Record<string, string>> {
  const libraries = Object.fromEntries((await embeddedPackages()).map(({ name, version }) => [name, version]))
  const values: Record<string, string | undefined> = {
    SALT_VERSION: options.version,
    SALT_COMMIT: options.commit,
    SALT_LIBRARIES: JSON.stringify(libraries),
    SALT_RELEASE_PUBLIC_KEY: options.releasePublicKey,
  }
  return {
    'import.meta.url': '__moduleUrl',
    'import.meta.dirname': '"/"',
    'import.meta': 'undefined',
    ...Object.fromEntries(Object.entries(values).map(([name, value]) => [name, JSON.stringify(value) ?? 'undefined'])),
  }
}

function toFunction(name: string, text: string, metafile: Metafile): Chunk {
  const output = metafile.outputs[name]
  if (output === undefined) throw new Error(`esbuild reports nothing about ${name}`)
  const linked = output.imports.filter(({ external }) => external !== true)
  const chunk: EsChunk = {
    name,
    text,
    lazy: linked.filter(({ kind }) => kind === 'dynamic-import').map(({ path: to }) => to),
    entry: entryKind(output.entryPoint, metafile),
  }
  return {
    name,
    code: chunkFunction(chunk),
    needs: linked.filter(({ kind }) => kind === 'import-statement').map(({ path: to }) => to),
  }
}

function entryKind(file: string | undefined, { inputs }: Metafile): EsChunk['entry'] {
  if (file === undefined || !/(?:^|\/)node_modules\//.test(file)) return file === undefined ? undefined : 'own'
  return inputs[file]?.format === 'cjs' ? 'cjs-package' : 'es-package'
}

/** The chunks that `name` needs at once, itself included. */
function closure(chunks: ReadonlyMap<string, Chunk>, name: string): readonly Chunk[] {
  const found = new Map<string, Chunk>()
  const visit = (next: string): void => {
    const chunk = chunks.get(next)
    if (chunk === undefined) throw new Error(`no chunk ${next}`)
    if (found.has(next)) return
    found.set(next, chunk)
    chunk.needs.forEach(visit)
  }
  visit(name)
  return [...found.values()]
}

async function mainScriptText(inline: readonly Chunk[]): Promise<string> {
  const functions = inline.map(({ name, code }) => `${JSON.stringify(name)}:${code}`).join(',\n')
  return `${await hostText('sea-main.ts')}\nhost.start({${functions}},${JSON.stringify(`./${entryName}`)});\n`
}

async function hostText(file: string): Promise<string> {
  const result = await build({
    entryPoints: [path.join(import.meta.dirname, file)],
    write: false,
    bundle: true,
    format: 'iife',
    globalName: 'host',
    platform: 'node',
    target,
    minifySyntax: true,
    minifyWhitespace: true,
    charset: 'ascii',
  })
  return result.outputFiles[0]?.text ?? ''
}

async function folderHash(folder: string): Promise<string> {
  const hash = createHash('sha256')
  for (const name of (await readdir(folder)).sort()) {
    hash.update(`${name}\0`).update(await readFile(path.join(folder, name)))
  }
  return hash.digest('hex')
}

const sourceFile = (name: string): string => JSON.stringify(path.join(root, 'src', name))

/**
 * zeromq finds its addon by folders beside its sources, which the binary does not have. Our loader is a chunk of its own: as a part
 * of a CommonJS package it, and the errors that it throws, would become modules that are run late.
 */
const embeddedAddon: Plugin = {
  name: 'embedded-addon',
  setup(setup) {
    setup.onLoad({ filter: /zeromq[\\/]lib[\\/]load-addon\.js$/ }, () => ({
      contents: `exports.__esModule=true;exports.default=require("./${addonLoader}.js").loadEmbeddedAddon("zeromq")`,
      loader: 'js',
      resolveDir: root,
    }))
    setup.onResolve({ filter: new RegExp(`^\\./${addonLoader}\\.js$`) }, ({ path: name }) => ({
      path: name,
      external: true,
    }))
  },
}

/** See src/base/string-width.ts. */
const lighterStringWidth: Plugin = {
  name: 'lighter-string-width',
  setup(setup) {
    setup.onResolve({ filter: /^string-width$/ }, () => ({ path: 'string-width', namespace: 'lighter' }))
    setup.onLoad({ filter: /.*/, namespace: 'lighter' }, () => ({
      contents: `export {stringWidth as default} from ${sourceFile('base/string-width.ts')}`,
      loader: 'js',
      resolveDir: root,
    }))
  },
}
