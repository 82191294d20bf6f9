import { SaltError } from '../../../base/errors.ts'
import type { FunctionContext } from '../../../engine/plugin.ts'

/** `Linux` where no grain tells otherwise. */
export function kernelOf(ctx: FunctionContext): string {
  return typeof ctx.grains.kernel === 'string' ? ctx.grains.kernel : 'Linux'
}

export function isBsd(kernel: string): boolean {
  return kernel === 'Darwin' || kernel.endsWith('BSD')
}

export function unsupported(): SaltError {
  return new SaltError('execution-failed', 'Not yet supported on this platform')
}
