import type { Outputter } from '../../engine/output.ts'

export const quiet: Outputter = { name: 'quiet', doc: 'Nothing at all.', render: () => '' }
