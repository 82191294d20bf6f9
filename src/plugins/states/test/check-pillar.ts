import { SaltError } from '../../../base/errors.ts'
import { Float } from '../../../base/float.ts'
import { isRecord } from '../../../base/narrow.ts'
import { pythonString } from '../../../base/python-repr.ts'
import { impossible, right, type StatePlan } from '../../../engine/state/plan.ts'
import { traverse } from '../../../engine/target/traverse.ts'

interface KeyCheck {
  /** Python's word for it, as Salt prints it; None where any value will do. */
  readonly type: string
  fits(value: unknown): boolean
}

const checks: Readonly<Record<string, KeyCheck>> = {
  present: { type: 'None', fits: () => true },
  boolean: { type: "<class 'bool'>", fits: (value) => typeof value === 'boolean' },
  // Python counts truth values among the integers.
  integer: { type: "<class 'int'>", fits: (value) => typeof value === 'boolean' || isInteger(value) },
  string: { type: "(<class 'str'>,)", fits: (value) => typeof value === 'string' },
  listing: { type: "<class 'list'>", fits: Array.isArray },
  dictionary: { type: "<class 'dict'>", fits: isRecord },
}

function isInteger(value: unknown): boolean {
  return !(value instanceof Float) && (typeof value === 'bigint' || Number.isInteger(value))
}

/** Throws `bad-arguments` where nothing is to be checked. */
export function checkPillar(
  pillar: Readonly<Record<string, unknown>>,
  want: Readonly<Record<string, unknown>>,
): StatePlan {
  const asked = Object.entries(checks).flatMap(([option, check]) =>
    [want[option] ?? []].flat().map((key) => [pythonString(key), check] as const),
  )
  if (asked.length === 0) throw new SaltError('bad-arguments', 'Missing required argument text.')
  const wrong = new Map<string, string>()
  const good = new Map<string, string>()
  for (const [key, { type, fits }] of asked) {
    const value = traverse(pillar, key) ?? null
    if (value === null) wrong.set(key, 'is missing')
    else if (!fits(value)) wrong.set(key, `is not ${type}`)
    else good.set(key, type)
  }
  const lines = Array.from(wrong, ([key, fault]) => `Pillar key "${key}" ${fault}.\n`)
  if (want.verbose === true && good.size > 0) {
    lines.push('Those keys passed the check:\n', ...Array.from(good, ([key, type]) => `- ${key} (${type})\n`))
  }
  return wrong.size === 0 ? right(lines.join('')) : impossible(lines.join(''))
}
