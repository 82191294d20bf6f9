import { defineModule } from '../../../engine/plugin.ts'
import { attributeFunctions } from './attributes.ts'
import { backupFunctions } from './backups.ts'
import { blockFunctions } from './block.ts'
import { commentFunctions } from './comment.ts'
import { compareFunctions } from './compare.ts'
import { findFunctions } from './find.ts'
import { folderFunctions } from './folders.ts'
import { hashFunctions } from './hash-functions.ts'
import { lineFunctions } from './line.ts'
import { managingFunctions } from './managing-functions.ts'
import { movingFunctions } from './moving.ts'
import { nodeFunctions } from './nodes.ts'
import { ownerFunctions } from './owner-functions.ts'
import { pathFunctions } from './path-functions.ts'
import { readingFunctions } from './reading.ts'
import { removingFunctions } from './removing.ts'
import { replaceFunctions } from './replace.ts'
import { searchFunctions } from './search.ts'
import { sedFunctions } from './sed.ts'
import { selinuxFunctions } from './selinux.ts'
import { statusFunctions } from './status-functions.ts'
import { writingFunctions } from './writing.ts'

export const file = defineModule({
  name: 'file',
  doc: 'Reads, finds, edits, copies and removes files and folders of the minion, and sets their owners and modes.',
  available: ({ grains }) => grains.kernel !== 'Windows' || 'it works on POSIX systems only',
  functions: {
    ...attributeFunctions,
    ...backupFunctions,
    ...blockFunctions,
    ...commentFunctions,
    ...compareFunctions,
    ...findFunctions,
    ...folderFunctions,
    ...hashFunctions,
    ...lineFunctions,
    ...managingFunctions,
    ...movingFunctions,
    ...nodeFunctions,
    ...ownerFunctions,
    ...pathFunctions,
    ...readingFunctions,
    ...removingFunctions,
    ...replaceFunctions,
    ...searchFunctions,
    ...sedFunctions,
    ...selinuxFunctions,
    ...statusFunctions,
    ...writingFunctions,
  },
})
