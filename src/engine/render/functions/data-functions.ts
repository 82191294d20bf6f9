/**
 * Functions that work on the values of templates themselves, and may change them in place: what Salt's modules `defaults`,
 * `slsutil`, `pillar`, `grains` and `config` do with data alone.
 */

import { matchGlob } from '../../target/glob.ts'
import { traverse } from '../filters/traverse.ts'
import { expectText } from '../values/arguments.ts'
import { Dict } from '../values/dict.ts'
import { isTrue, toList } from '../values/iterate.ts'
import type { Eventual, Kwargs, Value } from '../values/kinds.ts'
import { Undefined } from '../values/kinds.ts'
import { deepCopy } from '../values/plain.ts'
import { repr, str } from '../values/print.ts'
import { PyError } from '../values/py-error.ts'
import { Signature } from '../values/signature.ts'
import { joinLists, mergeDicts, updateDict } from './dict-update.ts'

/** What the functions look into. */
export interface FunctionData {
  readonly opts: ReadonlyMap<Value, Value>
  readonly grains: ReadonlyMap<Value, Value>
  readonly pillar: ReadonlyMap<Value, Value>
}

export type DataFunction = (data: FunctionData, args: readonly Value[], kwargs: Kwargs) => Eventual
type Body = (data: FunctionData, ...bound: readonly Value[]) => Value

function row(name: string, parameters: string, body: Body): readonly [string, DataFunction] {
  const signature = new Signature(name.slice(name.indexOf('.') + 1), parameters)
  return [name, (data, args, kwargs) => body(data, ...signature.bind(args, kwargs))]
}

function pillarGet(
  data: FunctionData,
  key: Value,
  fallback: Value,
  merge: Value,
  joinsLists: Value,
  delimiter: Value,
): Value {
  const isRequired = fallback === noDefault && data.opts.get('pillar_raise_on_missing') === true
  const otherwise = fallback === noDefault ? '' : fallback
  const found = traverse(data.pillar, key, expectText(delimiter))
  if (found === undefined && isRequired) throw new PyError('KeyError', repr(`Pillar key not found: ${str(key)}`))
  if (isTrue(merge)) {
    const joins = isTrue(joinsLists ?? data.opts.get('pillar_merge_lists') ?? false)
    const [mapping, list] = found === undefined ? [new Dict(), []] : [found, found]
    if (otherwise instanceof Map && mapping instanceof Map) return updateDict(deepCopy(otherwise), mapping, true, joins)
    if (Array.isArray(otherwise) && Array.isArray(list)) return joinLists(otherwise, list)
  }
  // A value that is null is there.
  return found === undefined ? otherwise : found
}

/** Stands for a default that was not given. */
const noDefault = new Undefined('no default')

function configGet(
  data: FunctionData,
  key: Value,
  fallback: Value,
  delimiter: Value,
  merge: Value,
  ...omitted: Value[]
): Value {
  const master = data.pillar.get('master')
  const sources = [data.opts, data.grains, data.pillar, master instanceof Map ? master : new Dict()]
  const [opts, pillar, masterOpts, grains] = omitted.map(isTrue)
  const isOmitted = [opts, grains, pillar, masterOpts]
  const used = sources.filter((_, index) => isOmitted[index] !== true)
  if (merge === null) {
    for (const source of used) {
      const found = traverse(source, key, expectText(delimiter))
      if (found !== undefined) return found
    }
    return fallback
  }
  // Salt leaves nothing out here, and knows just these two strategies.
  const strategy = merge === 'overwrite' ? merge : 'recurse'
  let all: Value = new Dict()
  for (const source of sources.toReversed()) all = mergeDicts(all, deepCopy(source), strategy, false)
  const merged = traverse(all, key, expectText(delimiter))
  return merged === undefined ? fallback : merged
}

/** The entry whose key matches the grain as a glob, over a base and under what is merged into it. */
function filterBy(
  data: ReadonlyMap<Value, Value>,
  table: Value,
  name: Value,
  merge: Value,
  fallback: Value,
  base: Value,
): Value {
  if (table instanceof Undefined) return table.fail()
  if (!(table instanceof Map)) throw new PyError('TypeError', 'filter_by needs a dictionary')
  const value = traverse(data, name, ':') ?? []
  const names = (Array.isArray(value) ? value : [value]).map(str)
  const key = names
    .map((one) => [...table.keys()].find((candidate) => matchGlob(str(candidate), one)))
    .find((found) => found !== undefined && table.get(found) !== null)
  let result: Value = (key === undefined ? table.get(fallback) : table.get(key)) ?? null
  if (isTrue(base) && table.has(base)) result = overBase(table.get(base), result)
  if (!isTrue(merge)) return result
  if (!(merge instanceof Map)) throw new PyError('SaltException', 'filter_by merge argument must be a dictionary.')
  return result === null ? merge : updateDict(result, deepCopy(merge))
}

function overBase(base: Value, result: Value): Value {
  if (result === null) return base
  if (!(base instanceof Map)) return result
  if (!(result instanceof Map)) {
    throw new PyError('SaltException', 'filter_by default and look-up values must both be dictionaries.')
  }
  return updateDict(deepCopy(base), result)
}

function orEmpty(value: Value, convertsNone: Value): Value {
  return value === null && isTrue(convertsNone) ? new Dict() : value
}

function mergeDefaults(target: Value, source: Value, joinsLists: Value, inPlace: Value, convertsNone: Value): Value {
  const dest = orEmpty(target, convertsNone)
  return updateDict(isTrue(inPlace) ? dest : deepCopy(dest), orEmpty(source, convertsNone), true, isTrue(joinsLists))
}

function updateDefaults(target: Value, defaults: Value, joinsLists: Value, inPlace: Value, convertsNone: Value): Value {
  const dest = orEmpty(target, convertsNone)
  const nodes = isTrue(inPlace) ? dest : deepCopy(dest)
  if (nodes instanceof Undefined) return nodes.fail()
  if (!(nodes instanceof Map)) throw new PyError('AttributeError', 'defaults.update needs a dictionary')
  for (const [name, values] of [...nodes]) {
    nodes.set(name, mergeDefaults(deepCopy(orEmpty(defaults, convertsNone)), values, joinsLists, true, convertsNone))
  }
  return nodes
}

const mergeParameters = "obj_a, obj_b, strategy='smart', renderer='yaml', merge_lists=False"
const filterParameters = "lookup_dict, grain='os_family', merge=None, default='default', base=None"

export const dataFunctions: ReadonlyMap<string, DataFunction> = new Map([
  row(
    'pillar.get',
    "key, default='\u0000', merge=False, merge_nested_lists=None, delimiter=':', pillarenv=None, saltenv=None",
    (data, key, fallback, merge, joinsLists, delimiter) =>
      pillarGet(data, key, fallback === '\u0000' ? noDefault : fallback, merge, joinsLists, delimiter),
  ),
  row('grains.get', "key, default='', delimiter=':', ordered=True", (data, key, fallback, delimiter) => {
    const found = traverse(data.grains, key, expectText(delimiter))
    return found === undefined ? fallback : found
  }),
  row('grains.has_value', 'key', (data, key) => traverse(data.grains, key, ':') !== undefined),
  row('grains.filter_by', filterParameters, (data, table, grain, merge, fallback, base) =>
    filterBy(data.grains, table, grain, merge, fallback, base),
  ),
  row(
    'pillar.filter_by',
    filterParameters.replace("grain='os_family'", "pillar='role'"),
    (data, table, name, merge, fallback, base) => filterBy(data.pillar, table, name, merge, fallback, base),
  ),
  row(
    'config.get',
    "key, default='', delimiter=':', merge=None, omit_opts=False, omit_pillar=False, omit_master=False, omit_grains=False",
    (data, key, fallback, delimiter, merge, ...omitted) => configGet(data, key, fallback, delimiter, merge, ...omitted),
  ),
  row('defaults.deepcopy', 'source', (_data, source) => deepCopy(source)),
  row(
    'defaults.merge',
    'dest, src, merge_lists=False, in_place=True, convert_none=True',
    (_data, dest, source, joinsLists, inPlace, convertsNone) =>
      mergeDefaults(dest, source, joinsLists, inPlace, convertsNone),
  ),
  row(
    'defaults.update',
    'dest, defaults, merge_lists=True, in_place=True, convert_none=True',
    (_data, dest, defaults, joinsLists, inPlace, convertsNone) =>
      updateDefaults(dest, defaults, joinsLists, inPlace, convertsNone),
  ),
  row(
    'slsutil.update',
    'dest, upd, recursive_update=True, merge_lists=False',
    (_data, dest, update, isRecursive, joinsLists) => updateDict(dest, update, isTrue(isRecursive), isTrue(joinsLists)),
  ),
  row('slsutil.merge', mergeParameters, (_data, left, right, strategy, _renderer, joinsLists) =>
    mergeDicts(left, right, strategy, isTrue(joinsLists)),
  ),
  row(
    'slsutil.merge_all',
    "lst, strategy='smart', renderer='yaml', merge_lists=False",
    (_data, list, strategy, _renderer, joinsLists) =>
      toList(list).reduce((all: Value, one) => mergeDicts(all, one, strategy, isTrue(joinsLists)), new Dict()),
  ),
  row('slsutil.boolstr', "value, true='true', false='false'", (_data, value, yes, no) => (isTrue(value) ? yes : no)),
])
