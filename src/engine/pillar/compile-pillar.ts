/** Pillar of one minion: top file, SLS files, further sources, all of it merged. */
import { hidingLog } from '../../base/hiding-log.ts'
import type { Log } from '../../base/log.ts'
import { isRecord } from '../../base/narrow.ts'
import { SecretTexts } from '../../base/secret-texts.ts'
import type { ConfigView } from '../config-view.ts'
import type { FunctionContext, FunctionServices, Grains, PillarQuestion } from '../plugin.ts'
import type { DecryptedMessages } from '../render/gpg/gpg-decryptor.ts'
import { gpgOf } from '../render/gpg/gpg-of-context.ts'
import { isUsualSyntax } from '../render/template/plain-template.ts'
import { TemplateWorld } from '../render/template-world.ts'
import { Dict } from '../render/values/dict.ts'
import type { Value } from '../render/values/kinds.ts'
import { fromPlain, toPlain } from '../render/values/plain.ts'
import { askSources, type SourceRun } from './ask-sources.ts'
import { decryptKeys } from './decrypt-keys.ts'
import { leafTexts } from './leaf-texts.ts'
import { mergePillar } from './merge-pillar.ts'
import { withFiles } from './pillar-context.ts'
import { type PillarEnvironments, pillarEnvironments } from './pillar-environments.ts'
import { PillarRun } from './pillar-run.ts'
import { type PillarSettings, pillarSettings } from './pillar-settings.ts'
import { PlainFiles } from './plain-files.ts'
import { SlsTree } from './sls-tree.ts'
import { matchTop, readTop, type Top } from './top-file.ts'

export interface PillarRequest extends PillarQuestion {
  readonly id: string
  readonly grains: Grains
}

export interface CompiledPillar {
  /** With `_errors`, a list of texts, where something was wrong. */
  readonly pillar: Readonly<Record<string, unknown>>
  /** Texts in it that were decrypted: logs and events must not show them. */
  readonly secrets: readonly string[]
}

/** Where pillar is compiled. */
export interface PillarHost {
  readonly config: ConfigView
  readonly log: Log
  /** What was decrypted before. */
  readonly decrypted: DecryptedMessages
  /** What sources know from one question to the next. */
  readonly memory: Map<string, unknown>
  /** Functions of this host for templates, as if they ran on the minion. */
  contextFor(minion: ContextRequest): Promise<FunctionContext>
}

export interface ContextRequest {
  readonly id: string
  readonly grains: Grains
  readonly pillar: Readonly<Record<string, unknown>>
  readonly log: Log
  readonly services: Pick<FunctionServices, 'gpg'>
}

/** Never throws for what is wrong with files or sources: that is under `_errors`. */
export async function compilePillar(host: PillarHost, request: PillarRequest): Promise<CompiledPillar> {
  return await new Compilation(host, request).compile()
}

/** The top file as it counts for one minion, and what is wrong with it. */
export async function compileTop(
  host: PillarHost,
  request: PillarRequest,
): Promise<{ top: Top; errors: readonly string[] }> {
  return await new Compilation(host, request).top()
}

class Compilation {
  readonly #host: PillarHost
  readonly #request: PillarRequest
  readonly #settings: PillarSettings
  readonly #secrets = new SecretTexts()
  readonly #decrypted: string[] = []
  readonly #log: Log
  readonly #errors: string[] = []
  readonly #decryptor: { decrypt(value: Value): Promise<Value> }

  constructor(host: PillarHost, request: PillarRequest) {
    this.#host = host
    this.#request = request
    this.#settings = pillarSettings(host.config)
    this.#log = hidingLog(host.log, this.#secrets)
    this.#decryptor = { decrypt: (value) => this.#decrypt(value) }
  }

  async compile(): Promise<CompiledPillar> {
    const { override = {}, ext } = this.#request
    const { sourcesFirst, sources } = this.#settings
    const environments = pillarEnvironments(this.#settings, this.#request)
    const all = [...sources, ...this.#onDemand(ext)]
    let data: Value = fromPlain(override)
    if (sourcesFirst) {
      const given = await this.#askSources(all, data)
      const own = await this.#fromFiles(environments, given)
      data = this.#merge(given, own)
    } else {
      data = this.#merge(data, await this.#fromFiles(environments, new Dict()))
      data = await this.#askSources(all, data)
    }
    return await this.#complete(data, override)
  }

  async top(): Promise<{ top: Top; errors: readonly string[] }> {
    const run = await this.#run(pillarEnvironments(this.#settings, this.#request), new Dict())
    return { top: await readTop(run), errors: run.errors }
  }

  async #complete(data: Value, override: Readonly<Record<string, unknown>>): Promise<CompiledPillar> {
    const { config } = this.#host
    let all = data instanceof Dict ? data : new Dict()
    if (this.#settings.givesOptions) all.set('master', fromPlain(optionsOf(config)))
    const merged = Object.keys(override).length > 0 ? this.#merge(all, fromPlain(override)) : all
    all = merged instanceof Dict ? merged : all
    const fail = (message: string): void => this.#fail(message)
    await decryptKeys({ data: all, config, decrypt: (value) => this.#decrypt(value), fail })
    if (this.#errors.length > 0) all.set('_errors', [...this.#errors])
    const pillar = toPlain(all)
    return { pillar: isRecord(pillar) ? pillar : {}, secrets: this.#secretsIn(all) }
  }

  async #fromFiles(environments: PillarEnvironments, before: Value): Promise<Value> {
    return await this.#rendered(await this.#run(environments, before))
  }

  async #rendered(run: PillarRun): Promise<Value> {
    const data = await renderMatches(run, matchTop(run, await readTop(run)))
    this.#errors.push(...run.errors)
    return data
  }

  async #run(environments: PillarEnvironments, before: Value): Promise<PillarRun> {
    const { id, grains } = this.#request
    const ctx = await this.#context(before)
    return new PillarRun({
      id,
      grains,
      pillar: ctx.pillar,
      settings: this.#settings,
      environments,
      world: new TemplateWorld(withFiles(ctx, environments.files)),
      secrets: this.#secrets,
      plainFiles: this.#plainFiles(),
      log: this.#log,
    })
  }

  /** Options may give tags of templates another form, and another renderer reads files in another way. */
  #plainFiles(): PlainFiles | undefined {
    const { config, memory } = this.#host
    if (!isUsualSyntax(config.get('jinja_sls_env'))) return undefined
    const key = `plain files ${this.#settings.renderer}`
    const known = memory.get(key)
    if (known instanceof PlainFiles) return known
    const files = new PlainFiles()
    memory.set(key, files)
    return files
  }

  async #context(pillar: Value): Promise<FunctionContext> {
    const { id, grains } = this.#request
    const plain = toPlain(pillar)
    return await this.#host.contextFor({
      id,
      grains,
      pillar: isRecord(plain) ? plain : {},
      log: this.#log,
      services: { gpg: this.#decryptor },
    })
  }

  async #askSources(sources: SourceRun['sources'], before: Value): Promise<Value> {
    if (sources.length === 0) return before
    return await askSources({
      sources,
      before,
      settings: this.#settings,
      question: this.#request,
      id: this.#request.id,
      log: this.#log,
      memory: this.#host.memory,
      contextFor: (data) => this.#context(data),
      merge: (left, right) => this.#merge(left, right),
      fail: (message) => this.#fail(message),
      compileRoots: async ({ files, environments: names, pillarenv }) => {
        const saltenv = this.#request.saltenv ?? 'base'
        const run = await this.#run({ files, names, pillarenv, saltenv }, new Dict())
        return await this.#rendered(run)
      },
    })
  }

  #onDemand(ext: PillarQuestion['ext']): SourceRun['sources'] {
    if (ext === undefined) return []
    const refused = Object.keys(ext).find((name) => !this.#settings.onDemand.includes(name))
    if (refused === undefined) return [ext]
    this.#fail(`The source '${refused}' may not be asked on demand: on_demand_ext_pillar does not name it`)
    return []
  }

  #merge(left: Value, right: Value): Value {
    return mergePillar(this.#settings, left, right)
  }

  #fail(message: string): void {
    const shown = this.#secrets.hide(message)
    this.#errors.push(shown)
    this.#log.error('pillar cannot be made as it is written', { id: this.#request.id, reason: shown })
  }

  async #decrypt(value: Value): Promise<Value> {
    const { config, decrypted: known } = this.#host
    const ctx = await this.#context(new Dict())
    const decryptor = gpgOf(config, this.#log, (argv, options) => ctx.exec(argv, options), {
      known,
      secrets: { add: (texts) => this.#note(texts) },
    })
    return await decryptor.decrypt(value)
  }

  #note(texts: Iterable<string>): void {
    const all = [...texts]
    this.#decrypted.push(...all)
    this.#secrets.add(all)
  }

  /** What was decrypted, and the values that were read from a whole file which was. */
  #secretsIn(data: Value): readonly string[] {
    if (this.#decrypted.length === 0) return []
    const files = this.#decrypted.filter((text) => text.includes('\n'))
    const parts = leafTexts(data).filter((leaf) => files.some((text) => text.includes(leaf)))
    return [...new Set([...this.#decrypted, ...parts])]
  }
}

async function renderMatches(run: PillarRun, matches: ReadonlyMap<string, readonly string[]>): Promise<Value> {
  let data: Value = new Dict()
  for (const [saltenv, patterns] of matches) {
    const tree = new SlsTree(run, saltenv)
    for (const pattern of patterns) {
      const names = await run.files.matching(saltenv, pattern)
      for (const name of names.length > 0 ? names : [pattern]) {
        const value = await tree.render(name)
        if (value instanceof Dict) data = run.merge(data, value)
      }
    }
  }
  return data
}

function optionsOf(config: ConfigView): Readonly<Record<string, unknown>> {
  const { grains: _grains, ...options } = config.all
  return options
}
