import { spawnSync } from 'node:child_process'
import { programArgv } from './program.ts'

/** Words before a command line that run it as another user without groups. */
export function asAnotherUser(uid: number): readonly [string, ...string[]] {
  return ['setpriv', `--reuid=${uid}`, `--regid=${uid}`, '--clear-groups']
}

/** Why no program can be started here as another user; false when it can. */
export function whyNotAsAnotherUser(uid: number): string | false {
  if (process.getuid?.() !== 0) return 'needs root'
  const [program, ...options] = asAnotherUser(uid)
  return (
    spawnSync(program, [...options, ...programArgv('source'), '--version']).status !== 0 &&
    'needs setpriv, and sources that everybody may read'
  )
}
