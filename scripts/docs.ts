/** Runs every generator of reference pages (`scripts/docs-*.ts`). `--check` only compares, and fails where a page is old. */
import { spawnSync } from 'node:child_process'
import { globSync } from 'node:fs'
import { basename } from 'node:path'
import { fileURLToPath } from 'node:url'

const folder = fileURLToPath(new URL('.', import.meta.url))
for (const script of globSync(`${folder}docs-*.ts`).sort()) {
  const { status, error } = spawnSync(process.execPath, [script, ...process.argv.slice(2)], { stdio: 'inherit' })
  if (status === 0) continue
  process.exitCode = 1
  console.error(`${basename(script)} failed${error === undefined ? '' : `: ${error.message}`}`)
}
