import { isDeepStrictEqual } from 'node:util'
import type { Log } from '../base/log.ts'
import type { ConfigView } from '../engine/plugin.ts'

type Options = Readonly<Record<string, unknown>>

/** Says which options a running daemon read anew but will not follow before it is started again. */
export function tellUnfollowed(before: Options, after: Options, followed: ReadonlySet<string>, log: Log): void {
  const names = Object.keys(after).filter(
    (name) => !followed.has(name) && !isDeepStrictEqual(before[name], after[name]),
  )
  if (names.length > 0) log.warning('these options take effect with the next start', { options: names.join(', ') })
}

/** The configuration as last read, for whoever keeps hold of it. */
export function liveView(view: () => ConfigView): ConfigView {
  return {
    get: (name) => view().get(name),
    get all() {
      return view().all
    },
  }
}
