import { createFunctionContext } from '../../src/engine/functions/context.ts'
import type { FunctionContext } from '../../src/engine/plugin.ts'
import { compileStates } from '../../src/engine/state/compile.ts'
import type { CompiledStates, CompileRequest } from '../../src/engine/state/compiled.ts'
import { ConfigFolder } from './config-folder.ts'
import { FunctionHost } from './function-host.ts'

export interface CompileHostOptions {
  /** Environment → path below its root → text. */
  readonly environments: Readonly<Record<string, Readonly<Record<string, string>>>>
  readonly grains?: Readonly<Record<string, unknown>>
  readonly pillar?: Readonly<Record<string, unknown>>
  readonly config?: Readonly<Record<string, unknown>>
}

/** SLS files in a folder of their own, and a minion without a master that compiles them. */
export class CompileHost implements Disposable {
  readonly folder: ConfigFolder
  readonly functions: FunctionHost

  constructor({ environments, grains = {}, pillar = {}, config = {} }: CompileHostOptions) {
    const files = Object.entries(environments).flatMap(([saltenv, texts]) =>
      Object.entries(texts).map(([path, text]) => [`srv/${saltenv}/${path}`, text] as const),
    )
    this.folder = new ConfigFolder(Object.fromEntries(files))
    const roots = Object.keys(environments).map((saltenv) => [saltenv, [this.folder.file(`srv/${saltenv}`)]] as const)
    this.functions = new FunctionHost({
      grains: { id: 'alpha', ...grains },
      pillar,
      config: {
        id: 'alpha',
        cachedir: this.folder.file('cache'),
        file_roots: Object.fromEntries(roots),
        ...config,
      },
    })
  }

  get context(): FunctionContext {
    return createFunctionContext(this.functions.inputs).context
  }

  compile(request: CompileRequest): Promise<CompiledStates> {
    return compileStates(this.context, request)
  }

  [Symbol.dispose](): void {
    this.folder[Symbol.dispose]()
  }
}
