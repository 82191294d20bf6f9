/** Whether high data has the form it must have, in Salt's sentences. */
import type { Value } from '../../render/values/kinds.ts'
import { str } from '../../render/values/print.ts'
import { typeName } from '../../render/values/type-name.ts'
import { briefRepr } from './brief-repr.ts'
import { firstEntry, type HighBody, isMapping, slsOf } from './high-data.ts'

/** Told with the body that it is about, where that is one. */
type Report = (sentence: string, body?: HighBody, kind?: 'form' | 'cycle') => void

/** A state with what is said of it. */
interface Declared {
  readonly id: Value
  readonly state: string
  readonly body: HighBody
}

/** Requisites whose form is looked at. */
const checkedWords: ReadonlySet<Value> = new Set([
  ...['require', 'require_any', 'watch', 'watch_any', 'prereq', 'onchanges', 'onchanges_any'],
  ...['onfail', 'onfail_any', 'onfail_all', 'listen'],
])
/** Those among which a pair that waits for each other is looked for. */
const orderingWords: ReadonlySet<Value> = new Set(['require', 'watch', 'prereq', 'onchanges'])

export function verifyHigh(high: ReadonlyMap<Value, Value>, report: Report): void {
  const pairs = new RequisitePairs()
  for (const [id, body] of high) {
    if (typeof id === 'string' && id.startsWith('__')) continue
    const name = str(id)
    if (!isMapping(body)) {
      report(`The type ${name} in ${briefRepr(body)} is not formatted as a dictionary`)
      continue
    }
    if (typeof id !== 'string') {
      report(
        `ID '${name}' in SLS '${slsOf(body)}' is not formed as a string, but is a ${typeName(id)}. It may need to be quoted.`,
        body,
      )
    }
    for (const [state, args] of body) {
      if (typeof state !== 'string')
        report(`State '${str(state)}' of ID '${name}' in SLS '${slsOf(body)}' is not formed as a string`, body)
      else if (!state.startsWith('__')) verifyState({ id, state, body }, args, pairs, report)
    }
  }
}

function verifyState(declared: Declared, args: Value, pairs: RequisitePairs, report: Report): void {
  const { id, state, body } = declared
  const name = str(id)
  const sls = slsOf(body)
  if (args === null) {
    report(
      `ID '${name}' in SLS '${sls}' contains a short declaration (${state}) with a trailing colon. When not passing any arguments to a state, the colon must be omitted.`,
      body,
    )
    return
  }
  if (!Array.isArray(args)) {
    report(`State '${name}' in SLS '${sls}' is not formed as a list`, body)
    return
  }
  let functions = state.includes('.') ? 1 : 0
  for (const arg of args) {
    if (typeof arg === 'string') {
      functions += 1
      if (!arg.trim().includes(' ')) continue
      report(
        `The function "${arg}" in state "${name}" in SLS "${sls}" has whitespace, a function with whitespace is not supported, perhaps this is an argument that is missing a ":"`,
        body,
      )
    } else if (isMapping(arg)) verifyArgument(declared, arg, pairs, report)
  }
  if (functions === 0 && state !== 'require' && state !== 'watch') {
    report(`No function declared in state '${state}' in SLS '${sls}'`, body)
  } else if (functions > 1) report(`Too many functions declared in state '${state}' in SLS '${sls}'`, body)
}

function verifyArgument(declared: Declared, arg: HighBody, pairs: RequisitePairs, report: Report): void {
  const { id, state, body } = declared
  const name = str(id)
  const sls = slsOf(body)
  const [word, value] = firstEntry(arg) ?? []
  if (word === 'names') verifyNames(declared, value, report)
  if (!checkedWords.has(word)) return
  if (!Array.isArray(value)) {
    report(`The ${str(word)} statement in state '${name}' in SLS '${sls}' needs to be formed as a list`, body)
    return
  }
  if (orderingWords.has(word)) pairs.begin(id, state)
  for (const item of value) verifyRequisite(declared, word, item, pairs, report)
  if (arg.size > 1) {
    report(`Multiple dictionaries defined in argument of state '${name}' in SLS '${sls}'`, body)
  }
}

function verifyNames({ id, body }: Declared, names: Value, report: Report): void {
  const name = str(id)
  const sls = slsOf(body)
  if (!Array.isArray(names)) {
    report(`The 'names' argument in state '${name}' in SLS '${sls}' needs to be formed as a list`, body)
    return
  }
  for (const entry of names) {
    const one = isMapping(entry) ? firstEntry(entry)?.[0] : entry
    if (typeof one === 'string') continue
    const what = `ID '${str(one ?? null)}' in SLS '${sls}' is not formed as a string, but is a ${typeName(one)}`
    report(what, body)
  }
}

function verifyRequisite(declared: Declared, word: Value, item: Value, pairs: RequisitePairs, report: Report): void {
  const { id, state, body } = declared
  const name = str(id)
  const sls = slsOf(body)
  if (typeof item !== 'string' && !isMapping(item)) {
    const sentence = `Requisite declaration ${briefRepr(item)} in SLS ${sls} is not formed as a single key dictionary`
    report(sentence, body)
    return
  }
  const [family, target] = typeof item === 'string' ? ['id', item] : (firstEntry(item) ?? [])
  if (typeof family === 'string' && family.includes('.')) {
    const [better] = family.split('.')
    report(
      `Invalid requisite type '${family}' in state '${name}', in SLS '${sls}'. Requisite types must not contain dots, did you mean '${better}'?`,
      body,
    )
  }
  if (Array.isArray(target) || isMapping(target)) {
    report(`Illegal requisite "${briefRepr(target)}", please check your syntax.\n`, body)
  } else if (typeof family !== 'string' || typeof target !== 'string') {
    report(`Could not locate requisite of [${str(family ?? null)}] present in state with name [${name}]`, body)
  } else if (orderingWords.has(word) && pairs.closes(id, state, { family, target })) {
    report(`A recursive requisite was found, SLS "${sls}" ID "${name}" ID "${target}"`, body, 'cycle')
  }
}

/** Finds two states that name each other. */
class RequisitePairs {
  readonly #known = new Map<Value, { readonly state: string; readonly targets: Map<string, string> }>()

  begin(id: Value, state: string): void {
    this.#known.set(id, { state, targets: new Map() })
  }

  closes(id: Value, state: string, { family, target }: { family: string; target: string }): boolean {
    this.#known.get(id)?.targets.set(target, family)
    const other = this.#known.get(target)
    return other !== undefined && other.targets.get(String(id)) === state && other.state === family
  }
}
