/** Whether a switch of a schedule is on; words of the command line may still be text. */
export function isOn(value: unknown, otherwise = false): boolean {
  if (value === undefined || value === null) return otherwise
  if (typeof value === 'string') return !/^(?:false|no|off|0|)$/i.test(value)
  return value !== false && value !== 0
}
