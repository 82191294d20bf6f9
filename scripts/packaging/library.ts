/** The npm package's module for other programs: one bundle without its dependencies, and its types. */
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { build } from 'esbuild'
import { folders, root } from './folders.ts'
import { call } from './program.ts'

const entry = 'client/library'
const source = path.join(root, 'src')

/** Writes `index.js` and `types/` into the folder, which is emptied first: what `exports` of package.json names. */
export async function buildLibrary(folder: string): Promise<void> {
  await rm(folder, { recursive: true, force: true })
  await mkdir(folder, { recursive: true })
  await Promise.all([bundleLibrary(folder), writeTypes(path.join(folder, 'types'))])
}

async function bundleLibrary(folder: string): Promise<void> {
  await build({
    entryPoints: { index: path.join(source, `${entry}.ts`) },
    absWorkingDir: root,
    outdir: folder,
    bundle: true,
    // What is loaded on first use stays so.
    splitting: true,
    chunkNames: '[name]-[hash]',
    format: 'esm',
    platform: 'node',
    target: 'node26',
    packages: 'external',
    legalComments: 'none',
    logLevel: 'warning',
  })
}

/** Only the declarations that the entry leads to. */
async function writeTypes(folder: string): Promise<void> {
  await mkdir(folders.cache, { recursive: true })
  const all = await mkdtemp(path.join(folders.cache, 'types-'))
  try {
    await declareAll(all)
    const texts = new Map<string, string>()
    await collect(all, `${entry}.d.ts`, texts)
    for (const [name, text] of texts) {
      await mkdir(path.dirname(path.join(folder, name)), { recursive: true })
      await writeFile(path.join(folder, name), text)
    }
  } finally {
    await rm(all, { recursive: true, force: true })
  }
}

async function declareAll(folder: string): Promise<void> {
  const options = ['--declaration', '--emitDeclarationOnly', '--outDir', folder, '--rootDir', source]
  const language = ['--target', 'esnext', '--module', 'nodenext', '--types', 'node', '--skipLibCheck', '--strict']
  const files = ['--rewriteRelativeImportExtensions', '--ignoreConfig', path.join(source, `${entry}.ts`)]
  await call(path.join(root, 'node_modules/.bin/tsc'), [...options, ...language, ...files], { cwd: root })
}

const relativeImport = /(['"])(\.\.?\/[^'"]+)\.ts\1/g

async function collect(all: string, name: string, texts: Map<string, string>): Promise<void> {
  if (texts.has(name)) return
  const text = await readFile(path.join(all, name), 'utf8')
  // A package has its modules by the name that they run under.
  texts.set(name, text.replaceAll(relativeImport, '$1$2.js$1'))
  for (const [, , to = ''] of text.matchAll(relativeImport)) {
    await collect(all, `${path.join(path.dirname(name), to)}.d.ts`, texts)
  }
}
