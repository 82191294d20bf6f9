/**
 * Slots: arguments that a function gives at the moment when the state is run. `__slot__:salt:FUNCTION(ARGUMENTS)`, then
 * `.path.into.the.result` and ` ~ text to append`, where they are wanted.
 */
import { isRecord } from '../../../base/narrow.ts'
import type { FunctionContext } from '../../plugin.ts'
import { traverse } from '../../target/traverse.ts'

const mark = '__slot__:'
const slotPattern = /^__slot__:salt:\s*([\w.]+)\((.*)\)((?:\.[^~]*)?)(?:~(.*))?$/s

type Arguments = Readonly<Record<string, unknown>>

/** Looks into values, lists and mappings of the first level and mappings within lists, as Salt does. */
export async function withSlots(ctx: FunctionContext, args: Arguments): Promise<Arguments> {
  if (!Object.values(args).some((value) => hasSlot(value, 2))) return args
  const filled: [string, unknown][] = []
  for (const [key, value] of Object.entries(args)) filled.push([key, await fill(ctx, value, 2)])
  return Object.fromEntries(filled)
}

function hasSlot(value: unknown, depth: number): boolean {
  if (typeof value === 'string') return value.startsWith(mark)
  if (depth === 0 || typeof value !== 'object' || value === null) return false
  if (Array.isArray(value)) return value.some((item) => hasSlot(item, depth - 1))
  return isRecord(value) && Object.values(value).some((item) => hasSlot(item, 0))
}

async function fill(ctx: FunctionContext, value: unknown, depth: number): Promise<unknown> {
  if (!hasSlot(value, depth)) return value
  if (typeof value === 'string') return await evaluate(ctx, value)
  if (Array.isArray(value)) return await Promise.all(value.map((item) => fill(ctx, item, depth - 1)))
  if (!isRecord(value)) return value
  const filled: [string, unknown][] = []
  for (const [key, item] of Object.entries(value)) filled.push([key, await fill(ctx, item, 0)])
  return Object.fromEntries(filled)
}

async function evaluate(ctx: FunctionContext, slot: string): Promise<unknown> {
  const parts = slotPattern.exec(slot)
  if (parts === null) {
    ctx.log.warning('A slot that cannot be understood stays as it is', { slot })
    return slot
  }
  const [, fun = '', written = '', path = '', appended] = parts
  const { positional, keyword } = await readArguments(written)
  const result = await ctx.salt(fun, positional, keyword)
  const way = path.slice(1).trim()
  const found = way === '' ? result : (traverse(result, way, '.') ?? null)
  if (appended === undefined) return found
  if (typeof found === 'string') return found + appended.trim()
  ctx.log.error('Nothing is appended to a slot whose result is not text', { slot })
  return found
}

/** `a, 'b, c', key=[1, 2]`: values as in YAML, parted by commas outside of quotes and brackets. */
async function readArguments(written: string): Promise<{ positional: unknown[]; keyword: Record<string, unknown> }> {
  const { parseWord } = await import('../../arguments/word.ts')
  const positional: unknown[] = []
  const keyword: Record<string, unknown> = {}
  for (const word of splitAtCommas(written)) {
    const [, name, text = ''] = /^\s*(?:([A-Za-z_]\w*)\s*=)?(.*)$/s.exec(word) ?? []
    const plain = text.trim()
    const isQuoted = /^(["']).*\1$/s.test(plain)
    const value = isQuoted ? plain.slice(1, -1) : await parseWord(plain)
    if (name === undefined) positional.push(value)
    else keyword[name] = value
  }
  return { positional, keyword }
}

function splitAtCommas(text: string): string[] {
  const words: string[] = []
  let word = ''
  let depth = 0
  let quote = ''
  for (const character of text) {
    if (quote !== '') quote = character === quote ? '' : quote
    else if (character === '"' || character === "'") quote = character
    else if ('([{'.includes(character)) depth += 1
    else if (')]}'.includes(character)) depth -= 1
    if (character === ',' && depth === 0 && quote === '') {
      words.push(word)
      word = ''
    } else word += character
  }
  return word.trim() === '' ? words : [...words, word]
}
