import type { SelinuxContext } from '../selinux.ts'
import type { WantedMetadata } from './metadata.ts'
import type { NewContent } from './new-content.ts'

/** How a file shall be. */
export interface FileRequest {
  readonly path: string
  /** Undefined: whatever it holds, an empty file where there is none. */
  readonly content: NewContent | undefined
  /** Whether the content comes from a source, not from the state itself. */
  readonly isSourced: boolean
  readonly metadata: WantedMetadata
  /** Letters of `chattr`; undefined: as they are. */
  readonly attrs?: string | undefined
  readonly selinux?: SelinuxContext | undefined
  readonly makedirs: boolean
  /** Mode of the folders that `makedirs` makes; from that of the file when left out. */
  readonly dirMode?: string | null | undefined
  /** `minion` keeps a copy of the old file below `file_backup` of the cache. */
  readonly backup?: string | undefined
  readonly showChanges: boolean
  /** What `obfuscate_templates` may hide. */
  readonly isTemplate: boolean
  readonly followLinks: boolean
  /** Looks at the new content before it takes its place; answers what is wrong with it. */
  readonly check?:
    | ((content: NewContent | undefined, start: { readonly mode: number }) => Promise<string | undefined>)
    | undefined
  /** Done when all is over, whatever came of it. */
  readonly cleanUp?: (() => void) | undefined
  /** What a dry run says in place of `The file … is set to be changed`. */
  readonly changeComment?: string | undefined
}
