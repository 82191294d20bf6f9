/** What templates of recorded cases and trees see: files of a folder, recorded answers of functions, options of a minion. */
import { readFile } from 'node:fs/promises'
import { isAbsolute, join, relative } from 'node:path'
import type { FunctionSource } from '../../src/engine/render/functions/salt-functions.ts'
import { slsVariables } from '../../src/engine/render/functions/sls-variables.ts'
import { withDataFunctions } from '../../src/engine/render/functions/with-data-functions.ts'
import { renderJinja } from '../../src/engine/render/jinja.ts'
import type { TemplateLoader } from '../../src/engine/render/template/loader.ts'
import { Dict } from '../../src/engine/render/values/dict.ts'
import type { Value } from '../../src/engine/render/values/kinds.ts'
import { PyError } from '../../src/engine/render/values/py-error.ts'
import { taggedValue } from './tagged-render-values.ts'

/** Function → tagged answer, `{"$echo": true}` or `{"$raise": {type, message}}`. */
export type Mocks = Readonly<Record<string, unknown>>

export interface RenderWorld {
  /** The file root: a folder, or only the name of one where there are `files`. */
  readonly root: string
  /** The files below the root, by path. */
  readonly files?: Readonly<Record<string, string>>
  readonly grains: Map<Value, Value>
  readonly pillar: Map<Value, Value>
  readonly opts: ReadonlyMap<Value, Value>
  readonly mocks: Mocks
  readonly saltenv: string
}

/** The options of the minion that the cases were recorded on. */
export function minionOptions(world: Omit<RenderWorld, 'opts'>, added: Iterable<readonly [Value, Value]> = []): Dict {
  return new Dict([
    ['id', 'minion1'],
    ['file_client', 'remote'],
    ['saltenv', null],
    ['pillarenv', null],
    ['test', false],
    ['file_roots', new Dict([['base', [world.root]]])],
    ['renderer', 'jinja|yaml'],
    ['hash_type', 'sha256'],
    ['master', 'salt'],
    ['pillar_raise_on_missing', false],
    ['pillar_merge_lists', false],
    ['grains', world.grains],
    ['pillar', world.pillar],
    ...added,
  ])
}

function loaderOf({ root, files }: RenderWorld): TemplateLoader {
  return {
    load: async (path) => {
      // An absolute path stays one, as in Python's os.path.join.
      const location = isAbsolute(path) ? path : join(root, path)
      const text = files === undefined ? await readFile(location, 'utf8').catch(() => undefined) : files[path]
      return text === undefined ? undefined : { text, location: isAbsolute(path) ? relative(root, path) : path }
    },
  }
}

function mockedFunctions(mocks: Mocks): FunctionSource {
  return {
    has: (name) => Object.hasOwn(mocks, name),
    hasModule: (module) => Object.keys(mocks).some((name) => name.startsWith(`${module}.`)),
    names: () => Object.keys(mocks),
    call: (name, args, kwargs) => answer(mocks[name], args, new Dict(kwargs)),
  }
}

function answer(mock: unknown, args: readonly Value[], kwargs: Dict): Value {
  if (typeof mock !== 'object' || mock === null) return mock
  if ('$echo' in mock)
    return new Dict([
      ['args', [...args]],
      ['kwargs', kwargs],
    ])
  if ('$raise' in mock) {
    const { type, message } = mock.$raise as { type: string; message: string }
    throw new PyError(type, message)
  }
  return taggedValue(mock)
}

/** Renders a file of the world's folder as Salt renders an SLS file. */
export async function renderInWorld(world: RenderWorld, file: string, sls: string): Promise<string> {
  const { grains, pillar, opts, mocks, saltenv } = world
  const functions = withDataFunctions(mockedFunctions(mocks), { opts, grains, pillar }, new Set(Object.keys(mocks)))
  const path = join(world.root, file)
  const loader = loaderOf(world)
  const source = await loader.load(file)
  const variables = new Map<string, Value>([
    ['grains', grains],
    ['opts', opts],
    ['pillar', pillar],
    ['proxy', new Dict()],
    ['saltenv', saltenv],
    ['sls', sls],
    ...slsVariables(sls, path),
  ])
  const { text } = await renderJinja({
    text: source?.text ?? '',
    file,
    loader,
    variables,
    functions,
    opts,
  })
  return text
}
