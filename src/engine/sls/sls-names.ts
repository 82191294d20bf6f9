/** Names of SLS files, of states and of pillar. */
import { compareText } from '../../base/text.ts'

/** Where the file of a name may lie, below the roots: `a.b` is `a/b.sls`, or else `a/b/init.sls`. */
export function slsPaths(sls: string): readonly string[] {
  const base = sls.replaceAll('.', '/')
  return [`${base}.sls`, `${base}/init.sls`]
}

/** Names that files can be asked for by, sorted: a dot in a folder or a file would mean another one. */
export function slsNames(files: readonly string[]): readonly string[] {
  const names = new Set<string>()
  for (const path of files) {
    if (!path.endsWith('.sls')) continue
    const name = path.endsWith('/init.sls') ? path.slice(0, -'/init.sls'.length) : path.slice(0, -'.sls'.length)
    if (!name.includes('.')) names.add(name.replaceAll('/', '.'))
  }
  return [...names].sort(compareText)
}

/** Whether it has wildcards of a shell. */
export function isPattern(text: string): boolean {
  return /[*?[]/.test(text)
}

/** The path that `state_top` names: `salt://top.sls`, `/top.sls` and `top.sls` mean the same. */
export function topPath(option: unknown): string {
  const text = typeof option === 'string' && option !== '' && option !== 'None' ? option : 'top.sls'
  return text.replace(/^salt:\/\//, '').replace(/^\/+/, '')
}
