import type { Owner } from '../../modules/file/owners.ts'

export interface DirectoryRequest {
  readonly path: string
  readonly user: Owner
  readonly group: Owner
  readonly recurse: unknown
  readonly maxDepth: number | undefined
  /** Four octal digits. */
  readonly dirMode: string | null
  readonly fileMode: string | null
  readonly makedirs: boolean
  readonly clean: boolean
  readonly exclude: unknown
  readonly followLinks: boolean
  readonly force: boolean
  readonly backupname: string | undefined
  readonly allowLink: boolean
  readonly childrenOnly: boolean
}

/** A folder and no more. */
export function plainDirectory(
  path: string,
  owners: { user: Owner; group: Owner },
  dirMode: string | null,
): DirectoryRequest {
  return {
    path,
    ...owners,
    recurse: undefined,
    maxDepth: undefined,
    dirMode,
    fileMode: null,
    makedirs: true,
    clean: false,
    exclude: undefined,
    followLinks: false,
    force: false,
    backupname: undefined,
    allowLink: true,
    childrenOnly: false,
  }
}

const recurseTypes = ['user', 'group', 'mode', 'ignore_files', 'ignore_dirs', 'silent']

/** The words of `recurse`, or Salt's sentence on what is wrong with them. */
export function recurseSet(given: unknown): ReadonlySet<string> | string {
  if (given === undefined || given === null || given === false || given === '') return new Set()
  if (!Array.isArray(given)) return '"recurse" must be formed as a list of strings'
  const words = new Set(given.map(String))
  if ([...words].some((word) => !recurseTypes.includes(word))) {
    return `Types for "recurse" limited to ${recurseTypes.map((type) => `"${type}"`).join(', ')}.`
  }
  if (words.has('ignore_files') && words.has('ignore_dirs')) {
    return 'Must not specify "recurse" options "ignore_files" and "ignore_dirs" at the same time.'
  }
  return words
}
