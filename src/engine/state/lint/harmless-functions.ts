/** Execution functions that templates may call while nothing must happen: they look at values, and not at the host. */
import { SaltError } from '../../../base/errors.ts'
import type { Catalogue, FunctionDefinition, FunctionDoc, LoadedFunction, Unavailable } from '../../plugin.ts'

/** Whole modules, and single functions. */
const harmless: ReadonlySet<string> = new Set([
  ...['config', 'defaults', 'hashutil', 'match', 'random', 'slsutil'],
  ...['grains.fetch', 'grains.filter_by', 'grains.get', 'grains.has_value', 'grains.item', 'grains.items', 'grains.ls'],
  ...['pillar.fetch', 'pillar.filter_by', 'pillar.get', 'pillar.item', 'pillar.items', 'pillar.keys', 'pillar.ls'],
  ...['pillar.obfuscate', 'pillar.raw'],
  ...[
    'file.basename',
    'file.dirname',
    'file.join',
    'file.normpath',
    'test.arg',
    'test.echo',
    'test.kwarg',
    'test.ping',
  ],
])

/** All other functions are there, and say that they are not run. */
export class HarmlessFunctions implements Catalogue {
  readonly #all: Catalogue

  constructor(all: Catalogue) {
    this.#all = all
  }

  names(): readonly string[] {
    return this.#all.names()
  }

  availableNames(): Promise<readonly string[]> {
    return this.#all.availableNames()
  }

  describe(name: string): Promise<FunctionDoc | undefined> {
    return this.#all.describe(name)
  }

  moduleDoc(module: string): Promise<string | undefined> {
    return this.#all.moduleDoc(module)
  }

  async load(name: string): Promise<LoadedFunction<FunctionDefinition> | Unavailable> {
    const [module = ''] = name.split('.')
    if (harmless.has(module) || harmless.has(name)) return await this.#all.load(name)
    // Libraries of formulas tell the log all that they do: the result is the same where nobody listens.
    const definition = module === 'log' ? standIn(() => true) : refusing(name)
    return { kind: 'loaded', name, definition }
  }
}

function standIn(run: () => unknown): FunctionDefinition {
  return { doc: 'Is not run.', args: {}, rest: {}, extra: {}, returns: {}, examples: [], run }
}

function refusing(name: string): FunctionDefinition {
  return standIn(() => {
    throw new SaltError('denied', `the template calls ${name}, which is not run here`)
  })
}

/** What was refused, where an error comes from a function or a renderer that was not run. */
export function refusalIn(error: unknown): string | undefined {
  for (let one = error; one instanceof Error; one = one.cause) {
    if (one instanceof SaltError && one.code === 'denied') return one.message
  }
  return undefined
}
