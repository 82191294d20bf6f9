/** `extend`: what SLS files change in states that others declare. */
import type { Dict } from '../render/values/dict.ts'
import type { Value } from '../render/values/kinds.ts'
import { str } from '../render/values/print.ts'
import { argument, envOf, firstEntry, type HighBody, isMapping, statesOf } from './high-data.ts'
import { NameIndex } from './name-index.ts'
import { requisiteWords } from './requisite-words.ts'

/** Puts what stands under `__extend__` where it belongs. @param report Told of bodies that belong nowhere. */
export function applyExtends(high: Dict, report: (sentence: string, body: HighBody) => void): void {
  const extend = high.get('__extend__')
  high.delete('__extend__')
  let index: NameIndex | undefined
  for (const bodies of Array.isArray(extend) ? extend : []) {
    for (const [name, body] of isMapping(bodies) ? bodies : []) {
      if (!isMapping(body)) continue
      const [first] = statesOf(body)
      if (first === undefined) continue
      let target = high.get(name)
      if (!isMapping(target) || !target.has(first[0])) {
        index ??= new NameIndex(high)
        const [only, ...others] = index.find({ id: str(name), state: first[0] })
        if (only === undefined || others.length > 0) {
          report(notThere(name, body), body)
          continue
        }
        target = high.get(only.id)
      }
      if (isMapping(target)) extendBody(target, body)
    }
  }
}

function extendBody(target: HighBody, body: HighBody): void {
  for (const [state, args] of statesOf(body)) {
    const known = target.get(state)
    if (Array.isArray(known)) extendArguments(known, args)
    else target.set(state, [...args])
  }
}

/** A requisite is joined, any other argument replaced, as the function is; what is not there yet comes last. */
export function extendArguments(known: Value[], args: readonly Value[]): void {
  for (const arg of args) {
    let isKnown = false
    const [name, value] = isMapping(arg) ? (firstEntry(arg) ?? []) : []
    for (const [index, other] of known.entries()) {
      if (typeof arg === 'string' && typeof other === 'string') {
        known[index] = arg
        isKnown = true
      }
      if (name === undefined || !isMapping(other)) continue
      const [otherName, otherValue] = firstEntry(other) ?? []
      if (otherName === name) {
        known[index] = isRequisite(name) ? argument(String(name), joined(otherValue, value)) : arg
        isKnown = true
      } else if (name === 'name' && otherName === 'names') known[index] = arg
    }
    if (!isKnown) known.push(arg)
  }
}

function isRequisite(name: Value): boolean {
  return typeof name === 'string' && requisiteWords.has(name)
}

function joined(before: Value, after: Value): Value {
  return Array.isArray(before) && Array.isArray(after) ? [...before, ...after] : after
}

/** @param body Of the extension, or of the state that means the other one. */
export function notThere(name: Value, body: HighBody): string {
  const env = envOf(body)
  const sls = str(body.get('__sls__') ?? 'base')
  return [
    `Cannot extend ID '${str(name)}' in '${env}:${sls}'. It is not part of the high state.`,
    'This is likely due to a missing include statement or an incorrectly typed ID.',
    `Ensure that a state with an ID of '${str(name)}' is available`,
    `in environment '${env}' and to SLS '${sls}'`,
  ].join('\n')
}
