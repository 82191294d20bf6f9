/**
 * What a returner knows of its last attempts. An outlet opens its returner anew after each failure, with the same signal, so this
 * lives as long as that signal.
 */
const memories = new WeakMap<AbortSignal, Map<string, object>>()

/** @param name Of the thing, one of its kind for a returner. */
export function remembered<Thing extends object>(signal: AbortSignal, name: string, make: () => Thing): Thing {
  const things = memories.get(signal) ?? new Map<string, object>()
  memories.set(signal, things)
  const thing = (things.get(name) as Thing | undefined) ?? make()
  things.set(name, thing)
  return thing
}
