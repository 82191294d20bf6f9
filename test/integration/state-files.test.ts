/** States of files where things go wrong: full and read-only disks, large files, and a master that dies half way. */
import assert from 'node:assert/strict'
import { execFileSync, spawnSync } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, it, mock } from 'node:test'
import { silentLog } from '../../src/base/log.ts'
import { connectMasters } from '../../src/client/master-session.ts'
import { FileRoots, largestPart } from '../../src/engine/files/file-roots.ts'
import { ConfigFolder } from '../support/config-folder.ts'
import { InProcessFleet } from '../support/in-process-fleet.ts'
import { StateHost } from '../support/state-host.ts'

type Part = Parameters<FileRoots['part']>

interface Printed {
  readonly result: boolean | null
  readonly comment: string
  readonly changes: Readonly<Record<string, unknown>>
  readonly grownKib: number
}

const script = join(import.meta.dirname, '../support/state-script.ts')
const cannotMount =
  spawnSync('unshare', ['--mount', 'mount', '-t', 'tmpfs', 'trial', '/mnt']).status !== 0 &&
  'needs root, unshare and tmpfs'

type States = readonly (readonly [state: string, args: object])[]

/** Applies states, and tells what is in a folder then. `prepare` is a script of the shell, which has the folder as $0. */
function applied(folder: string, prepare: string, states: States, config: object = {}) {
  const words = [process.execPath, script, JSON.stringify(states), JSON.stringify(config)]
  const argv = ['--mount', 'sh', '-c', `${prepare}\n"$@" && ls -A "$0"`, folder, ...words]
  const [json = '', ...left] = execFileSync('unshare', argv, { encoding: 'utf8' }).trim().split('\n')
  return { performed: JSON.parse(json) as readonly Printed[], left }
}

describe('a disk', { skip: cannotMount }, () => {
  const small = 'mount -t tmpfs -o size=16k small "$0" && echo old > "$0/a"'

  it('that is full keeps the old file, and no half of a new one', () => {
    using folder = new ConfigFolder({ 'source.bin': 'x'.repeat(50_000) })
    const disk = folder.file('disk')
    mkdirSync(disk)
    const contents: readonly object[] = [{ contents: 'x'.repeat(50_000) }, { source: folder.file('source.bin') }]
    const states: States = contents.flatMap((content) => [
      ['file.managed', { name: join(disk, 'a'), ...content }],
      ['file.managed', { name: join(disk, 'b'), ...content }],
    ])
    const { performed, left } = applied(disk, small, states)
    for (const [index, { result, changes, comment }] of performed.entries()) {
      assert.deepEqual([result, changes], [false, {}])
      const [act, name] = index % 2 === 0 ? ['Failed to commit change', 'a'] : ['Unable to manage file', 'b']
      assert.equal(comment, `${act}: [Errno 28] No space left on device: '${disk}/${name}'`)
    }
    assert.deepEqual(left, ['a'])
  })

  it('that is full fails edits in words', () => {
    using folder = new ConfigFolder()
    const disk = folder.file('disk')
    mkdirSync(disk)
    const text = 'x'.repeat(50_000)
    const { performed, left } = applied(disk, small, [['file.append', { name: join(disk, 'a'), text }]])
    assert.equal(performed[0]?.result, false)
    assert.match(performed[0]?.comment ?? '', /disk is full|No space left/)
    assert.deepEqual(left, ['a'])
  })

  it('that is read-only fails in words, and nothing changes', () => {
    using folder = new ConfigFolder({ 'srv/a': 'new', 'srv/sub/b': 'new' })
    const disk = folder.file('disk')
    mkdirSync(disk)
    const prepare = `${small} && mount -o remount,ro "$0"`
    const config = { cachedir: folder.file('cache'), file_roots: { base: [folder.file('srv')] } }
    const states: States = [
      ['file.managed', { name: join(disk, 'a'), contents: 'new' }],
      ['file.managed', { name: join(disk, 'b'), contents: 'new' }],
      ['file.managed', { name: join(disk, 'a'), mode: '0600', replace: false }],
      ['file.directory', { name: join(disk, 'dir') }],
      ['file.recurse', { name: join(disk, 'dir'), source: 'salt://sub' }],
      ['file.absent', { name: join(disk, 'a') }],
      ['file.symlink', { name: join(disk, 'link'), target: '/x' }],
      ['file.append', { name: join(disk, 'a'), text: 'new' }],
      ['file.replace', { name: join(disk, 'a'), pattern: 'old', repl: 'new', backup: false }],
      ['file.touch', { name: join(disk, 'a') }],
      ['file.copy', { name: join(disk, 'c'), source: join(disk, 'a') }],
      ['file.rename', { name: join(disk, 'c'), source: join(disk, 'a') }],
      ['file.serialize', { name: join(disk, 'c'), dataset: { a: 1 } }],
      ['file.decode', { name: join(disk, 'c'), encoded_data: 'eA==' }],
    ]
    const { performed, left } = applied(disk, prepare, states, config)
    for (const [index, { result, comment }] of performed.entries()) {
      const [state = ''] = states[index] ?? []
      assert.equal(result, false, state)
      assert.match(comment, /ead-only file system|read-only|Failed to/, state)
    }
    assert.deepEqual([performed.length, left], [states.length, ['a']])
  })
})

describe('a large file', () => {
  it('passes through in pieces, and its difference is not shown', () => {
    using folder = new ConfigFolder()
    mkdirSync(folder.file('srv'))
    const large = Buffer.alloc(50_000_000, 'line of a large file\n')
    writeFileSync(folder.file('srv/large'), large)
    writeFileSync(folder.file('large'), 'small\n')
    const config = { cachedir: folder.file('cache'), file_roots: { base: [folder.file('srv')] } }
    const args = { name: folder.file('large'), source: 'salt://large' }
    const words = [script, JSON.stringify([['file.managed', args]]), JSON.stringify(config)]
    const [printed]: Printed[] = JSON.parse(execFileSync(process.execPath, words, { encoding: 'utf8' }))
    assert.ok(printed !== undefined)
    const { result, changes, grownKib } = printed
    assert.equal(result, true)
    assert.equal(
      changes.diff,
      'The difference is not shown: the file has 6 bytes, and 50000000 bytes are to take their place',
    )
    assert.ok(readFileSync(folder.file('large')).equals(large))
    assert.ok(grownKib < 40_000, `took ${grownKib} KiB`)
  })
})

describe('a master', () => {
  it('that dies in the middle of a transfer is asked for the rest when it is back', async () => {
    await using fleet = new InProcessFleet()
    const configuration = `file_roots: {base: ['${fleet.folder}/srv']}\n`
    const master = await fleet.startMaster(configuration)
    const content = randomBytes(4_500_000)
    mkdirSync(join(fleet.folder, 'srv'))
    writeFileSync(join(fleet.folder, 'srv/large'), content)
    const minion = await fleet.connect('alpha', master)
    const name = join(fleet.folder, 'large')
    const sent: number[] = []
    const real = FileRoots.prototype.part
    let dies = true
    const part = mock.method(FileRoots.prototype, 'part', async function (this: FileRoots, ...args: Part) {
      if (dies && args[2] >= 2 * largestPart) {
        void master.stop()
        return await new Promise<never>(() => {})
      }
      const bytes = await real.apply(this, args)
      sent.push(bytes.byteLength)
      return bytes
    })
    const apply = async () => {
      const { paths, values } = minion.options
      await using sessions = await connectMasters({
        id: 'alpha',
        master: `127.0.0.1:${master.port}`,
        masterPort: master.port,
        pkiDir: paths.pki_dir,
        masterFinger: '',
        requireMasterFinger: false,
        timeoutMs: 10_000,
        log: silentLog,
      })
      const host = new StateHost({
        config: { ...values, cachedir: join(fleet.folder, 'cache') },
        services: { masters: sessions.masters },
      })
      return await host.apply('file.managed', { name, source: 'salt://large', mode: '0600' })
    }
    try {
      writeFileSync(name, 'old')
      const broken = await apply()
      assert.equal(broken.result, false, broken.comment)
      assert.equal(readFileSync(name, 'utf8'), 'old')
      dies = false
      sent.splice(0)
      await master.start(configuration)
      const whole = await apply()
      assert.equal(whole.result, true, whole.comment)
      assert.ok(readFileSync(name).equals(content))
      assert.equal(statSync(name).mode & 0o777, 0o600)
      assert.equal(
        sent.reduce((sum, size) => sum + size, 0),
        content.length - 2 * largestPart,
        'only the rest was sent',
      )
      const cache = join(fleet.folder, 'cache/files/base')
      assert.deepEqual([existsSync(cache), readdirSync(cache)], [true, ['large']])
    } finally {
      part.mock.restore()
    }
  })
})
