/** Which names a part of a template mentions. */

/** The names of variables anywhere in a tree; what blocks mention is their own matter. */
export function namesUsed(tree: unknown, found: Set<string> = new Set()): Set<string> {
  if (Array.isArray(tree)) for (const part of tree) namesUsed(part, found)
  else if (typeof tree === 'object' && tree !== null) {
    if ('kind' in tree && tree.kind === 'name' && 'name' in tree) found.add(String(tree.name))
    if (!('kind' in tree && tree.kind === 'block')) for (const part of Object.values(tree)) namesUsed(part, found)
  }
  return found
}
