/** Which files of a tree are no states, told without the configuration that would say so. */
import { resolve, sep } from 'node:path'
import { outlineStates } from './sls-outline.ts'

export interface Reaction {
  readonly kind: 'function' | 'runner' | 'wheel'
  /** `state.orchestrate` */
  readonly called: string
}

const clients: Readonly<Record<string, Reaction['kind']>> = {
  local: 'function',
  cmd: 'function',
  tgt: 'function',
  caller: 'function',
  runner: 'runner',
  wheel: 'wheel',
}

/** `local.cmd.run`, `runner.state.orchestrate`: what a reactor file says. */
export function reactionOf(name: string): Reaction | undefined {
  const [client = '', ...rest] = name.split('.')
  const kind = Object.hasOwn(clients, client) ? clients[client] : undefined
  return kind === undefined || rest.length < 2 ? undefined : { kind, called: rest.join('.') }
}

/** Whether the text of an SLS file, not rendered, is one for the reactor. */
export function isReactionFile(text: string): boolean {
  return outlineStates(text).some(({ module, fun }) => reactionOf(`${module}.${fun ?? ''}`) !== undefined)
}

/** Whether a folder or a file belongs to a pillar, by the names of the folders around. */
export function isPillarPath(path: string): boolean {
  return resolve(path)
    .split(sep)
    .some((part) => /^pillars?$/i.test(part))
}

/** The folders of pillars among the files of a tree: what is called so and has a top file, `pillar/` or `srv/pillar/`. */
export function pillarFolders(files: readonly string[]): readonly string[] {
  const found = files.map((file) => /^(?:.*\/)?pillars?\/(?=(?:[^/]+\/)?top\.sls$)/i.exec(file)?.[0])
  return [...new Set(found.filter((folder) => folder !== undefined))]
}
