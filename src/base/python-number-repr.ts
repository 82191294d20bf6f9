/** Numbers as Python prints them. */
import { Float } from './float.ts'

export function numberRepr(value: number | bigint | Float): string {
  if (typeof value === 'bigint') return value.toString()
  if (value instanceof Float) return floatRepr(value.value)
  return Number.isInteger(value) && !Object.is(value, -0) ? intRepr(value) : floatRepr(value)
}

function intRepr(value: number): string {
  return Number.isSafeInteger(value) ? String(value) : BigInt(value).toString()
}

/** Python's shortest form of a float: `1.0`, `1e-07`, `1e+16`, `inf`. */
export function floatRepr(value: number): string {
  if (Number.isNaN(value)) return 'nan'
  if (!Number.isFinite(value)) return value > 0 ? 'inf' : '-inf'
  if (value === 0) return Object.is(value, -0) ? '-0.0' : '0.0'
  const [mantissa = '', exponentText = '0'] = value.toExponential().split('e')
  const exponent = Number(exponentText)
  if (exponent < -4 || exponent >= 16) {
    const sign = exponent < 0 ? '-' : '+'
    return `${mantissa}e${sign}${String(Math.abs(exponent)).padStart(2, '0')}`
  }
  const plain = fixedForm(mantissa, exponent)
  return plain.includes('.') ? plain : `${plain}.0`
}

/** `1.5` and 3 → `1500`. Between the bounds of `floatRepr` JavaScript might choose another form by itself. */
function fixedForm(mantissa: string, exponent: number): string {
  const sign = mantissa.startsWith('-') ? '-' : ''
  const digits = mantissa.replace(/[-.]/g, '')
  if (exponent < 0) return `${sign}0.${'0'.repeat(-exponent - 1)}${digits}`
  if (digits.length <= exponent + 1) return sign + digits.padEnd(exponent + 1, '0')
  return `${sign}${digits.slice(0, exponent + 1)}.${digits.slice(exponent + 1)}`
}
