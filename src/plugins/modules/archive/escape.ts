/** Members of archives that would land outside of the destination. */
import { SaltError } from '../../../base/errors.ts'

/** Throws `bad-path` for a name with `..`, and unless they are `rooted`, for an absolute one. */
export function assertInside(
  archive: string,
  name: string,
  { rooted = false }: { readonly rooted?: boolean } = {},
): void {
  const parts = name.split(/[/\\]/)
  const isAbsolute = /^[/\\]|^[A-Za-z]:/.test(name) && !rooted
  if (!parts.includes('..') && !isAbsolute && !name.includes('\0')) return
  throw new SaltError('bad-path', `${archive} holds ${JSON.stringify(name)}, which leads out of the destination.`, {
    hint: 'Nothing was extracted. Whoever made the archive may mean harm; take such members out of it.',
  })
}
