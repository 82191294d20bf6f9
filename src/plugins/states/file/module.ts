import { defineStates } from '../../../engine/plugin.ts'
import { managedState } from './managed.ts'

export const file = defineStates({
  name: 'file',
  doc: 'Files, folders and links: that they are there, what they hold, and whom they belong to.',
  available: ({ grains }) => grains.kernel !== 'Windows' || 'it works on POSIX systems only',
  functions: { ...managedState },
})
