/** YAML text to values of templates and states: dictionaries with keys of every kind, tuples and sets. */
import type { YamlModel } from '../../../base/yaml-construct.ts'
import { YamlFault, yamlPosition } from '../../../base/yaml-fault.ts'
import { readYaml } from '../../../base/yaml-read.ts'
import { Dict, PySet } from '../values/dict.ts'
import { Tuple, type Value } from '../values/kinds.ts'
import { str } from '../values/print.ts'
import { type DataProblem, PyError } from '../values/py-error.ts'
import { YamlPlaces } from './yaml-places.ts'

const valueModel: YamlModel<Dict, PySet> = {
  mapping: () => new Dict(),
  set: () => new PySet(),
  pair: (key, value) => new Tuple([key, value]),
  key: (value) => value,
  hasKey: (mapping, key) => mapping.has(key),
  setKey: (mapping, key, value) => mapping.set(key, value),
  addMember: (set, key) => set.add(key),
  keyText: str,
}

/** What PyYAML says about a text, and where. */
export interface YamlProblem extends DataProblem {
  /** What was being read, and where that began. */
  readonly context: string | undefined
  readonly contextLine: number | undefined
  readonly contextColumn: number | undefined
}

/** Bad YAML: an exception under PyYAML's name for it, with the place in the text. */
export class YamlError extends PyError {
  override readonly problem: YamlProblem

  constructor(text: string, fault: YamlFault) {
    const problem = problemOf(text, fault)
    super(problem.type, problem.message, { problem, cause: fault })
    this.problem = problem
  }
}

/** The value of a YAML text; null for an empty one. Throws `YamlError`. */
export function loadYaml(text: string): Value {
  return loadPlacedYaml(text).value
}

export interface PlacedYaml {
  readonly value: Value
  readonly places: YamlPlaces
}

/** As `loadYaml`, for those who want to know where things stand. */
export function loadPlacedYaml(text: string): PlacedYaml {
  const source = text.startsWith('\ufeff') ? text.slice(1) : text
  try {
    const read = readYaml(source, valueModel)
    return { value: read.value as Value, places: new YamlPlaces(read) }
  } catch (error) {
    if (error instanceof YamlFault) throw new YamlError(source, error)
    throw error
  }
}

/** Faults that PyYAML reports without a place. */
const placeless: readonly string[] = ['ReaderError', 'ValueError', 'KeyError', 'IndexError']

function problemOf(source: string, fault: YamlFault): YamlProblem {
  const position = yamlPosition(source, fault.offset)
  const contextPosition = fault.contextOffset === undefined ? undefined : yamlPosition(source, fault.contextOffset)
  const isPlaceless = placeless.includes(fault.type)
  return {
    type: fault.type,
    message: fault.problem,
    line: position.line,
    column: isPlaceless ? undefined : position.column,
    context: fault.context,
    contextLine: contextPosition?.line,
    contextColumn: contextPosition?.column,
  }
}
