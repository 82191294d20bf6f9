/** Functions of `test` that compute: to give a minion something to do. */
import { setImmediate } from 'node:timers/promises'
import { SaltError } from '../../../base/errors.ts'
import { s } from '../../../base/schema.ts'
import { type FunctionContext, fn } from '../../../engine/plugin.ts'

const wholeNumber = s.integer('A whole number of at least 0', { minimum: 0 })
/** Rounds between two looks at whether the job was cancelled and at the other work of the process. */
const roundsAtOnce = 10_000
/** Python's random range of these functions reaches beyond what can be asked of randomInt. */
const largestRandom = 2 ** 48 - 1

/** Lets others run in a long computation, and ends it with its job. */
async function breathe(ctx: FunctionContext): Promise<void> {
  await setImmediate()
  ctx.signal.throwIfAborted()
}

function inRange(value: bigint): number | bigint {
  return value <= BigInt(Number.MAX_SAFE_INTEGER) ? Number(value) : value
}

async function randomHash(ctx: FunctionContext, size: number, hashType: string | undefined): Promise<string> {
  // Loaded here, so that the quick functions of this module do not wait for it.
  const { createHash, getHashes, randomInt } = await import('node:crypto')
  const configured = ctx.config.get('hash_type')
  const algorithm = hashType ?? (typeof configured === 'string' ? configured : 'sha256')
  if (!getHashes().includes(algorithm)) {
    throw new SaltError('bad-arguments', `The hash type '${algorithm}' is not known.`, {
      hint: 'Use sha256, sha512, sha1 or md5.',
    })
  }
  const number = randomInt(1, Math.min(Math.max(size, 1), largestRandom) + 1)
  return createHash(algorithm).update(String(number)).digest('hex')
}

const hashArguments = {
  size: s.withDefault(s.integer('Greatest number that is hashed', { minimum: 1 }), 9999999999),
  hash_type: s.optional(s.string('Hash algorithm; the option hash_type by default')),
}

export const numberFunctions = {
  fib: fn({
    doc: 'Compute a Fibonacci number and the seconds that it took.',
    args: { num: wholeNumber },
    returns: s.array(s.number(), 'The number and the seconds'),
    examples: ["salt '*' test.fib 3"],
    async run(ctx, { num }) {
      const start = performance.now()
      let previous = 0n
      let current = 1n
      for (let index = 1; index < num; index++) {
        ;[previous, current] = [current, previous + current]
        if (index % roundsAtOnce === 0) await breathe(ctx)
      }
      const result = num === 0 ? 0 : inRange(current)
      return [result as number, (performance.now() - start) / 1000]
    },
  }),
  collatz: fn({
    doc: 'Follow the Collatz sequence from a number down to 1, and tell the seconds that it took.',
    args: { start: s.integer('Where the sequence starts', { minimum: 1 }) },
    returns: s.array(s.any(), 'The steps and the seconds'),
    examples: ["salt '*' test.collatz 3"],
    async run(ctx, { start }) {
      const begin = performance.now()
      const steps: (number | bigint)[] = []
      let value = BigInt(start)
      while (value !== 1n) {
        steps.push(inRange(value))
        value = value % 2n === 0n ? value / 2n : value * 3n + 1n
        if (steps.length % roundsAtOnce === 0) await breathe(ctx)
      }
      return [steps, (performance.now() - begin) / 1000]
    },
  }),
  random_hash: fn({
    doc: 'Hash a random number.',
    args: hashArguments,
    returns: s.string('The hash in hexadecimal digits'),
    examples: ["salt '*' test.random_hash", "salt '*' test.random_hash hash_type=sha512"],
    run: (ctx, { size, hash_type }) => randomHash(ctx, size, hash_type),
  }),
  rand_str: fn({
    doc: 'Hash a random number; the older name of test.random_hash.',
    args: hashArguments,
    returns: s.string('The hash in hexadecimal digits'),
    examples: ["salt '*' test.rand_str"],
    run: (ctx, { size, hash_type }) => randomHash(ctx, size, hash_type),
  }),
}
