/** Where templates come from. */
import { posix } from 'node:path'

export interface TemplateSource {
  readonly text: string
  /** For messages: the path below the file roots. */
  readonly location: string
}

export interface TemplateLoader {
  /** @param path Below the file roots, with `/`, without `..`; or absolute. Undefined where there is no such file. */
  load(path: string): Promise<TemplateSource | undefined>
}

/** The variables that tell a template where it is. */
export interface TemplatePlaceVariables {
  readonly tplfile: string
  readonly tpldir: string
  readonly tpldot: string
}

/**
 * The path below the file roots that a name in `include` or `import` means, and the variables that the load sets.
 *
 * `./x` and `../x` start at `tpldir` and leave it as it is. Undefined for a path that leaves the roots.
 */
export function resolveTemplateName(
  name: string,
  tpldir: string,
): { path: string; variables: TemplatePlaceVariables } | undefined {
  const [first] = name.split('/', 1)
  const isRelative = first === '.' || first === '..'
  const path = posix.normalize(isRelative ? `${tpldir}/${name}` : name)
  if (path === '..' || path.startsWith('../') || name.includes('\u0000')) return undefined
  const directory = isRelative ? tpldir : posix.dirname(name)
  const dot = directory === '.' ? '' : directory.replaceAll('/', '.')
  return { path, variables: { tplfile: name, tpldir: directory, tpldot: dot } }
}
