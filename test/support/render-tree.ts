/** Renders every template of a tree, each by itself. */
import { readdir } from 'node:fs/promises'
import { join, relative, resolve } from 'node:path'
import { RenderError } from '../../src/engine/render/render-error.ts'
import { Dict } from '../../src/engine/render/values/dict.ts'
import type { Value } from '../../src/engine/render/values/kinds.ts'
import { deepCopy } from '../../src/engine/render/values/plain.ts'
import { type Mocks, minionOptions, renderInWorld } from './render-world.ts'

export interface TreeData {
  readonly grains: Map<Value, Value> | undefined
  readonly pillar: Map<Value, Value> | undefined
  readonly mocks: Mocks
}

export type TreeLine =
  | { readonly file: string; readonly text: string }
  | {
      readonly file: string
      readonly error: { type: string; file: string | null; line: number | null; message: string }
    }

/** In the order of their paths. */
export async function* renderTree(folder: string, data: TreeData): AsyncGenerator<TreeLine> {
  const root = resolve(folder)
  for (const file of await templatesBelow(root)) yield await renderOne(root, file, data)
}

async function templatesBelow(root: string): Promise<string[]> {
  const entries = await readdir(root, { recursive: true, withFileTypes: true })
  return entries
    .filter((entry) => entry.isFile() && /\.(?:sls|jinja)$/.test(entry.name))
    .map((entry) => relative(root, join(entry.parentPath, entry.name)))
    .sort()
}

async function renderOne(root: string, file: string, data: TreeData): Promise<TreeLine> {
  try {
    return { file, text: await renderInWorld(worldOf(root, data), file, slsName(file)) }
  } catch (error) {
    if (!(error instanceof RenderError)) throw error
    const place = error.places.at(-1)
    return {
      file,
      error: { type: error.type, file: place?.file ?? null, line: place?.line ?? null, message: error.reason },
    }
  }
}

/** Templates may change grains and pillar: each gets its own. */
function worldOf(root: string, { grains, pillar, mocks }: TreeData) {
  const copied = (dict: Map<Value, Value>): Map<Value, Value> => {
    const copy = deepCopy(dict)
    return copy instanceof Map ? copy : dict
  }
  const world = {
    root,
    grains: copied(grains ?? new Dict([['id', 'minion1']])),
    pillar: copied(pillar ?? new Dict()),
    mocks,
    saltenv: 'base',
  }
  return { ...world, opts: minionOptions(world) }
}

/** `web/nginx/init.sls` → `web.nginx`. */
function slsName(file: string): string {
  return file
    .replace(/\.sls$/, '')
    .replace(/\/init$/, '')
    .replaceAll('/', '.')
}
