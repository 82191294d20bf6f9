/** What templates see of the host that they are rendered on: Salt's variables, its execution functions, its files. */
import { isAbsolute } from 'node:path/posix'
import { SaltError } from '../../base/errors.ts'
import { isRecord } from '../../base/narrow.ts'
import { readHostText, ServedTexts } from '../functions/served-texts.ts'
import type { FunctionContext } from '../plugin.ts'
import type { FunctionSource } from './functions/salt-functions.ts'
import { slsVariables } from './functions/sls-variables.ts'
import type { GpgDecryptor } from './gpg/gpg-decryptor.ts'
import type { JinjaRequest } from './jinja.ts'
import type { TemplateLoader } from './template/loader.ts'
import { plainTemplate } from './template/plain-template.ts'
import type { RenderedTemplate } from './template/rendered-text.ts'
import { Dict } from './values/dict.ts'
import type { Kwargs, Value } from './values/kinds.ts'
import { fromPlain, toPlain } from './values/plain.ts'

export interface TemplateRequest extends Pick<JinjaRequest, 'filters' | 'finalize'> {
  readonly text: string
  /** Path below the file roots, or on the host, for messages and for imports beside it. */
  readonly file: string
  readonly saltenv: string
  /** Where the file lies on this host (`tplpath`), where that is another path. */
  readonly hostPath?: string
  /**
   * Dotted name, for an SLS file. White space is trimmed there as the options of SLS files say.
   * The variables that tell where a file lies (`sls`, `tpldir` …) are there for those alone.
   */
  readonly sls?: string
  /** More variables, as plain values: what a state calls `context`, over its `defaults`. */
  readonly variables?: Readonly<Record<string, unknown>>
}

interface SharedValues {
  readonly grains: Dict
  readonly pillar: Dict
  readonly opts: Dict
  readonly functions: FunctionSource
}

/** Made once for a run: the values that all of its templates share are converted once, and each file is read once. */
export class TemplateWorld {
  readonly ctx: FunctionContext
  readonly texts: ServedTexts
  readonly #readsHost: boolean
  #gpg: GpgDecryptor | undefined
  #shared: Promise<SharedValues> | undefined

  /** @param options.readsHost Whether templates may import files of this host by absolute paths. */
  constructor(ctx: FunctionContext, { readsHost = true } = {}) {
    this.ctx = ctx
    this.#readsHost = readsHost
    this.texts = new ServedTexts(ctx)
  }

  /** Throws RenderError. The engine is loaded, and grains and pillar are looked at, for texts that are templates only. */
  async render(request: TemplateRequest): Promise<RenderedTemplate> {
    const { text, file, saltenv, sls, hostPath = file } = request
    const isSls = sls !== undefined
    const plain = plainTemplate(text, file, this.ctx.config.get(isSls ? 'jinja_sls_env' : 'jinja_env'))
    if (plain !== undefined) return plain
    this.#shared ??= this.#share()
    const { grains, pillar, opts, functions } = await this.#shared
    const loader = this.loader(saltenv)
    const variables = new Map<string, Value>([
      ['grains', grains],
      ['opts', opts],
      ['pillar', pillar],
      ['proxy', new Dict()],
      ['saltenv', saltenv],
      ...(sls === undefined ? [] : [['sls', sls] as const, ...slsVariables(sls, hostPath)]),
      ...Object.entries(request.variables ?? {}).map(([name, value]) => [name, fromPlain(value)] as const),
    ])
    const { renderJinja } = await import('./jinja.ts')
    return await renderJinja({ ...request, loader, variables, functions, opts, isSls })
  }

  /** The value with the PGP messages in it decrypted. Throws SaltError. */
  async decrypt(value: Value): Promise<Value> {
    const { services, config, log } = this.ctx
    if (services.gpg !== undefined) return await services.gpg.decrypt(value)
    const { gpgOf } = await import('./gpg/gpg-of-context.ts')
    this.#gpg ??= gpgOf(config, log, (argv, options) => this.ctx.exec(argv, options))
    return await this.#gpg.decrypt(value)
  }

  /** Files of an environment. */
  loader(saltenv: string): TemplateLoader {
    return {
      load: async (path) => {
        const text = isAbsolute(path) ? await this.#hostText(path) : (await this.texts.read(saltenv, path))?.text
        return text === undefined ? undefined : { text, location: path }
      },
    }
  }

  /** Trees import what programs leave on the host (`import_json '/opt/app/state.json'`), as Salt lets them. */
  async #hostText(path: string): Promise<string | undefined> {
    if (this.#readsHost) return await readHostText(path)
    throw new SaltError('denied', `the template reads ${path} of the host, which is not looked at here`)
  }

  async #share(): Promise<SharedValues> {
    const { withDataFunctions } = await import('./functions/with-data-functions.ts')
    const { id, grains, pillar, config } = this.ctx
    const values = {
      grains: dictOf(grains),
      pillar: dictOf(pillar),
      opts: dictOf({ ...config.all, ...programOf(this.ctx), id }),
    }
    // The options hold the very same two, as Salt's do.
    values.opts.set('grains', values.grains)
    values.opts.set('pillar', values.pillar)
    return { ...values, functions: withDataFunctions(functionsOf(this.ctx), values) }
  }
}

/** Formulas ask which program they run in. Under `salt call` there is no job, and only in the master there are runners. */
function programOf({ job, services }: FunctionContext): Readonly<Record<'__cli' | '__role', string>> {
  if (services.runner === undefined) return { __cli: job === undefined ? 'salt-call' : 'salt-minion', __role: 'minion' }
  return { __cli: services.fleet === undefined ? 'salt-master' : 'salt-run', __role: 'master' }
}

function dictOf(record: Readonly<Record<string, unknown>>): Dict {
  const value = fromPlain(isRecord(record) ? record : {})
  return value instanceof Dict ? value : new Dict()
}

/** The execution functions of a context: arguments leave the template as plain values, results enter it as values of templates. */
function functionsOf(ctx: FunctionContext): FunctionSource {
  const { names, modules } = namesOf(ctx.functions.names())
  return {
    has: (name) => names.has(name),
    hasModule: (name) => modules.has(name),
    names: () => names,
    call: async (name, args, kwargs) => fromPlain(await ctx.salt(name, args.map(toPlain), plainKwargs(kwargs))),
  }
}

interface FunctionNames {
  readonly names: ReadonlySet<string>
  readonly modules: ReadonlySet<string>
}

/** By the list of a catalogue, which is another one when its functions are. */
const knownNames = new WeakMap<readonly string[], FunctionNames>()

function namesOf(list: readonly string[]): FunctionNames {
  const known = knownNames.get(list)
  if (known !== undefined) return known
  const modules = new Set(list.map((name) => name.slice(0, name.indexOf('.'))))
  const made = { names: new Set(list), modules }
  knownNames.set(list, made)
  return made
}

function plainKwargs(kwargs: Kwargs): Record<string, unknown> {
  return Object.fromEntries(Array.from(kwargs, ([name, value]) => [name, toPlain(value)]))
}
