/** States of files together with others of the run, with web servers, and with secrets: what single cases cannot show. */
import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import {
  chmodSync,
  existsSync,
  lchownSync,
  lstatSync,
  readdirSync,
  readFileSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { createServer, type RequestListener } from 'node:http'
import { describe, it } from 'node:test'
import { SaltError } from '../../../../src/base/errors.ts'
import { Secret } from '../../../../src/base/secret.ts'
import { createFunctionContext } from '../../../../src/engine/functions/context.ts'
import type { LowChunk, Requisite } from '../../../../src/engine/state/low-chunk.ts'
import { applyPlan, type PerformedState, planState, showPlan } from '../../../../src/engine/state/perform.ts'
import { stateContext } from '../../../../src/engine/state/state-context.ts'
import { reasonOf } from '../../../../src/plugins/modules/file/managing/plan-words.ts'
import { ConfigFolder } from '../../../support/config-folder.ts'
import { chunkOf, StateHost, type StateHostOptions } from '../../../support/state-host.ts'

const md5 = (text: string): string => createHash('md5').update(text).digest('hex')

/** States of one run, which know of each other. */
class Run {
  readonly #host: StateHost
  readonly #memory = new Map<string, unknown>()
  readonly #chunks: readonly LowChunk[]

  constructor(options: StateHostOptions, chunks: readonly LowChunk[]) {
    this.#host = new StateHost(options)
    this.#chunks = chunks
  }

  async perform(chunk: LowChunk, isTest = false): Promise<PerformedState> {
    const name = `${chunk.state}.${chunk.fun}`
    const found = await this.#host.functions.catalogues.states.load(name)
    assert.ok(found.kind !== 'unavailable')
    const { context } = createFunctionContext(this.#host.functions.inputs)
    const ctx = stateContext(context, chunk, { chunks: this.#chunks, memory: this.#memory, isTest })
    const plan = await planState(ctx, { name, definition: found.definition, args: chunk.args })
    return isTest ? showPlan(plan) : await applyPlan(ctx, name, plan)
  }
}

const required = (...ids: readonly string[]): readonly Requisite[] =>
  ids.map((id) => ({ kind: 'require', state: 'file', id }))

describe('cleaning', () => {
  it('leaves what states of files manage that it requires', async () => {
    using folder = new ConfigFolder({
      'srv/web/page': 'page',
      'dir/kept': 'kept',
      'dir/managed/deep/file': 'x',
      'dir/whole/one': '1',
      'dir/whole/sub/two': '2',
      'dir/web/page': 'page',
      'dir/web/old': 'old',
      'dir/other': 'other',
      'dir/gone/x': 'x',
    })
    const at = (name: string): string => folder.file(name)
    const chunks = [
      chunkOf('file.managed', { name: at('dir/kept') }),
      { ...chunkOf('file.managed', { name: at('dir/managed/deep/file') }), id: 'a deep file' },
      chunkOf('file.directory', { name: at('dir/whole') }),
      { ...chunkOf('file.recurse', { name: at('dir/web'), source: 'salt://web' }), id: 'the site' },
      chunkOf('file.managed', { name: at('dir/other') }),
    ]
    const clean = {
      ...chunkOf('file.directory', { name: at('dir'), clean: true }),
      requisites: required(at('dir/kept'), 'a deep file', at('dir/whole'), 'the site'),
    }
    const run = new Run({ config: { file_roots: { base: [at('srv')] } } }, [...chunks, clean])
    const dry = await run.perform(clean, true)
    assert.deepEqual(Object.keys(dry.changes).sort(), ['dir/gone', 'dir/gone/x', 'dir/other', 'dir/web/old'].map(at))
    const { changes } = await run.perform(clean)
    assert.deepEqual(changes.removed, ['dir/gone', 'dir/other', 'dir/web/old'].map(at))
    assert.deepEqual(readdirSync(at('dir')).sort(), ['kept', 'managed', 'web', 'whole'])
    assert.deepEqual((await run.perform(clean)).changes, {})
  })

  it('of a folder of the file server leaves them, too', async () => {
    using folder = new ConfigFolder({ 'srv/web/page': 'page', 'out/own': 'own', 'out/old': 'old' })
    const own = chunkOf('file.managed', { name: folder.file('out/own') })
    const args = { name: folder.file('out'), source: 'salt://web', clean: true }
    const chunk = { ...chunkOf('file.recurse', args), requisites: required(folder.file('out/own')) }
    const config = { file_roots: { base: [folder.file('srv')] }, cachedir: folder.file('cache') }
    await new Run({ config }, [own, chunk]).perform(chunk)
    assert.deepEqual(readdirSync(folder.file('out')).sort(), ['own', 'page'])
  })

  it('removes nothing outside, whatever links say', async () => {
    using folder = new ConfigFolder({ 'outside/a': 'a', 'dir/b': 'b' })
    symlinkSync(folder.file('outside'), folder.file('dir/link'))
    await new StateHost().apply('file.directory', { name: folder.file('dir'), clean: true })
    assert.deepEqual([readdirSync(folder.file('dir')), readdirSync(folder.file('outside'))], [[], ['a']])
  })
})

describe('accumulators', () => {
  it('are for the templates and blocks of the states that need them', async () => {
    using folder = new ConfigFolder({
      'srv/t': '{% for one in accumulator.hosts %}{{ one }}\n{% endfor %}',
      block: '<\n>\n',
    })
    const at = (name: string): string => folder.file(name)
    const collect = (id: string, name: string, filename: string, text: unknown): LowChunk => ({
      ...chunkOf('file.accumulated', { name, filename, text }),
      id,
      name,
    })
    const chunks = [
      collect('one', 'hosts', at('t'), 'a'),
      collect('two', 'hosts', at('t'), ['b', 'a']),
      collect('three', 'lines', at('block'), ['x', 'y']),
      collect('four', 'others', at('block'), 'not for this one'),
    ]
    const [one, two, three, four] = chunks
    assert.ok(one && two && three && four)
    const template = {
      ...chunkOf('file.managed', { name: at('t'), source: 'salt://t', template: 'jinja' }),
      requisites: required('one', 'two'),
    }
    const block = {
      ...chunkOf('file.blockreplace', {
        name: at('block'),
        marker_start: '<',
        marker_end: '>',
        content: 'own',
        backup: false,
      }),
      requisites: required('three'),
    }
    const other = {
      ...chunkOf('file.blockreplace', { name: at('block') }),
      id: 'another',
      requisites: required('four'),
    }
    const config = { file_roots: { base: [at('srv')] }, cachedir: at('cache') }
    const run = new Run({ config }, [...chunks, template, block, other])
    const charged = await run.perform(one)
    assert.equal(charged.comment, `Accumulator hosts for file ${at('t')} was charged by text`)
    assert.deepEqual(charged.changes, {})
    for (const chunk of [two, three, four]) assert.equal((await run.perform(chunk)).result, true)
    assert.equal((await run.perform(one)).comment, '', 'twice is once')
    // A dry run knows them as well.
    assert.equal((await run.perform(template, true)).result, null)
    await run.perform(template)
    assert.equal(readFileSync(at('t'), 'utf8'), 'a\nb\n')
    await run.perform(block)
    assert.equal(readFileSync(at('block'), 'utf8'), '<\nown\nx\ny\n>\n')
  })
})

interface Site extends AsyncDisposable {
  readonly url: string
  readonly asked: string[]
}

async function serve(routes: Readonly<Record<string, RequestListener>>): Promise<Site> {
  const asked: string[] = []
  const server = createServer((request, response) => {
    asked.push(request.url ?? '')
    const route = routes[request.url ?? '']
    if (route === undefined) response.writeHead(404).end('no')
    else route(request, response)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  assert.ok(typeof address === 'object' && address !== null)
  return {
    url: `http://127.0.0.1:${address.port}`,
    asked,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

describe('sources of the web', () => {
  it('are fetched once, and held to their checksums', async () => {
    using folder = new ConfigFolder()
    await using site = await serve({ '/a': (_request, response) => response.end('content') })
    const host = new StateHost({ config: { cachedir: folder.file('cache') } })
    const name = folder.file('a')
    const right = { name, source: `${site.url}/a`, source_hash: md5('content') }
    assert.equal((await host.test('file.managed', right)).result, null)
    assert.equal((await host.apply('file.managed', right)).result, true)
    assert.equal((await host.apply('file.managed', right)).changes.diff, undefined)
    assert.deepEqual(site.asked, ['/a'], 'the copy in the cache is the right one')
    const wrong = { ...right, source_hash: md5('other') }
    for (const run of [await host.test('file.managed', wrong), await host.apply('file.managed', wrong)]) {
      assert.equal(run.result, false)
      assert.match(
        run.comment,
        /^Specified md5 checksum for http:\S+ \(\w+\) does not match actual checksum \(\w+\)\. If/,
      )
    }
    assert.equal(readFileSync(name, 'utf8'), 'content')
    const fresh = await host.apply('file.managed', { ...wrong, name: folder.file('b') })
    assert.deepEqual([fresh.result, existsSync(folder.file('b'))], [false, false])
  })

  it('may do without checksums', async () => {
    using folder = new ConfigFolder()
    let etag = '"1"'
    let sent = 0
    await using site = await serve({
      '/a': (request, response) => {
        if (request.headers['if-none-match'] === etag) return response.writeHead(304).end()
        sent += 1
        return response.setHeader('ETag', etag).end(`content ${etag}`)
      },
      '/secret': (request, response) => response.end(request.headers.authorization ?? 'nobody'),
    })
    const host = new StateHost({ config: { cachedir: folder.file('cache') } })
    const args = { name: folder.file('a'), source: `${site.url}/a`, use_etag: true }
    for (const expected of ['content "1"', 'content "1"', 'content "2"']) {
      if (expected.includes('2')) etag = '"2"'
      assert.equal((await host.apply('file.managed', args)).result, true)
      assert.equal(readFileSync(args.name, 'utf8'), expected)
    }
    assert.equal(sent, 2)
    const source = site.url.replace('//', '//fred:pw@')
    await host.apply('file.managed', { name: folder.file('b'), source: `${source}/secret`, skip_verify: true })
    assert.equal(readFileSync(folder.file('b'), 'utf8'), `Basic ${Buffer.from('fred:pw').toString('base64')}`)
    const missing = await host.apply('file.managed', {
      name: folder.file('c'),
      source: `${source}/no`,
      skip_verify: true,
    })
    assert.equal(missing.comment, `Source file '${site.url.replace('//', '//<redacted>@')}/no' not found`)
  })

  it('are templates, too, and leave the cache where they shall', async () => {
    using folder = new ConfigFolder()
    await using site = await serve({ '/t': (_request, response) => response.end('{{ 1 + 1 }}') })
    const host = new StateHost({ config: { cachedir: folder.file('cache') } })
    const source = `${site.url}/t`
    const args = {
      name: folder.file('t'),
      source,
      source_hash: md5('{{ 1 + 1 }}'),
      template: 'jinja',
      keep_source: false,
    }
    assert.equal((await host.apply('file.managed', args)).result, true)
    assert.equal(readFileSync(args.name, 'utf8'), '2')
    const cached = readdirSync(folder.file('cache'), { recursive: true, withFileTypes: true })
    assert.deepEqual(
      cached.filter((entry) => entry.isFile()),
      [],
    )
  })

  it('are cached by file.cached', async () => {
    using folder = new ConfigFolder()
    await using site = await serve({ '/a': (_request, response) => response.end('content') })
    const host = new StateHost({ config: { cachedir: folder.file('cache') } })
    const args = { name: `${site.url}/a`, source_hash: md5('content') }
    assert.equal((await host.test('file.cached', args)).result, null)
    assert.deepEqual((await host.apply('file.cached', args)).changes, { hash: { old: null, new: md5('content') } })
    assert.match((await host.apply('file.cached', args)).comment, /^File is already cached to \S+ with hash \w+$/)
    const wrong = await host.apply('file.cached', { ...args, source_hash: md5('x') })
    assert.equal(wrong.result, false)
    assert.match(
      wrong.comment,
      /^File is cached to \S+, but the hash \(\w+\) does not match the specified hash \(\w+\)$/,
    )
  })
})

describe('a managed file', () => {
  it('shows no secret', async () => {
    using folder = new ConfigFolder({ a: 'old\n' })
    const pillar = { key: new Secret('top secret'), more: { list: [new Secret('hidden')] } }
    const host = new StateHost({ pillar })
    for (const args of [{ contents_pillar: 'key' }, { contents_pillar: ['key', 'more:list'] }]) {
      const dry = await host.test('file.managed', { name: folder.file('a'), ...args })
      const run = await host.apply('file.managed', { name: folder.file('a'), ...args })
      for (const { changes, comment } of [dry, run]) {
        assert.deepEqual(changes, { diff: '•••' })
        assert.doesNotMatch(comment, /secret|hidden/)
      }
      assert.match(readFileSync(folder.file('a'), 'utf8'), /top secret/)
    }
    const data = await host.apply('file.serialize', { name: folder.file('a'), dataset_pillar: 'more' })
    assert.deepEqual(data.changes, { diff: '•••' })
    assert.equal(readFileSync(folder.file('a'), 'utf8'), 'list:\n- hidden\n')
  })

  it('keeps its attributes, and shows what would become of them', async () => {
    using folder = new ConfigFolder({ a: 'x\n' })
    const a = folder.file('a')
    const flags = (letters: string): string => `--------------${letters}------- ${a}\n`
    const programs = {
      [`lsattr ${a}`]: [...Array.from({ length: 6 }, () => flags('e')), flags('ae')],
      [`chattr +a ${a}`]: '',
    }
    const host = new StateHost({ programs })
    const args = { name: a, contents: 'x', attrs: 'a' }
    assert.deepEqual((await host.test('file.managed', args)).changes, { attrs: { old: 'e', new: 'a' } })
    assert.deepEqual((await host.apply('file.managed', args)).changes, { attrs: { old: 'e', new: 'a' } })
    assert.ok(host.functions.ran.includes(`chattr +a ${a}`))
  })

  it('gets its SELinux context', async () => {
    using folder = new ConfigFolder({ a: 'x\n', 'root/sys/fs/selinux/enforce': '1' })
    const a = folder.file('a')
    const programs = {
      [`stat -c %C ${a}`]: 'system_u:object_r:etc_t:s0\n',
      [`restorecon ${a}`]: '',
    }
    const host = new StateHost({ programs, root: folder.file('root') })
    const selinux = { setype: 'etc_t' }
    assert.deepEqual((await host.apply('file.managed', { name: a, contents: 'x', selinux })).changes, {})
    const dry = await host.test('file.managed', { name: a, contents: 'x', selinux: { setype: 'http_t' } })
    assert.deepEqual(dry.changes, { selinux: { Old: 'Type: etc_t', New: 'Type: http_t' } })
    assert.equal((await host.apply('file.managed', { name: a, contents: 'y', selinux })).result, true)
    assert.ok(host.functions.ran.includes(`restorecon ${a}`), 'as the policy has it')
  })

  it('keeps a copy of the old file where that is asked for', async () => {
    using folder = new ConfigFolder({ a: 'old' })
    const config = { cachedir: folder.file('cache'), backup_mode: 'minion' }
    const host = new StateHost({ config })
    await host.apply('file.managed', { name: folder.file('a'), contents: 'new' })
    const listed = await host.functions.call('file.list_backups', folder.file('a'))
    const [copy] = Object.values(listed.return as Record<string, { readonly Location: string }>)
    assert.equal(readFileSync(copy?.Location ?? '', 'utf8'), 'old')
  })

  it('is private until its mode is set, and leaves nothing behind', async () => {
    using folder = new ConfigFolder()
    const host = new StateHost()
    const check_cmd = 'stat -c %a --printf=x --no-such-option'
    const refused = await host.apply('file.managed', {
      name: folder.file('a'),
      contents: 'x',
      check_cmd,
      tmp_dir: folder.path,
    })
    assert.equal(refused.result, false)
    assert.deepEqual(readdirSync(folder.path), [])
    assert.equal((refused as { more?: { skip_watch?: boolean } }).more?.skip_watch, true)
    await host.apply('file.managed', { name: folder.file('a'), contents: 'x', mode: '0640' })
    assert.deepEqual([readdirSync(folder.path), lstatSync(folder.file('a')).mode & 0o777], [['a'], 0o640])
  })

  it('does not lose the bits of its owner', {
    skip: process.geteuid?.() !== 0 && 'only root can do this',
  }, async () => {
    using folder = new ConfigFolder({ a: 'x\n' })
    chmodSync(folder.file('a'), 0o4755)
    const { changes } = await new StateHost().apply('file.managed', {
      name: folder.file('a'),
      contents: 'x',
      user: 'daemon',
    })
    assert.deepEqual(changes, { user: 'daemon' })
    assert.equal(lstatSync(folder.file('a')).mode & 0o7777, 0o4755)
  })

  it('is planned without a program', async () => {
    using folder = new ConfigFolder({ a: 'x\n' })
    const host = new StateHost({ programs: {} })
    await host.apply('file.managed', { name: folder.file('a'), contents: 'y', user: 0, group: 0, mode: '0644' })
    await host.apply('file.directory', { name: folder.file('dir'), user: 0, mode: '0755', makedirs: true })
    assert.deepEqual(host.functions.ran, [])
  })
})

describe('owners who are not there yet', () => {
  const owners = { user: 'nosuchuser', group: 'nosuchgroup' }
  const makers = [
    chunkOf('user.present', { name: 'nosuchuser' }),
    { ...chunkOf('group.present', { name: 'nosuchgroup' }), id: 'the group' },
  ]

  it('are no fault of a dry run whose states make them before', async () => {
    using folder = new ConfigFolder()
    const chunk = chunkOf('file.managed', { name: folder.file('a'), contents: 'x', ...owners })
    const dry = await new Run({}, [...makers, chunk]).perform(chunk, true)
    assert.deepEqual([dry.result, dry.changes, dry.warnings], [null, { newfile: folder.file('a') }, undefined])
  })

  it('are told of where states would make them too late', async () => {
    using folder = new ConfigFolder()
    const chunk = chunkOf('file.directory', { name: folder.file('a'), ...owners })
    const dry = await new Run({}, [chunk, ...makers]).perform(chunk, true)
    const fault =
      'User nosuchuser is not available Group nosuchgroup is not available, and no state before this one makes it so'
    assert.deepEqual([dry.result, dry.warnings], [null, [fault]])
  })
})

it('leaves links to whom they belong', { skip: process.geteuid?.() !== 0 && 'only root can do this' }, async () => {
  using folder = new ConfigFolder()
  const link = folder.file('link')
  symlinkSync('/x', link)
  lchownSync(link, 1, 1)
  const host = new StateHost()
  const kept = await host.apply('file.symlink', { name: link, target: '/x', inherit_user_and_group: true })
  assert.deepEqual([kept.result, kept.changes, lstatSync(link).uid], [true, {}, 1])
  const moved = await host.apply('file.symlink', { name: link, target: '/y', inherit_user_and_group: true })
  assert.deepEqual([moved.result, lstatSync(link).uid, lstatSync(link).gid], [true, 1, 1])
  await host.apply('file.symlink', { name: link, target: '/y' })
  assert.equal(lstatSync(link).uid, 0)
})

it('names the file that could not be read', () => {
  const error = new SaltError('storage', 'cannot read the file: permission denied', { where: '/var/cache/a' })
  assert.equal(reasonOf(error), 'cannot read the file: permission denied (/var/cache/a)')
})

describe('folders that are not there', () => {
  const makers: readonly (readonly [string, string, boolean])[] = [
    ['file.directory', 'dir', true],
    ['file.directory', 'dir/deeper', true],
    ['file.recurse', '', true],
    ['file.directory', '', false],
    ['file.managed', 'directory', false],
    ['pkg.installed', 'app', true],
    ['cmd.run', 'make', true],
    ['host.present', 'app', false],
  ]
  for (const [state, name, makes] of makers) {
    it(`${makes ? 'may be' : 'are not'} made by ${state} of ${name === '' ? 'the one above' : name}`, async () => {
      using folder = new ConfigFolder({})
      const before = chunkOf(state, { name: state.startsWith('file.') ? folder.file(name).replace(/\/$/, '') : name })
      const host = new StateHost({ chunks: [before] })
      const { result, warnings } = await host.test('file.managed', { name: folder.file('dir/a'), contents: 'x' })
      const warning = `Folder ${folder.file('dir')} is not there, and no state before this one makes it`
      assert.deepEqual([result, warnings], [null, makes ? undefined : [warning]])
    })
  }
})

describe('text in another encoding', () => {
  it('is told of where nothing else differs', async () => {
    using folder = new ConfigFolder({})
    const name = folder.file('a')
    writeFileSync(name, Buffer.from('caf\u00e9\n', 'latin1'))
    const { result, changes } = await new StateHost({}).test('file.managed', { name, contents: 'caf\u00e9' })
    assert.deepEqual([result, changes], [null, { diff: 'Replace the text with the same text in another encoding' }])
  })
})
