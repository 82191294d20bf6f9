/** `__env__` among roots: it stands for every environment that is not named, in names and within paths. */

export const anyEnvironment = '__env__'

type Roots = Readonly<Record<string, readonly string[]>>

/** The roots with `__env__` in its meaning for one environment; a named environment wins over it. */
export function withEnvironment(roots: Roots, saltenv: string): Roots {
  const { [anyEnvironment]: folders, ...named } = roots
  if (folders === undefined || Object.hasOwn(named, saltenv) || !isFolderName(saltenv)) return named
  return { ...named, [saltenv]: folders.map((folder) => folder.replaceAll(anyEnvironment, saltenv)) }
}

/** A minion says which environment it wants: its name becomes a part of paths. */
function isFolderName(saltenv: string): boolean {
  return /^[\w@%+=:,.-]+$/.test(saltenv) && saltenv !== '.' && saltenv !== '..' && saltenv !== anyEnvironment
}
