import { defineStates } from '../../../engine/plugin.ts'
import { presenceStates } from './absent.ts'
import { accumulatedState } from './accumulated.ts'
import { appendingStates } from './appending.ts'
import { cachedStates } from './cached.ts'
import { commentingStates } from './commenting.ts'
import { decodeState } from './decode.ts'
import { directoryState } from './directory.ts'
import { editingStates } from './editing.ts'
import { hardlinkState } from './hardlink.ts'
import { keyvalueState } from './keyvalue.ts'
import { managedState } from './managed.ts'
import { warningOfFolders } from './missing-folder.ts'
import { mknodState } from './mknod.ts'
import { movingStates } from './moving.ts'
import { patchState } from './patch.ts'
import { recurseState } from './recurse.ts'
import { retentionState } from './retention.ts'
import { serializeState } from './serialize.ts'
import { shortcutState } from './shortcut.ts'
import { symlinkState } from './symlink.ts'
import { tidiedState } from './tidied.ts'
import { touchState } from './touch.ts'

export const file = defineStates({
  name: 'file',
  doc: 'Files, folders and links: that they are there, what they hold, and whom they belong to.',
  available: ({ grains }) => grains.kernel !== 'Windows' || 'it works on POSIX systems only',
  functions: {
    ...warningOfFolders({
      ...managedState,
      ...directoryState,
      ...symlinkState,
      ...hardlinkState,
      ...appendingStates,
      ...serializeState,
      ...touchState,
      ...movingStates,
      ...decodeState,
    }),
    ...recurseState,
    ...presenceStates,
    ...editingStates,
    ...commentingStates,
    ...keyvalueState,
    ...accumulatedState,
    ...tidiedState,
    ...retentionState,
    ...patchState,
    ...cachedStates,
    ...mknodState,
    ...shortcutState,
  },
})
