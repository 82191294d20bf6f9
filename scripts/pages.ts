/** What generators of reference pages share: writing pages, or comparing them, and tables in Markdown. */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'

export const projectFolder = fileURLToPath(new URL('..', import.meta.url))

export interface Page {
  /** Path below `docs/reference`. */
  readonly path: string
  readonly text: string
}

/**
 * Writes the pages; with `--check` among the words of the command line only compares them, and fails where one differs.
 * Prints one line for each page that is new or different.
 */
export function publishPages(pages: readonly Page[], words: readonly string[] = process.argv.slice(2)): void {
  const onlyCheck = words.includes('--check')
  for (const { path, text } of pages) {
    const file = join(projectFolder, 'docs/reference', path)
    if (contentOf(file) === text) continue
    const name = relative(projectFolder, file)
    if (onlyCheck) {
      process.exitCode = 1
      console.error(`${name} is not up to date: run \`npm run docs\``)
      continue
    }
    mkdirSync(dirname(file), { recursive: true })
    writeFileSync(file, text)
    console.log(`wrote ${name}`)
  }
}

function contentOf(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8')
  } catch {
    return undefined
  }
}

/** A Markdown table; cells may hold Markdown, a `|` in them is escaped. */
export function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string => `| ${cells.map(cell).join(' | ')} |`
  return [line(head), `|${head.map(() => '---').join('|')}|`, ...rows.map(line)].join('\n')
}

function cell(text: string): string {
  return text.replaceAll('|', '\\|').replaceAll('\n', ' ')
}

export const generatedNote = (source: string): string =>
  `<!-- Generated from ${source} by \`npm run docs\`; edit that instead. -->`
