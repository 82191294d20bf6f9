/** Python's `zip` and `itertools` as filters. They give one item after the other, as there. */
import { expectInteger } from '../values/arguments.ts'
import { isTrue, iterate, toList } from '../values/iterate.ts'
import { Generator, Tuple, type Value } from '../values/kinds.ts'
import { PyError, valueError } from '../values/py-error.ts'
import { type Filter, filter } from './filter.ts'

function* compressed(data: Value, selectors: Value): Iterable<Value> {
  const wanted = iterate(selectors)[Symbol.iterator]()
  for (const item of iterate(data)) {
    const next = wanted.next()
    if (next.done === true) return
    if (isTrue(next.value)) yield item
  }
}

/** The last pool runs fastest. */
function* products(pools: readonly (readonly Value[])[]): Iterable<Value> {
  if (pools.some((pool) => pool.length === 0)) return
  const places = pools.map(() => 0)
  for (;;) {
    yield new Tuple(places.map((place, pool) => pools[pool]?.[place]))
    let pool = pools.length - 1
    for (; pool >= 0; pool--) {
      const next = (places[pool] ?? 0) + 1
      const isInside = next < (pools[pool]?.length ?? 0)
      places[pool] = isInside ? next : 0
      if (isInside) break
    }
    if (pool < 0) return
  }
}

/** A short template can ask for more arrangements than fit anywhere. */
const mostArrangements = 200_000

function* bounded(arrangements: Iterable<Value>): Iterable<Value> {
  let count = 0
  for (const arrangement of arrangements) {
    count += 1
    if (count > mostArrangements) throw new PyError('MemoryError', `more than ${mostArrangements} arrangements`)
    yield arrangement
  }
}

/** Which items of a pool may follow those chosen, by their indexes. */
type Followers = (chosen: readonly number[], size: number) => Iterable<number>

function* selections(pool: readonly Value[], size: number, followers: Followers): Iterable<Value> {
  if (size === 0) {
    yield new Tuple([])
    return
  }
  const chosen: number[] = []
  const open = [followers(chosen, pool.length)[Symbol.iterator]()]
  for (let candidates = open.at(-1); candidates !== undefined; candidates = open.at(-1)) {
    const next = candidates.next()
    if (next.done === true) {
      open.pop()
      chosen.pop()
      continue
    }
    chosen.push(next.value)
    if (chosen.length < size) open.push(followers(chosen, pool.length)[Symbol.iterator]())
    else {
      yield new Tuple(chosen.map((index) => pool[index]))
      chosen.pop()
    }
  }
}

function* upTo(from: number, size: number): Iterable<number> {
  for (let index = from; index < size; index++) yield index
}

const later: Followers = (chosen, size) => upTo((chosen.at(-1) ?? -1) + 1, size)
const sameOrLater: Followers = (chosen, size) => upTo(chosen.at(-1) ?? 0, size)
/** What was chosen before it stays so while these are gone through. */
const others: Followers = (chosen, size) => {
  const taken = new Set(chosen)
  return [...upTo(0, size)].filter((index) => !taken.has(index))
}

function selecting(name: string, parameters: string, followers: Followers): Filter {
  return filter(name, parameters, (_context, values, count) => {
    const pool = toList(values)
    const size = count === null ? pool.length : expectInteger(count)
    if (size < 0) throw valueError('r must be non-negative')
    const isPossible = size <= pool.length || followers === sameOrLater
    return new Generator(isPossible ? bounded(selections(pool, size, followers)) : [], `itertools.${name}`)
  })
}

function* zipped(sources: readonly Value[]): Iterable<Value> {
  const iterators = sources.map((source) => iterate(source)[Symbol.iterator]())
  for (;;) {
    const items: Value[] = []
    for (const iterator of iterators) {
      const next = iterator.next()
      if (next.done === true) return
      items.push(next.value)
    }
    yield new Tuple(items)
  }
}

function* zippedLongest(sources: readonly Value[], filling: Value): Iterable<Value> {
  const iterators = sources.map((source) => iterate(source)[Symbol.iterator]())
  for (;;) {
    const results = iterators.map((iterator) => iterator.next())
    if (results.every(({ done }) => done === true)) return
    yield new Tuple(results.map((result) => (result.done === true ? filling : result.value)))
  }
}

function sourcesOf(first: Value, rest: Value): Value[] {
  return [first, ...(Array.isArray(rest) ? rest : [])]
}

export const iteratorFilters: readonly (readonly [string, Filter])[] = [
  ['combinations', selecting('combinations', 'iterable, r', later)],
  ['combinations_with_replacement', selecting('combinations_with_replacement', 'iterable, r', sameOrLater)],
  [
    'compress',
    filter('compress', 'data, selectors', (_context, data, selectors) => {
      return new Generator(compressed(data, selectors), 'itertools.compress')
    }),
  ],
  ['permutations', selecting('permutations', 'iterable, r=None', others)],
  [
    'product',
    filter('product', 'value, *iterables, repeat=1', (_context, first, repeat, rest) => {
      const count = expectInteger(repeat)
      if (count < 0) throw valueError('repeat argument cannot be negative')
      const pools = sourcesOf(first, rest).map(toList)
      return new Generator(bounded(products(Array.from({ length: count }, () => pools).flat())), 'itertools.product')
    }),
  ],
  [
    'zip',
    filter('zip', 'value, *iterables', (_context, first, rest) => new Generator(zipped(sourcesOf(first, rest)), 'zip')),
  ],
  [
    'zip_longest',
    filter(
      'zip_longest',
      'value, *iterables, fillvalue=None',
      (_context, first, filling, rest) =>
        new Generator(zippedLongest(sourcesOf(first, rest), filling), 'itertools.zip_longest'),
    ),
  ],
]
