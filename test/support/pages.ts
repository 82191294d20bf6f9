import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { projectRoot } from './program.ts'

/** A command that a page shows. */
export interface ShownCommand {
  /** Before the prompt, as in `master$`; empty where there is none. */
  readonly host: string
  /** Without prompt and comment. */
  readonly text: string
}

/** The commands of each block of code of a page, in their order. */
export function commandBlocks(page: string): readonly (readonly ShownCommand[])[] {
  const text = readFileSync(join(projectRoot, page), 'utf8')
  return [...text.matchAll(/^```\w*\n(.*?)^```$/gms)].map(([, block = '']) =>
    block.split('\n').flatMap((line) => {
      const [, host = '', shown = ''] = /^(?:(\w+)\$ +)?(.*?)(?: +#.*)?$/.exec(line) ?? []
      return shown === '' ? [] : [{ host, text: shown }]
    }),
  )
}
