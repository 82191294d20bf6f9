/** What one SLS file declares, brought into the one form of high data: `include`, `extend` and `exclude` taken out of it. */
import { Dict } from '../render/values/dict.ts'
import type { Value } from '../render/values/kinds.ts'
import { str } from '../render/values/print.ts'
import { argument, firstEntry, isMapping } from './high-data.ts'

export interface Declarations {
  /** Id → body; what could not be understood stays as it is. */
  readonly high: Dict
  readonly include: readonly Value[]
  readonly extend: readonly Dict[]
  readonly exclude: readonly Value[]
}

export interface DeclarationSource {
  readonly sls: string
  readonly saltenv: string
  /** A sentence of Salt's, and the keys that lead to what it is about. */
  report(sentence: string, ...path: readonly string[]): void
}

/** @param rendered Is left as it is. */
export function readDeclarations(rendered: ReadonlyMap<Value, Value>, source: DeclarationSource): Declarations {
  const rest = new Dict(rendered)
  const include = takeInclude(rest, source)
  const extend = takeExtend(rest, source)
  const exclude = takeExclude(rest, source)
  const high = new Dict()
  for (const [id, declared] of rest) high.set(id, readBody(id, declared, source))
  return { high, include, extend, exclude }
}

function takeInclude(rest: Dict, { sls, report }: DeclarationSource): readonly Value[] {
  const include = rest.get('include')
  if (include === undefined) return []
  rest.delete('include')
  if (Array.isArray(include)) return include
  report(`Include Declaration in SLS ${sls} is not formed as a list`, 'include')
  return []
}

function takeExclude(rest: Dict, { sls, report }: DeclarationSource): readonly Value[] {
  const exclude = rest.get('exclude')
  if (exclude === undefined) return []
  rest.delete('exclude')
  if (Array.isArray(exclude)) return exclude
  report(`Exclude Declaration in SLS ${sls} is not formed as a list`, 'exclude')
  return []
}

function takeExtend(rest: Dict, source: DeclarationSource): readonly Dict[] {
  const extend = rest.get('extend')
  if (extend === undefined) return []
  rest.delete('extend')
  if (!isMapping(extend)) {
    source.report(`Extension value in SLS '${source.sls}' is not a dictionary`, 'extend')
    return []
  }
  const bodies = new Dict()
  for (const [id, body] of extend) {
    if (isMapping(body)) bodies.set(id, splitFunctions(id, body, source, false))
    else source.report(`Extension name '${str(id)}' in SLS '${source.sls}' is not a dictionary`, 'extend', str(id))
  }
  return [bodies]
}

function readBody(id: Value, declared: Value, source: DeclarationSource): Value {
  const { sls, saltenv, report } = source
  if (isMapping(declared)) return splitFunctions(id, declared, source, true)
  const [state, fun] = typeof declared === 'string' ? declared.split('.') : []
  if (state !== undefined && fun !== undefined) {
    return new Dict([
      ['__sls__', sls],
      ['__env__', saltenv],
      [state, [fun]],
    ])
  }
  if (typeof id !== 'string' || !id.startsWith('__')) report(`ID ${str(id)} in SLS ${sls} is not a dictionary`, str(id))
  return declared
}

/** `file.managed: […]` becomes `file: […, managed]`. Lists are copied: an alias in YAML lets several ids share one. */
function splitFunctions(id: Value, body: Map<Value, Value>, source: DeclarationSource, isUnique: boolean): Dict {
  const { sls, saltenv, report } = source
  const known = new Set<string>()
  const split = new Dict()
  const late: [string, Value[]][] = []
  for (const [key, args] of body) {
    if (typeof key !== 'string' || key.startsWith('_') || !Array.isArray(args)) {
      split.set(key, args)
      continue
    }
    const [state = '', fun] = key.split('.')
    if (isUnique && known.has(state)) {
      const sentence = `ID '${str(id)}' in SLS '${sls}' contains multiple state declarations of the same type`
      report(sentence, str(id), key)
      continue
    }
    known.add(state)
    if (fun === undefined) split.set(key, [...args])
    else late.push([state, [...args, fun]])
  }
  for (const [state, args] of late) split.set(state, args)
  if (!split.has('__sls__')) split.set('__sls__', sls)
  if (!split.has('__env__')) split.set('__env__', saltenv)
  return split
}

/** In one piece: what is extended and excluded stands under names of its own. */
export function declaredStates({ high, extend, exclude }: Declarations): Dict {
  if (extend.length > 0) high.set('__extend__', [...extend])
  if (exclude.length > 0) high.set('__exclude__', [...exclude])
  return high
}

/** Gives every state that has no `order` the next number. */
export function numberStates(high: ReadonlyMap<Value, Value>, next: () => number): void {
  for (const body of high.values()) {
    if (!isMapping(body)) continue
    for (const [state, args] of body) {
      if (typeof state !== 'string' || state.startsWith('_') || !Array.isArray(args)) continue
      if (!args.some((arg) => isMapping(arg) && firstEntry(arg)?.[0] === 'order')) args.push(argument('order', next()))
    }
  }
}
