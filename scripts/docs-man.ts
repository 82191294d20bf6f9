/** Writes the manual pages of the commands from the tables of their options. `--check` only compares. */
import { manPages } from '../src/cli/man-page.ts'
import { type Page, publishPages } from './pages.ts'

export async function manualPages(): Promise<readonly Page[]> {
  return (await manPages()).map(({ name, text }) => ({ path: `man/${name}`, text }))
}

if (import.meta.main) publishPages(await manualPages())
