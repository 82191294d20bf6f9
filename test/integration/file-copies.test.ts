/** Files between master and minions: `salt cp`, the file server, and what minions send. */
import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, it, mock } from 'node:test'
import { SaltError } from '../../src/base/errors.ts'
import type { TargetOutcome } from '../../src/client/api.ts'
import { FileRoots, largestPart } from '../../src/engine/files/file-roots.ts'
import { InProcessFleet, type TestMaster } from '../support/in-process-fleet.ts'
import { type Finished, run } from '../support/program.ts'

type Part = Parameters<FileRoots['part']>
const total = (numbers: readonly number[]): number => numbers.reduce((sum, number) => sum + number, 0)

describe('files', () => {
  let fleet: InProcessFleet
  let master: TestMaster

  beforeEach(async () => {
    fleet = new InProcessFleet()
    master = await fleet.startMaster(
      `file_recv: true\nfile_recv_max_size: 3\nfile_roots: {base: ['${fleet.folder}/srv']}\n`,
    )
  })
  afterEach(() => fleet[Symbol.asyncDispose]())

  const at = (...names: string[]): string => join(fleet.folder, ...names)
  const put = (path: string, content: string | Buffer = path): string => {
    mkdirSync(join(at(path), '..'), { recursive: true })
    writeFileSync(at(path), content)
    return at(path)
  }
  const copy = (...words: string[]): Promise<Finished> =>
    run('source', ['cp', '-c', master.options.configDir, '--out', 'json', '--static', ...words])
  const call = async (id: string, fun: string, ...arg: unknown[]): Promise<TargetOutcome['ret']> =>
    (await master.publish(id, fun, arg))[id]?.ret

  it('and folders are copied to many minions, with their modes', async () => {
    await Promise.all(
      ['web1', 'web2'].map((id) => fleet.connect(id, master, `cp_allowed_roots: ['${at(id)}', '${at('to')}']\n`)),
    )
    const large = randomBytes(2_500_000)
    put('from/large.bin', large)
    chmodSync(put('from/tree/a name with ü', 'x'), 0o750)
    put('from/tree/empty', '')
    mkdirSync(at('from/tree/nothing'))
    symlinkSync('/etc/passwd', at('from/tree/outside'))
    const { exitCode, stdout, stderr } = await copy('web*', at('from/large.bin'), at('from/tree'), at('to'))
    const expected = Object.fromEntries(
      ['large.bin', 'tree/a name with ü', 'tree/empty'].map((path) => [at('to', path), true]),
    )
    assert.deepEqual([exitCode, JSON.parse(stdout)], [0, { web1: expected, web2: expected }], stderr)
    assert.ok(readFileSync(at('to/large.bin')).equals(large))
    assert.equal(statSync(at('to/tree/a name with ü')).mode & 0o777, 0o750)
    assert.deepEqual(readdirSync(at('to/tree')).sort(), ['a name with ü', 'empty', 'nothing'])
    // The offer has ended with the command.
    const late = await call('web1', 'cp.receive', 'offer:00112233445566778899aabbccddeeff', at('to'))
    assert.match(String(late?.return), /not offered any more/)
  })

  it('go over again only where they stopped, and only where something is missing', async () => {
    await Promise.all(['web1', 'web2'].map((id) => fleet.connect(id, master)))
    const content = randomBytes(3_500_000)
    put('from/x', content)
    const real = FileRoots.prototype.part
    const sent: number[] = []
    let isBroken = true
    const cut = mock.method(FileRoots.prototype, 'part', async function (this: FileRoots, ...args: Part) {
      if (isBroken && args[2] >= 2_000_000) throw new SaltError('storage', 'the disk is gone')
      const bytes = await real.apply(this, args)
      sent.push(bytes.byteLength)
      return bytes
    })
    try {
      const toBoth = (): Promise<Finished[]> =>
        Promise.all(['web1', 'web2'].map((id) => copy(id, at('from/x'), at(id, 'x'))))
      for (const { exitCode, stdout } of await toBoth()) {
        assert.equal(exitCode, 1)
        assert.match(stdout, /the disk is gone/)
      }
      assert.equal(existsSync(at('web1/x')), false)
      assert.equal(total(sent.splice(0)), 2 * 2 * largestPart)
      isBroken = false
      for (const missing of [2 * (content.length - 2 * largestPart), 0]) {
        assert.deepEqual(
          (await toBoth()).map(({ exitCode }) => exitCode),
          [0, 0],
        )
        assert.equal(total(sent.splice(0)), missing)
      }
    } finally {
      cut.mock.restore()
    }
    assert.ok(readFileSync(at('web1/x')).equals(content))
    assert.ok(readFileSync(at('web2/x')).equals(content))
    assert.deepEqual(readdirSync(at('web1')), ['x'])
  })

  it('are fetched by salt call, with a master and without', async () => {
    put('srv/a b', 'served')
    const minion = await fleet.connect('web1', master)
    const config = minion.options.configDir
    const alone = `root_dir: ${at('alone')}\nfile_client: local\nfile_roots: {base: ['${at('srv')}']}\n`
    put('alone/minion', alone)
    for (const words of [
      ['-c', config],
      ['--local', '-c', at('alone')],
    ] as const) {
      const dest = at(`to${words.length}`)
      const { exitCode, stdout, stderr } = await run('source', ['call', ...words, 'cp.get_file', 'salt://a b', dest])
      assert.deepEqual([exitCode, stdout], [0, `local:\n    ${dest}\n`], stderr)
      assert.equal(readFileSync(dest, 'utf8'), 'served')
    }
  })

  it('are written only below the folders that are allowed', async () => {
    await fleet.connect('web1', master, `cp_allowed_roots: ['${at('ok')}']\n`)
    put('from/x')
    mkdirSync(at('ok'))
    mkdirSync(at('elsewhere'))
    symlinkSync(at('elsewhere'), at('ok/link'))
    for (const dest of [at('no/x'), at('ok-not/x'), at('ok/../no/x'), at('ok/link/x')]) {
      const { exitCode, stdout } = await copy('web1', at('from/x'), dest)
      assert.equal(exitCode, 1, dest)
      assert.match(stdout, /outside of the folders|leads out of its folder/, dest)
    }
    assert.deepEqual([existsSync(at('no')), existsSync(at('ok-not')), readdirSync(at('elsewhere'))], [false, false, []])
    assert.equal((await copy('web1', at('from/x'), at('ok/x'))).exitCode, 0)
    for (const [fun, ...arg] of [
      ['cp.recv', { x: 'x' }, at('no/x')],
      ['cp.recv_chunked', at('no/x'), 'x'],
      ['cp.get_file', at('from/x'), at('no/x')],
    ] as const) {
      assert.match(String((await call('web1', fun, ...arg))?.return), /outside of the folders/, fun)
    }
  })

  it('says what is wrong with a command line, and who did not get it', async () => {
    await fleet.connect('web1', master)
    put('from/x')
    const [nothing, missing, nobody, relative] = await Promise.all([
      copy('web1', at('from/x')),
      copy('web1', at('from/nosuch'), at('to')),
      copy('nobody', at('from/x'), at('to')),
      copy('web1', at('from/x'), 'to'),
    ])
    assert.deepEqual([nothing.exitCode, missing.exitCode, nobody.exitCode, relative.exitCode], [64, 42, 2, 1])
    assert.match(missing.stderr, /cannot read a source: it does not exist[\s\S]*nosuch/)
    assert.match(relative.stdout, /not absolute/)
  })

  it('of the file server are cached, listed and put in place', async () => {
    await fleet.connect('web1', master)
    put('srv/top.sls')
    put('srv/web/init.sls', 'web')
    put('srv/web/tls.sls', 'tls')
    put('srv/web/site.conf', 'site')
    symlinkSync('/etc/passwd', at('srv/passwd'))
    const value = async (fun: string, ...arg: unknown[]): Promise<unknown> => (await call('web1', fun, ...arg))?.return
    assert.deepEqual(await value('cp.envs'), ['base'])
    assert.deepEqual(await value('cp.list_master'), ['top.sls', 'web/init.sls', 'web/site.conf', 'web/tls.sls'])
    assert.deepEqual(await value('cp.list_states'), ['top', 'web', 'web.tls'])
    assert.deepEqual(await value('cp.list_master_dirs'), ['web'])
    assert.equal(await value('cp.is_cached', 'salt://web/site.conf'), '')
    const cached = await value('cp.cache_file', 'salt://web/site.conf')
    assert.equal(readFileSync(String(cached), 'utf8'), 'site')
    assert.equal(await value('cp.is_cached', 'salt://web/site.conf'), cached)
    assert.deepEqual(await value('cp.list_minion'), [cached])
    assert.equal(await value('cp.cache_file', 'salt://nosuch'), false)
    assert.match(String(await value('cp.cache_file', 'salt://../from')), /bad-path|contains '\.\.'/)
    assert.match(String(await value('cp.cache_file', 'salt://passwd')), /leads out/)
    assert.match(String(await value('cp.get_file', 'salt://web/site.conf', at('to/site.conf'))), /there is no folder/)
    const placed = await value('cp.get_file', 'salt://web/site.conf', at('to/site.conf'), 'base', true)
    assert.deepEqual([placed, readFileSync(at('to/site.conf'), 'utf8')], [at('to/site.conf'), 'site'])
    assert.deepEqual(
      await value('cp.get_dir', 'salt://web', at('tree')),
      ['init.sls', 'site.conf', 'tls.sls'].map((name) => at('tree/web', name)),
    )
    assert.deepEqual(readdirSync(at('tree/web')).sort(), ['init.sls', 'site.conf', 'tls.sls'])
    assert.equal(await value('cp.get_file_str', 'salt://web/site.conf'), 'site')
    assert.deepEqual(await value('cp.cache_dir', 'salt://web', 'base', false, '*.conf'), [cached])
    assert.match(
      String(await value('cp.get_url', 'salt://web/site.conf', '', 'base', false, 'sha256=00')),
      /not the one that was meant/,
    )
  })

  it('that are written while they are on their way come as they are at last', async () => {
    await fleet.connect('web1', master)
    put('srv/x', randomBytes(2_500_000))
    const content = randomBytes(2_600_000)
    const real = FileRoots.prototype.part
    let isWritten = false
    const written = mock.method(FileRoots.prototype, 'part', async function (this: FileRoots, ...args: Part) {
      if (args[2] > 0 && !isWritten) {
        isWritten = true
        put('srv/x', content)
      }
      return await real.apply(this, args)
    })
    try {
      assert.equal((await call('web1', 'cp.get_file', 'salt://x', at('x')))?.return, at('x'))
    } finally {
      written.mock.restore()
    }
    assert.ok(readFileSync(at('x')).equals(content))
  })

  it('of minions come to the master, within its bounds', async () => {
    await fleet.connect('web1', master)
    const content = randomBytes(2_200_000)
    const large = put('from/large.bin', content)
    assert.equal((await call('web1', 'cp.push', large))?.return, true)
    const stored = (path: string): string => join(master.options.paths.cachedir, 'minions/web1/files', path)
    assert.ok(readFileSync(stored(large)).equals(content))
    assert.equal((await call('web1', 'cp.push', put('from/a/b', 'b')))?.return, true)
    assert.equal((await call('web1', 'cp.push_dir', at('from/a'), null, 'up'))?.return, true)
    assert.equal(readFileSync(stored('up/b'), 'utf8'), 'b')
    symlinkSync('b', at('from/a/link'))
    symlinkSync('.', at('from/a/endless'))
    symlinkSync('nowhere', at('from/a/broken'))
    assert.equal((await call('web1', 'cp.push_dir', at('from/a'), null, 'links'))?.return, true)
    assert.deepEqual(readdirSync(stored('links')).sort(), ['b', 'link'])
    assert.equal((await call('web1', 'cp.push_dir', at('from/a'), '*.none'))?.return, false)
    assert.equal((await call('web1', 'cp.push_dir', at('from/a/b'), null, 'single'))?.return, true)
    assert.equal(readFileSync(stored('single'), 'utf8'), 'b')
    assert.match(
      String((await call('web1', 'cp.push', put('from/huge', Buffer.alloc(3_500_000))))?.return),
      /larger than 3 MiB/,
    )
    assert.match(
      String((await call('web1', 'cp.push', put('from/x'), false, '../../web2/files/x'))?.return),
      /contains '\.\.'/,
    )
    await master.reload('file_recv: false\n')
    assert.match(String((await call('web1', 'cp.push', put('from/y')))?.return), /takes no files/)
  })
})
