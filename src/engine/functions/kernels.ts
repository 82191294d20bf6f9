import type { ModuleDefinition } from '../plugin.ts'

/** For modules that know only some kernels; a host whose kernel is not known is taken for one of them. */
export function onlyOn(...kernels: readonly string[]): NonNullable<ModuleDefinition['available']> {
  return ({ grains }) =>
    typeof grains.kernel !== 'string' || kernels.includes(grains.kernel) || `it works on ${kernels.join(' and ')} only`
}
