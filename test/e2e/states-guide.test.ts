/** Makes the files of docs/states.md and types its commands, one after the other, as a reader would. */
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { it } from 'node:test'
import { ConfigFolder } from '../support/config-folder.ts'
import { commandBlocks } from '../support/pages.ts'
import { projectRoot, run } from '../support/program.ts'

const page = 'docs/states.md'

/** Path below /srv/salt → content. */
function shownFiles(): readonly (readonly [string, string])[] {
  const text = readFileSync(join(projectRoot, page), 'utf8')
  return Array.from(
    text.matchAll(/^`\/srv\/salt\/([^`]+)`\n\n```\w*\n(.*?)^```$/gms),
    ([, path = '', content = '']) => [path, content],
  )
}

it('every command of the guide does what the guide says', async () => {
  using folder = new ConfigFolder()
  /** What the guide does in /tmp and /srv/salt is done in the folder of the test. */
  const here = (text: string): string =>
    text.replaceAll('/tmp/', `${folder.path}/tmp/`).replaceAll('/srv/salt', folder.file('srv'))
  folder.write('minion', `root_dir: ${folder.path}\nid: web1\nfile_roots: {base: [${folder.file('srv')}]}\n`)
  for (const [path, content] of shownFiles()) folder.write(join('srv', path), here(content))
  const outputs: string[] = []
  for (const { text } of commandBlocks(page).flat()) {
    if (!text.startsWith('salt ')) continue
    const words = Array.from(text.matchAll(/(?:'[^']*'|[^\s'])+/g), ([word]) => here(word.replaceAll("'", '')))
    const [, subcommand = '', ...rest] = words
    const { exitCode, stdout, stderr } = await run('binary', [
      subcommand,
      ...(subcommand === 'call' ? ['-c', folder.path] : []),
      ...rest,
    ])
    assert.equal(exitCode, 0, `${text}\n${stdout}\n${stderr}`)
    outputs.push(stdout)
  }
  const [dry = '', first = '', second = '', siteDry = '', site = '', pillar = ''] = outputs
  assert.match(dry, /Result: None[\s\S]*set to be changed[\s\S]*unchanged=1, changed=1/)
  assert.match(first, /Result: True[\s\S]*New file/)
  assert.match(second, /is in the correct state[\s\S]*Succeeded: 1\n/)
  assert.match(siteDry, /Succeeded: 3 \(unchanged=3, changed=2\)/)
  assert.match(site, /settings changed/)
  assert.match(pillar, /-port = 8080\n\s+\+port = 9090/)
  assert.equal(readFileSync(folder.file('tmp/site/settings.ini'), 'utf8'), '[site]\nhost = web1\nport = 9090\n')
  assert.equal(readFileSync(folder.file('tmp/notes/ben.txt'), 'utf8'), 'Notes of ben on web1\n')
})
