/** Salt's filters that draw lots. One seed always gives the same lot. */
import { randomInt } from 'node:crypto'
import { randomSource, sample } from '../../functions/python-random.ts'
import { expectInteger } from '../values/arguments.ts'
import { length, toList } from '../values/iterate.ts'
import { isText, Range, Tuple, Undefined, type Value } from '../values/kinds.ts'
import { str } from '../values/print.ts'
import { typeError, valueError } from '../values/py-error.ts'
import { type Filter, filter } from './filter.ts'

function drawn(population: Value, size: Value, seed: Value): Value[] {
  if (population instanceof Undefined) population.fail()
  const isSequence =
    isText(population) || Array.isArray(population) || population instanceof Tuple || population instanceof Range
  if (!isSequence) throw typeError('Population must be a sequence.  For dicts or sets, use sorted(d).')
  const items = toList(population)
  const count = expectInteger(size)
  if (count < 0 || count > items.length) throw valueError('Sample larger than population or is negative')
  return sample(items, count, randomSource(seedOf(seed)))
}

function seedOf(seed: Value): unknown {
  return seed === null || typeof seed === 'number' || typeof seed === 'bigint' ? seed : str(seed)
}

function macAddress(prefix: Value): string {
  const parts = Array.from({ length: 3 }, () => randomInt(256).toString(16).toUpperCase().padStart(2, '0'))
  return [str(prefix), ...parts].join(':')
}

export const randomFilters: readonly (readonly [string, Filter])[] = [
  ['gen_mac', filter('gen_mac', "prefix='AC:DE:48'", (_context, prefix) => macAddress(prefix))],
  [
    'random_sample',
    filter('sample', 'value, size, seed=None', (_context, value, size, seed) => drawn(value, size, seed)),
  ],
  [
    'random_shuffle',
    filter('shuffle', 'value, seed=None', (_context, value, seed) => drawn(value, length(value), seed)),
  ],
]
