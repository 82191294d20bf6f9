/** One call of a state function: what the compiler makes of SLS files, and what a run goes through. */

/** Where something stands: a path below the file roots, and a line from 1 on. */
export interface SourcePlace {
  readonly file: string
  readonly line: number
}

/** Salt's names of the bonds between states, without those that stand at the other end (`require_in`), which the compiler turns around. */
export const requisiteKinds = [
  'require',
  'require_any',
  'watch',
  'watch_any',
  'prereq',
  'onchanges',
  'onchanges_any',
  'onfail',
  'onfail_any',
  'onfail_all',
  'listen',
] as const
export type RequisiteKind = (typeof requisiteKinds)[number]

/** A bond as written: `{state: 'pkg', id: 'nginx'}`; `sls` for all of a file; an id alone has no state. */
export interface Requisite {
  readonly kind: RequisiteKind
  /** `undefined` where only the id was given. */
  readonly state: string | undefined
  /** Id or name; may have wildcards. */
  readonly id: string
}

/** Keys of a chunk that the engine itself understands, of every state: they are no arguments. */
export const globalOptions = [
  'unless',
  'onlyif',
  'creates',
  'check_cmd',
  'failhard',
  'retry',
  'parallel',
  'fire_event',
  'reload_modules',
  'force_reload_modules',
  'reload_grains',
  'reload_pillar',
  'aggregate',
  'runas',
  'runas_password',
  'umask',
  'timeout',
  'success_retcodes',
  'success_stdout',
  'success_stderr',
  'cwd',
  'root',
  'shell',
  'prepend_path',
  'cmd_opts_exclude',
  'test',
  'saltenv',
  'onfail_stop',
  'ignore_missing',
  'sensitive',
] as const

export interface LowChunk {
  /** `file` */
  readonly state: string
  /** `managed` */
  readonly fun: string
  /** Id in the SLS file. */
  readonly id: string
  /** What it is about, where no other name is given the id. */
  readonly name: string
  /** `web.nginx`; undefined for what comes from no file. */
  readonly sls: string | undefined
  readonly env: string
  readonly order: number
  readonly requisites: readonly Requisite[]
  /** Everything else that was written: arguments of the function and global options, in their order. */
  readonly args: Readonly<Record<string, unknown>>
  readonly place?: SourcePlace
  /** The function whose watch it calls, where `fun` is `mod_watch`: a state that listened. */
  readonly sfun?: string
}

/** Salt's name of a chunk in the results of a run. */
export function chunkTag({ state, id, name, fun }: Pick<LowChunk, 'state' | 'id' | 'name' | 'fun'>): string {
  return `${state}_|-${id}_|-${name}_|-${fun}`
}
