/** Why the value of `--module-executors` cannot be honored, or undefined. */
export function executorFault(value: string | undefined): string | undefined {
  if (value === undefined) return undefined
  const names = value.replace(/^\[|\]$/g, '').split(',')
  const unknown = names
    .map((name) => name.trim().replace(/^(['"])(.*)\1$/, '$2'))
    .filter((name) => name !== 'direct_call')
  return unknown.length === 0
    ? undefined
    : `option --module-executors: the only executor is direct_call, not ${unknown.join(', ')}`
}
