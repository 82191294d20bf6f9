/** All SLS files of an environment: rendered, compiled and held against the descriptions of the states, one after the other. */
import { SaltError } from '../../../base/errors.ts'
import { leftOutGrains } from '../../compat/substitutes.ts'
import { isReactionFile, pillarFolders } from '../../compat/tree-kinds.ts'
import type { FunctionContext } from '../../plugin.ts'
import { RenderError } from '../../render/render-error.ts'
import type { RenderedPlace, RenderedSls } from '../../render/render-sls.ts'
import { TemplateWorld } from '../../render/template-world.ts'
import { ChunkIndex } from '../compile/chunk-index.ts'
import { compileHigh } from '../compile/compile-high.ts'
import { type DeclaredFile, StateGatherer } from '../compile/gather.ts'
import { isMapping } from '../compile/high-data.ts'
import { lowChunks } from '../compile/low-data.ts'
import { type FaultKind, renderFault, type StateFault } from '../compile/state-fault.ts'
import type { SlsFile, StateFiles } from '../compile/state-files.ts'
import type { LowChunk } from '../low-chunk.ts'
import { missingStates, type NamedState } from './check-requisites.ts'
import { checkStates } from './check-states.ts'
import { checkTop } from './check-top.ts'
import { compareFindings, type Finding, type FindingCode, type Severity } from './finding.ts'
import { refusalIn } from './harmless-functions.ts'
import { IncludeCircles } from './include-circles.ts'

export interface LintRequest {
  readonly saltenv: string
  /** SLS files to look at; all where it is left out. Paths below the file roots. */
  readonly paths?: readonly string[]
  /** Whether the pillar is known: without it, what is not defined may well be in it. */
  readonly hasPillar: boolean
  /** Told of each file before it is looked at. */
  onFile?(path: string, index: number, count: number): void
}

export interface LintResult {
  /** In the order of the files. */
  readonly findings: readonly Finding[]
  /** How many files were looked at. */
  readonly files: number
}

const codes: Readonly<Record<FaultKind, FindingCode>> = {
  cycle: 'cycle',
  environment: 'bad-top',
  extend: 'unknown-id',
  form: 'bad-form',
  'id-conflict': 'id-conflict',
  include: 'bad-include',
  pillar: 'render-failed',
  render: 'render-failed',
  requisite: 'bad-form',
  'requisite-missing': 'unknown-id',
  'sls-missing': 'sls-missing',
  top: 'bad-top',
}

/** @param ctx Its functions are called by templates: they should be harmless. */
export async function lintTree(ctx: FunctionContext, request: LintRequest): Promise<LintResult> {
  return await new TreeLint(ctx, request).run()
}

/** What can be said of a file only with all that it includes. */
interface Together {
  readonly chunks: ReadonlyMap<string | undefined, readonly LowChunk[]>
  /** Undefined where a file is missing or could not be rendered. */
  readonly index: ChunkIndex | undefined
}

class TreeLint {
  readonly #ctx: FunctionContext
  readonly #request: LintRequest
  readonly #world: TemplateWorld
  readonly #kept = new Map<string, Promise<RenderedSls>>()
  /** Files that were rendered, by name. */
  readonly #declared = new Map<string, DeclaredFile>()
  /** By what it says and where: a file is looked at again wherever it is included. */
  readonly #findings = new Map<string, Finding>()
  /** What requisites name and the files that go with it do not have: others may. */
  readonly #missing: { readonly file: DeclaredFile; readonly named: NamedState }[] = []
  /** All states of the tree. */
  readonly #chunks: LowChunk[] = []
  #own: ReadonlySet<string> = new Set()
  readonly #circles = new IncludeCircles<Together>()

  constructor(ctx: FunctionContext, request: LintRequest) {
    this.#ctx = ctx
    this.#request = request
    this.#world = new TemplateWorld(ctx, { readsHost: false })
  }

  async run(): Promise<LintResult> {
    const { saltenv, paths, onFile } = this.#request
    const { files } = await this.#world.texts.names(saltenv)
    this.#own = ownStates(files)
    const wanted = paths ?? this.#wanted(files)
    for (const [index, path] of wanted.entries()) {
      onFile?.(path, index, wanted.length)
      this.#ctx.signal.throwIfAborted()
      await (path === 'top.sls' ? this.#lintTop(path) : this.#lintFile(path))
    }
    this.#addMissing()
    return { findings: [...this.#findings.values()].sort(compareFindings), files: wanted.length }
  }

  /** All that may have states. */
  #wanted(files: readonly string[]): readonly string[] {
    const shown = files.filter((path) => path.endsWith('.sls') && !isHidden(path))
    const pillars = pillarFolders(shown)
    for (const folder of pillars) {
      const place = { file: folder.slice(0, -1), line: 1, column: 1 }
      this.#add('note', 'not-states', 'This is a pillar, which has no states', place)
    }
    return shown.filter((path) => !pillars.some((folder) => path.startsWith(folder)))
  }

  #gatherer(): StateGatherer {
    const onDeclared = (file: DeclaredFile): void => {
      this.#declared.set(file.sls, file)
    }
    const onInclude = (from: string, to: string): void => this.#circles.addInclude(from, to)
    return new StateGatherer(this.#ctx, { world: this.#world, kept: this.#kept, onDeclared, onInclude })
  }

  /** A file that cannot be read is a finding. */
  async #read(
    sls: string,
    read: (files: StateFiles) => Promise<SlsFile | undefined>,
  ): Promise<SlsFile | 'unreadable' | undefined> {
    try {
      return await read(this.#gatherer().files)
    } catch (error) {
      if (!(error instanceof SaltError)) throw error
      this.#addFault(renderFault(this.#request.saltenv, sls, error, []))
      return 'unreadable'
    }
  }

  async #lintTop(path: string): Promise<void> {
    const { saltenv } = this.#request
    const gatherer = this.#gatherer()
    const file = await this.#read('top', (files) => files.file(saltenv, path))
    if (file === undefined || file === 'unreadable') return
    let rendered: RenderedSls
    try {
      rendered = await gatherer.render(file, saltenv, '')
    } catch (error) {
      this.#addFault(renderFault(saltenv, 'top', error, []))
      return
    }
    await checkTop(rendered, {
      files: gatherer.files,
      nodegroups: this.#ctx.config.get('nodegroups'),
      report: (severity, code, message, at) => this.#add(severity, code, message, rendered.placeOf(at)),
    })
  }

  async #lintFile(path: string): Promise<void> {
    const { saltenv } = this.#request
    const sls = slsName(path)
    const found = await this.#read(sls, (files) => files.find(saltenv, sls))
    if (found === 'unreadable') return
    if (found?.path !== path) {
      const why = found === undefined ? 'there is a dot in its path' : `${found.path} comes first`
      this.#add('warning', 'sls-missing', `No name means this file: ${why}`, { file: path, line: 1, column: 1 })
      return
    }
    if (isReactionFile(found.text)) {
      const message = 'The reactor reads this file, which has no states; salt compat looks at it'
      this.#add('note', 'not-states', message, { file: path, line: 1, column: 1 })
      return
    }
    const together = this.#circles.together(sls) ?? (await this.#compile(sls))
    const file = this.#declared.get(sls)
    if (file === undefined) return
    await checkStates(file, {
      states: this.#ctx.states,
      own: this.#own,
      report: (severity, code, message, at) => this.#add(severity, code, message, file.rendered.placeOf(at)),
    })
    this.#lintTogether(file, together)
  }

  /** A file with all that it includes. */
  async #compile(sls: string): Promise<Together> {
    const gathered = await this.#gatherer().gather(new Map([[this.#request.saltenv, [sls]]]))
    for (const fault of gathered.faults) this.#addFault(fault)
    const isWhole = gathered.faults.every(({ kind }) => kind !== 'render' && kind !== 'sls-missing')
    // What is no state at all has been told already.
    for (const [id, body] of gathered.high) {
      if (!isMapping(body) && !String(id).startsWith('__')) gathered.high.delete(id)
    }
    const compiled = compileHigh(this.#ctx, gathered)
    for (const fault of compiled.faults) {
      // What requisites name is looked at one by one, with places of their own.
      if (fault.kind === 'requisite-missing' || (fault.kind === 'extend' && !isWhole)) continue
      this.#addFault(fault)
    }
    const chunks = lowChunks(gathered.high, gathered.places)
    const together = {
      chunks: Map.groupBy(chunks, (chunk) => chunk.sls),
      index: isWhole ? new ChunkIndex(chunks) : undefined,
    }
    this.#circles.keep(sls, together)
    return together
  }

  #lintTogether(file: DeclaredFile, { chunks, index }: Together): void {
    this.#chunks.push(...(chunks.get(file.sls) ?? []))
    if (index === undefined) return
    for (const named of missingStates(file, index)) this.#missing.push({ file, named })
  }

  /** Another file that is applied at the same time may have it, as long as some file of the tree has. */
  #addMissing(): void {
    const index = new ChunkIndex(this.#chunks)
    for (const { file, named } of this.#missing) {
      const { word, state, id, path } = named
      const what = state === undefined ? `'${id}'` : `'${state}: ${id}'`
      const [other] = index.chunks(named)
      const isAll = this.#request.paths === undefined
      const message =
        other === undefined
          ? `${word} names ${what}, which ${isAll ? 'no file has' : 'neither this file nor one that it includes has'}`
          : `${word} names ${what}, which ${other.sls ?? ''} has, and that is not included here`
      const severity = other === undefined && isAll ? 'error' : 'warning'
      this.#add(severity, 'unknown-id', message, file.rendered.placeOf(path))
    }
  }

  #addFault({ kind, sentence, brief, place, cause }: StateFault): void {
    const hint = cause instanceof SaltError && cause.hint !== undefined ? `. ${cause.hint}` : ''
    const message = ((brief ?? sentence) + hint).trim().replaceAll(/\s*\n\s*/g, ' ')
    const refusal = kind === 'render' ? refusalIn(cause) : undefined
    if (refusal !== undefined) this.#add('note', 'not-rendered', asProgram.test(refusal) ? program : refusal, place)
    else if (kind === 'render' && isUndefined(cause)) this.#addUndefined(cause.reason, message, place)
    else this.#add('error', codes[kind], message, place)
  }

  /** What a template has no value for: may be that the pillar has it, which is not always at hand here. */
  #addUndefined(reason: string, message: string, place: RenderedPlace | undefined): void {
    const [, method] = /'dict object' has no attribute '(iteritems|iterkeys|itervalues|has_key)'/.exec(reason) ?? []
    if (method !== undefined) {
      const instead = method === 'has_key' ? 'KEY in …' : `.${method.slice('iter'.length)}()`
      this.#add('error', codes.render, `${message} (it was one of Python 2: write ${instead})`, place)
      return
    }
    const [, grain = ''] = /^'dict object' has no attribute '(\w+)'$/.exec(reason) ?? []
    const isFunction = /'salt\.(?:utils|loader)\.[\w.]+ object'/.test(reason)
    const advice = isFunction
      ? 'no such function is here'
      : Object.hasOwn(leftOutGrains, grain)
        ? `this grain is not here: ${leftOutGrains[grain]}`
        : 'is it in the pillar? --pillar FILE has it'
    if (this.#request.hasPillar) this.#add('error', codes.render, message, place)
    else this.#add('warning', 'not-rendered', `${message} (${advice})`, place)
  }

  #add(severity: Severity, code: FindingCode, message: string, place: RenderedPlace | undefined): void {
    const { file, line, column } = place ?? { file: '', line: 1, column: 1 }
    const finding: Finding = { file, line, column, severity, code, message }
    this.#findings.set(`${file}\0${line}\0${column}\0${code}\0${message}`, finding)
  }
}

/** Of all renderers only that of programs is forbidden while files are checked. */
const asProgram = /^The renderer \w+ is forbidden/
const program = 'the file is a program, which is not run here (--scripts runs it)'

function isUndefined(cause: unknown): cause is RenderError {
  return cause instanceof RenderError && cause.type === 'UndefinedError'
}

/** Families of states that the tree brings: `_states/NAME.ts`, or a program of that name. */
function ownStates(files: readonly string[]): ReadonlySet<string> {
  return new Set(files.flatMap((path) => /^_states\/([^/.]+)/.exec(path)?.[1] ?? []))
}

/** Folders of plugins, and what editors and version control leave. */
function isHidden(path: string): boolean {
  return path.split('/').some((part) => part.startsWith('.') || part.startsWith('_'))
}

function slsName(path: string): string {
  return path.replace(/(?:\/init)?\.sls$/, '').replaceAll('/', '.')
}
