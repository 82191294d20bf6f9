/** Questions to name servers. */
import { lookup, Resolver } from 'node:dns/promises'
import { isIP } from 'node:net'
import { systemCode } from '../../../base/errors.ts'
import type { FunctionContext } from '../../../engine/plugin.ts'

/** Milliseconds for the first try, and how many tries. */
const limits = { timeout: 3000, tries: 2 }

/** There is no such name, or it has nothing of this type: answers, not faults. */
const emptyAnswers = ['ENOTFOUND', 'ENODATA']

/**
 * What a question comes to; nothing where there is no answer, with a line in the log where that is for a fault.
 *
 * @param nameserver Address or name, also with a port (`127.0.0.1:5353`); the system's own by default.
 */
export async function ask<T>(
  ctx: FunctionContext,
  name: string,
  nameserver: string | undefined,
  question: (resolver: Resolver) => Promise<T[]>,
): Promise<T[]> {
  ctx.signal.throwIfAborted()
  const resolver = new Resolver(limits)
  const cancel = (): void => resolver.cancel()
  ctx.signal.addEventListener('abort', cancel, { once: true })
  try {
    if (nameserver !== undefined) resolver.setServers([await serverAddress(nameserver)])
    return await question(resolver)
  } catch (error) {
    ctx.signal.throwIfAborted()
    if (!emptyAnswers.includes(systemCode(error) ?? '')) {
      ctx.log.warning('No answer from a name server', { name, nameserver: nameserver ?? null, error })
    }
    return []
  } finally {
    ctx.signal.removeEventListener('abort', cancel)
  }
}

async function serverAddress(nameserver: string): Promise<string> {
  const hasPort = /^(?:\[.*\]|[\d.]+):\d+$/.test(nameserver)
  return hasPort || isIP(nameserver) !== 0 ? nameserver : (await lookup(nameserver)).address
}

/** Addresses of a name: from a name server where one is given, otherwise as this system resolves names. */
export async function addressesOf(
  ctx: FunctionContext,
  name: string,
  version: 4 | 6,
  nameserver: string | undefined,
): Promise<string[]> {
  return ask(ctx, name, nameserver, async (resolver) => {
    if (nameserver !== undefined) return version === 4 ? resolver.resolve4(name) : resolver.resolve6(name)
    return (await lookup(name, { all: true, family: version })).map(({ address }) => address)
  })
}

/** A name as name servers write it, with a dot at its end. */
export function absolute(name: string): string {
  return name.endsWith('.') ? name : `${name}.`
}
