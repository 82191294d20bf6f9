/** Pillar of a fleet: each minion has its own, and no other. */
import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { describe, it } from 'node:test'
import { silentLog } from '../../src/base/log.ts'
import { recordOfWritten } from '../../src/base/written-keys.ts'
import type { PublishRequest } from '../../src/client/api.ts'
import { connectMasters } from '../../src/client/master-session.ts'
import { InProcessFleet, type TestMaster, type TestMinion } from '../support/in-process-fleet.ts'
import { run } from '../support/program.ts'

const hasGpg = ['/usr/bin/gpg', '/bin/gpg'].some((path) => existsSync(path)) ? false : 'gpg is not installed'

const keyword = (values: object): object => ({ ...values, __kwarg__: true })

async function runner(master: TestMaster, fun: string, ...arg: readonly unknown[]): Promise<unknown> {
  await using bus = await master.bus()
  return (await bus.call('runner', { fun, arg, user: 'tester' })).return
}

async function on(master: TestMaster, id: string, fun: string, ...arg: readonly unknown[]): Promise<unknown> {
  return (await master.publish(id, fun, arg))[id]?.ret?.return
}

/** Ids that a target means. */
async function meant(
  master: TestMaster,
  tgt: string,
  tgt_type: PublishRequest['tgt_type'],
): Promise<readonly string[]> {
  await using bus = await master.bus()
  return (await bus.call('targets', { tgt, tgt_type })).minions
}

class PillarFleet extends InProcessFleet {
  put(path: string, text: string): void {
    const file = join(this.folder, path)
    mkdirSync(dirname(file), { recursive: true })
    writeFileSync(file, text)
  }

  /** A master whose pillar lies in `pillar`. */
  pillarMaster(configuration = ''): Promise<TestMaster> {
    return this.startMaster(`pillar_roots: {base: ['${this.folder}/pillar']}\n${configuration}`)
  }
}

const secrets: Readonly<Record<string, string>> = {
  'pillar/top.sls': "base:\n  '*': [common]\n  web: [web]\n  db: [db]\n",
  'pillar/common.sls': 'common: true\nid: {{ opts.id }}\nrole: {{ grains.role }}\n',
  'pillar/web.sls': 'secret: of web\n',
  'pillar/db.sls': 'secret: of db\n',
}

async function startFleet(
  configuration = '',
): Promise<{ fleet: PillarFleet; master: TestMaster; web: TestMinion; db: TestMinion }> {
  const fleet = new PillarFleet()
  for (const [path, text] of Object.entries(secrets)) fleet.put(path, text)
  const master = await fleet.pillarMaster(configuration)
  const [web, db] = await Promise.all([
    fleet.connect('web', master, 'grains: {role: front}\n'),
    fleet.connect('db', master, 'grains: {role: back}\n'),
  ])
  return { fleet, master, web, db }
}

const ofWeb = { common: true, id: 'web', role: 'front', secret: 'of web' }
const ofDb = { common: true, id: 'db', role: 'back', secret: 'of db' }

describe('pillar', () => {
  it('is there for the first job', async () => {
    const { fleet, master } = await startFleet()
    await using _ = fleet
    assert.deepEqual(await on(master, 'web', 'pillar.raw'), ofWeb)
    assert.deepEqual(await on(master, 'db', 'pillar.items'), ofDb)
    assert.equal(await on(master, 'db', 'pillar.get', 'secret'), 'of db')
    assert.equal(await on(master, 'db', 'config.get', 'secret'), 'of db')
    assert.equal(await on(master, 'db', 'match.pillar', 'secret:of*'), true)
  })

  it('keeps the kinds and the order of its keys', async () => {
    await using fleet = new PillarFleet()
    fleet.put('pillar/top.sls', "base:\n  '*': [ports]\n")
    fleet.put('pillar/ports.sls', 'ports: {8080: web, 80: http, true: yes, 1.5: half}\n')
    fleet.put(
      'files/show.sls',
      '{{ pillar.ports[80] }}-{{ pillar.given[2] }}-{{ pillar.given.keys() | join }}: test.nop\n',
    )
    const master = await fleet.pillarMaster(`file_roots: {base: ['${fleet.folder}/files']}\n`)
    await fleet.connect('web', master)
    const printed = '{{ pillar.ports }} {{ pillar.ports.keys() | list }}'
    const rendered = await on(
      master,
      'web',
      'slsutil.renderer',
      keyword({ string: printed, default_renderer: 'jinja' }),
    )
    assert.equal(rendered, "{8080: 'web', 80: 'http', True: True, 1.5: 'half'} [8080, 80, True, 1.5]")
    assert.equal(await on(master, 'web', 'pillar.get', 'ports:80'), 'http')
    assert.deepEqual(await on(master, 'web', 'pillar.keys', 'ports'), [8080, 80, true, 1.5])
    const states = await on(
      master,
      'web',
      'state.apply',
      'show',
      keyword({
        pillar: {
          given: recordOfWritten([
            [2, 'b'],
            [1, 'a'],
          ]),
        },
      }),
    )
    assert.deepEqual(Object.keys(states ?? {}), ['test_|-http-b-21_|-http-b-21_|-nop'])
  })

  it('is that of the session, whatever is asked', async () => {
    const { fleet, master, web } = await startFleet()
    await using _ = fleet
    const { values, paths, id } = web.options
    await using sessions = await connectMasters({
      id,
      master: values.master,
      masterPort: values.master_port,
      pkiDir: paths.pki_dir,
      masterFinger: '',
      requireMasterFinger: false,
      timeoutMs: 5000,
      log: silentLog,
    })
    const [calls] = sessions.masters
    assert.ok(calls)
    const ask = async (params: object): Promise<Readonly<Record<string, unknown>>> =>
      (await calls.call('pillar.compile', params)).pillar
    const grains = { id: 'db', role: 'front', host: 'db', fqdn: 'db', nodename: 'db', localhost: 'db' }
    const lies = ['id', 'minion_id', 'minion', 'tgt', 'peer', 'name', 'node', '__id__']
    for (const more of [{}, ...lies.map((name) => ({ [name]: 'db' }))]) {
      const pillar = await ask({ grains, ...more })
      assert.deepEqual(pillar, ofWeb, JSON.stringify(more))
    }
    for (const name of lies) {
      const pillar = await ask({ grains, override: { [name]: 'db' } })
      assert.equal(pillar.secret, 'of web')
    }
    const strange = ['../pillar', '/', '..', 'base/../base', 'x\0y', '__env__']
    for (const environment of strange) {
      const pillar = await ask({ grains, pillarenv: environment, saltenv: environment })
      assert.deepEqual([environment, pillar], [environment, {}])
    }
    const pillar = await ask({ grains, ext: { file_tree: { root_dir: fleet.folder } } })
    assert.match(String(pillar._errors), /on_demand_ext_pillar does not name it/)
    for (const wrong of [null, [], 'x', { grains: 5 }])
      await assert.rejects(calls.call('pillar.compile', wrong as never), /must be a mapping/)
    // Lies about grains change nothing that is known of others.
    assert.deepEqual(await on(master, 'db', 'pillar.items'), ofDb)
  })

  it('cannot be had by way of targets, files and runners of peers', async () => {
    const { fleet, master } = await startFleet("peer: {'.*': ['.*']}\n")
    await using _ = fleet
    for (const kind of ['pillar', 'pillar_pcre', 'compound']) {
      const tgt = kind === 'compound' ? 'I@secret:of*' : 'secret:of*'
      assert.deepEqual(await on(master, 'web', 'publish.publish', tgt, 'test.ping', keyword({ tgt_type: kind })), {})
    }
    assert.match(String(await on(master, 'web', 'cp.get_file_str', 'salt://../pillar/db.sls')), /contains '\.\.'/)
    assert.deepEqual(await on(master, 'web', 'cp.list_master'), [])
    assert.deepEqual(await on(master, 'web', 'publish.runner', 'pillar.show_pillar', ['db']), {})
  })

  it('is what targets look at', async () => {
    const { fleet, master } = await startFleet()
    await using _ = fleet
    await Promise.all(['web', 'db'].map((id) => on(master, id, 'pillar.raw')))
    assert.deepEqual(await meant(master, 'secret:of web', 'pillar'), ['web'])
    assert.deepEqual(await meant(master, 'secret:of*', 'pillar'), ['db', 'web'])
    assert.deepEqual(await meant(master, 'secret:^of d', 'pillar_pcre'), ['db'])
    assert.deepEqual(await meant(master, 'common:true', 'pillar_exact'), ['db', 'web'])
    assert.deepEqual(await meant(master, 'I@secret:*web or I@nothing:x', 'compound'), ['web'])
    assert.deepEqual(await runner(master, 'cache.pillar', 'web'), { web: ofWeb })
    await master.stop()
    await master.start(`pillar_roots: {base: ['${fleet.folder}/pillar']}\n`)
    // What is known outlives the process.
    assert.deepEqual(await meant(master, 'secret:of web', 'pillar'), ['web'])
    await using bus = await master.bus()
    await bus.call('wheel', { fun: 'key.delete', arg: ['web'], user: 'tester' })
    await bus.call('wheel', { fun: 'key.accept', arg: ['web'], user: 'tester' })
    assert.deepEqual(await meant(master, 'secret:of web', 'pillar'), [])
  })

  it('is made anew when somebody asks for that, and jobs wait for it', async () => {
    const { fleet, master, web } = await startFleet()
    await using _ = fleet
    assert.equal(await on(master, 'web', 'pillar.get', 'secret'), 'of web')
    fleet.put('pillar/web.sls', 'secret: changed\n')
    assert.equal(await on(master, 'web', 'pillar.get', 'secret'), 'of web')
    assert.partialDeepStrictEqual(await on(master, 'web', 'pillar.items'), { secret: 'changed' })
    assert.equal(await on(master, 'web', 'pillar.get', 'secret'), 'of web')
    await using events = await web.events()
    assert.equal(await on(master, 'web', 'saltutil.refresh_pillar'), true)
    assert.equal(await on(master, 'web', 'pillar.get', 'secret'), 'changed')
    await events.until(/^\/salt\/minion\/minion_pillar_refresh_complete$/)
    fleet.put('pillar/web.sls', 'secret: again\n')
    assert.equal(await on(master, 'web', 'saltutil.refresh_pillar', keyword({ wait: true })), true)
    assert.equal(await on(master, 'web', 'pillar.get', 'secret'), 'again')
    fleet.put('pillar/web.sls', 'secret: {{ grains.role }}\n')
    assert.deepEqual(await on(master, 'web', 'grains.setval', 'color', 'red'), { color: 'red' })
    assert.equal(await on(master, 'web', 'pillar.get', 'secret'), 'front')
    fleet.put('pillar/web.sls', 'secret: by event\n')
    await using bus = await web.bus()
    await bus.call('fire', { tag: 'pillar_refresh', data: {} })
    await events.until(/^\/salt\/minion\/minion_pillar_refresh_complete$/)
    assert.equal(await on(master, 'web', 'pillar.get', 'secret'), 'by event')
  })

  it('stays as it was where the master cannot be asked', async () => {
    const { fleet, master, web } = await startFleet()
    await using _ = fleet
    assert.equal(await on(master, 'web', 'pillar.get', 'secret'), 'of web')
    await master.stop()
    await web.until((state) => state.kind === 'waiting')
    const bus = await web.bus()
    await bus.call('fire', { tag: 'pillar_refresh', data: {} })
    await bus[Symbol.asyncDispose]()
    fleet.put('pillar/web.sls', 'secret: meanwhile\n')
    web.forget()
    await master.start(`pillar_roots: {base: ['${fleet.folder}/pillar']}\n`)
    await web.connected()
    assert.equal(await on(master, 'web', 'pillar.get', 'secret'), 'of web')
  })

  it('with errors says which, and gives the rest', async () => {
    const fleet = new PillarFleet()
    await using _ = fleet
    fleet.put('pillar/top.sls', "base:\n  '*': [a, b, gone]\n")
    fleet.put('pillar/a.sls', 'include: [b]\nx: 1\n')
    fleet.put('pillar/b.sls', 'include: [a]\ny: {{ missing.z }}\n')
    const master = await fleet.pillarMaster()
    const web = await fleet.connect('web', master)
    const pillar = await on(master, 'web', 'pillar.items')
    assert.partialDeepStrictEqual(pillar, { x: 1 })
    const { _errors: errors } = pillar as Record<string, readonly string[]>
    assert.match(String(errors), /Rendering SLS 'b' failed\. Please see master log for details\. \(b\.sls, line 2\)/)
    assert.match(String(errors), /Specified SLS 'gone' in environment 'base' is not available/)
    await master.log.until(/a file of pillar cannot be rendered .*sls=b .*missing/)
    await web.log.until(/the pillar of this minion has an error/)
    // Files in a circle are rendered once each; the log has the way.
    fleet.put('pillar/b.sls', 'include: [a]\ny: 1\n')
    const circle = (await on(master, 'web', 'pillar.items')) as Record<string, readonly string[]>
    assert.partialDeepStrictEqual(circle, { x: 1, y: 1 })
    assert.deepEqual(circle._errors?.length, 1)
    await master.log.until(/files of pillar include each other .*circle=a -> b -> a/)
  })

  it('comes from sources that fail, hang and print rubbish, and the rest is there', async () => {
    const fleet = new PillarFleet()
    await using _ = fleet
    fleet.put('hang', 'sleep 60')
    const sources = [
      '/bin/false',
      `/bin/sh ${fleet.folder}/hang`,
      '/bin/echo {oops',
      `/bin/echo '{"id":"%s"}'`,
      '/nowhere/x',
    ]
    const list = sources.map((command) => `  - cmd_json: ${JSON.stringify(command)}\n`).join('')
    const master = await fleet.pillarMaster(`ext_pillar_timeout: 1\next_pillar:\n${list}`)
    await fleet.connect('web', master)
    const { _errors: errors, ...pillar } = (await on(master, 'web', 'pillar.items')) as Record<
      string,
      readonly string[]
    >
    assert.deepEqual(pillar, { id: 'web' })
    assert.equal(errors?.length, 4, String(errors))
    assert.match(String(errors), /false ended with 1.*did not end within 1 s|within 1 s.*not valid JSON.*nowhere/s)
  })

  it('gives schedule, mine and beacons', async () => {
    const fleet = new PillarFleet()
    await using _ = fleet
    fleet.put('pillar/top.sls', "base:\n  '*': [a]\n")
    fleet.put(
      'pillar/a.sls',
      'mine_functions: {hello: [{mine_function: test.echo}, hi]}\nschedule: {often: {function: test.ping, hours: 1}}\nbeacons: {load: [{averages: {1m: [0, 100]}}, {interval: 3600}]}\n',
    )
    const master = await fleet.pillarMaster()
    await fleet.connect('web', master)
    assert.equal(await on(master, 'web', 'mine.update'), true)
    assert.deepEqual(await runner(master, 'mine.get', '*', 'hello'), { web: 'hi' })
    assert.match(String(await on(master, 'web', 'schedule.list')), /often/)
    assert.match(String(await on(master, 'web', 'beacons.list')), /load/)
  })

  it('of the command line and of other environments is made for a question alone', async () => {
    const { fleet, master } = await startFleet()
    await using _ = fleet
    assert.deepEqual(await on(master, 'web', 'pillar.items', keyword({ pillar: { secret: 'mine', more: 1 } })), {
      ...ofWeb,
      secret: 'mine',
      more: 1,
    })
    assert.deepEqual(await on(master, 'web', 'pillar.get', 'secret', keyword({ pillarenv: 'dev' })), '')
    assert.deepEqual(await on(master, 'web', 'pillar.raw'), ofWeb)
    assert.deepEqual(await runner(master, 'cache.pillar', 'web'), { web: ofWeb })
  })

  it('is shown by runners, for grains that the caller makes up', async () => {
    const { fleet, master } = await startFleet()
    await using _ = fleet
    await using events = await master.events()
    assert.deepEqual(await runner(master, 'pillar.show_pillar', 'web'), ofWeb)
    assert.partialDeepStrictEqual(await runner(master, 'pillar.show_pillar', 'db', keyword({ role: 'x' })), {
      role: 'x',
    })
    assert.partialDeepStrictEqual(await runner(master, 'pillar.show_pillar', 'unknown', keyword({ role: 'y' })), {
      id: 'unknown',
    })
    const { data } = await events.until(/^salt\/run\/\d+\/ret$/)
    assert.equal(data.return, '**********')
    assert.deepEqual(await runner(master, 'pillar.show_top'), { base: { '*': ['common'], web: ['web'], db: ['db'] } })
    fleet.put('pillar/top.sls', 'base: [')
    assert.match(String(await runner(master, 'pillar.show_top', 'web')), /Rendering Primary Top file failed/)
    const progress = await events.until(/^salt\/run\/\d+\/progress$/)
    assert.match(String(progress.data.data), /Rendering Primary Top file failed/)
    assert.ok(!('outputter' in progress.data))
    assert.equal(await runner(master, 'pillar.clear_pillar_cache'), false)
  })

  it('may use the mine, by way of a runner', async () => {
    const { fleet, master } = await startFleet()
    await using _ = fleet
    assert.equal(await on(master, 'db', 'mine.send', 'test.echo', 'from db'), true)
    const mine = "mine: {{ salt['saltutil.runner']('mine.get', tgt='db', fun='test.echo') | tojson }}\n"
    fleet.put('pillar/web.sls', `${mine}by: {{ opts.__cli }} {{ opts.__role }}\n`)
    const made = { mine: { db: 'from db' }, by: 'salt-master master' }
    assert.partialDeepStrictEqual(await on(master, 'web', 'pillar.items'), made)
    assert.match(String(await on(master, 'web', 'saltutil.runner', 'mine.get')), /a minion asks it by publish.runner/)
    fleet.put('pillar/web.sls', "mine: {{ salt['saltutil.runner']('no.such') }}\n")
    assert.match(JSON.stringify(await on(master, 'web', 'pillar.items')), /Rendering SLS 'web' failed/)
  })

  it('is kept by the master for a while where that is wanted', async () => {
    const { fleet, master } = await startFleet('pillar_cache: true\npillar_cache_ttl: 600\n')
    await using _ = fleet
    assert.deepEqual(await on(master, 'web', 'pillar.items'), ofWeb)
    fleet.put('pillar/web.sls', 'secret: changed\n')
    assert.deepEqual(await on(master, 'web', 'pillar.items'), ofWeb)
    assert.deepEqual(await runner(master, 'pillar.show_pillar_cache', 'web'), { web: { '': ofWeb } })
    assert.deepEqual(await runner(master, 'pillar.clear_pillar_cache', 'web'), { web: { '': ofWeb } })
    assert.partialDeepStrictEqual(await on(master, 'web', 'pillar.items'), { secret: 'changed' })
    fleet.put('pillar/web.sls', 'secret: again\n')
    assert.equal(await on(master, 'web', 'saltutil.refresh_pillar', true, 30, false), true)
    assert.equal(await on(master, 'web', 'pillar.get', 'secret'), 'changed')
    assert.equal(await on(master, 'web', 'saltutil.refresh_pillar', true), true)
    assert.equal(await on(master, 'web', 'pillar.get', 'secret'), 'again')
    // Of another minion's nothing comes, cached or not.
    assert.deepEqual(await on(master, 'db', 'pillar.items'), ofDb)
  })

  it('lies on no disk of the minion, unless that is wanted', async () => {
    const { fleet, master, web } = await startFleet()
    await using _ = fleet
    assert.equal(await on(master, 'web', 'match.pillar', 'secret:of*'), true)
    await web.stop()
    web.forget()
    const files = readdirSync(web.folder, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile())
    for (const { parentPath, name } of files) assert.ok(!readFileSync(join(parentPath, name)).includes('of web'), name)
    await web.start([master.port], 'grains: {role: front}\nminion_pillar_cache: true\n')
    await web.connected()
    assert.equal(await on(master, 'web', 'pillar.get', 'secret'), 'of web')
    const kept = join(web.options.paths.cachedir, 'pillar/cache.sls')
    await web.log.until(/connected/)
    assert.equal(statSync(kept).mode & 0o777, 0o600)
    assert.match(readFileSync(kept, 'utf8'), /of web/)
    const words = [
      'call',
      '--local',
      '-c',
      web.options.configDir,
      '--pillar-root',
      dirname(kept),
      '--out',
      'json',
      'pillar.items',
    ]
    const { stdout, stderr } = await run('source', words)
    assert.deepEqual(JSON.parse(stdout), { local: ofWeb }, stderr)
    rmSync(kept)
  })

  it('comes to salt call, of the master and without one', async () => {
    const { fleet, master, web } = await startFleet()
    await using _ = fleet
    await using events = await master.events()
    const call = async (...words: string[]): Promise<unknown> => {
      const { stdout, stderr } = await run('source', ['call', '-c', web.options.configDir, '--out', 'json', ...words])
      return (JSON.parse(stdout || JSON.stringify({ local: stderr })) as { local: unknown }).local
    }
    assert.deepEqual(await call('pillar.items'), ofWeb)
    await events.until(/^minion\/refresh\/web$/)
    assert.equal(await call('--no-return-event', 'pillar.get', 'secret'), 'of web')
    assert.deepEqual(await call('--local', 'pillar.items'), {})
    assert.partialDeepStrictEqual(await call('--pillar-root', join(fleet.folder, 'pillar'), 'pillar.raw'), {
      secret: 'of web',
      id: 'web',
    })
  })

  it('that is encrypted shows itself to functions, and to no log and no event', { skip: hasGpg }, async () => {
    const fleet = new PillarFleet()
    await using _ = fleet
    const home = join(fleet.folder, 'master/etc/gpgkeys')
    mkdirSync(home, { recursive: true, mode: 0o700 })
    const gpg = (words: readonly string[], input = ''): string =>
      execFileSync('gpg', ['--homedir', home, '--batch', '--no-tty', '--quiet', '--trust-model', 'always', ...words], {
        input,
        encoding: 'utf8',
        stdio: 'pipe',
      })
    try {
      gpg(['--quick-gen-key', '--passphrase', '', 'test@example.com', 'rsa2048', 'encr', 'never'])
      const message = gpg(['--armor', '--encrypt', '-r', 'test@example.com'], 'hunter2').trimEnd()
      fleet.put('pillar/top.sls', "base:\n  '*': [a]\n")
      fleet.put('pillar/a.sls', `#!yaml|gpg\npassword: ${JSON.stringify(message)}\nname: root\n`)
      const master = await fleet.pillarMaster()
      const web = await fleet.connect('web', master)
      assert.equal(await on(master, 'web', 'pillar.get', 'password'), 'hunter2')
      assert.deepEqual(await on(master, 'web', 'pillar.items'), { password: 'hunter2', name: 'root' })
      await using events = await web.events()
      assert.equal(await on(master, 'web', 'event.fire', { word: 'is hunter2' }, 'my/tag'), true)
      const { data } = await events.until(/^my\/tag$/)
      assert.equal(data.word, 'is •••')
      await on(master, 'web', 'log.error', 'it is hunter2')
      await web.log.until(/it is •••/)
      await on(master, 'web', 'cmd.run', 'false hunter2')
      for (const fun of ['event.send', 'event.fire_master']) {
        await using sent = await master.events()
        const words = [{ word: 'is hunter2' }, 'my/tag']
        assert.equal(await on(master, 'web', fun, ...(fun === 'event.send' ? words.reverse() : words)), true)
        assert.doesNotMatch(JSON.stringify((await sent.until(/^my\/tag$/)).data), /hunter2/)
      }
      await using told = await master.events()
      const single = ['state.single', 'test.succeed_with_changes', 'is hunter2']
      await on(master, 'web', ...(single as [string, string, string]))
      const called = await run('source', ['call', '-c', web.options.configDir, ...single])
      assert.match(called.stdout, /ID: is •••/)
      for (let count = 1; count <= 2; count += 1) {
        const { data: ret } = await told.until(/\/ret\/web$/)
        assert.match(JSON.stringify(ret.return), /_\|-is •••_\|-/)
        assert.doesNotMatch(JSON.stringify(ret.return), /hunter2/)
      }
      for (const log of [web.log, master.log])
        assert.ok(!log.lines.join('\n').includes('hunter2'), log.lines.join('\n'))
    } finally {
      execFileSync('gpgconf', ['--homedir', home, '--kill', 'all'])
    }
  })

  it('of a minion that works alone comes from its own roots', async () => {
    const fleet = new PillarFleet()
    await using _ = fleet
    fleet.put('own/top.sls', "base:\n  '*': [a]\n")
    fleet.put('own/a.sls', 'x: {{ grains.color }}\nschedule: {s: {function: test.ping, hours: 1}}\n')
    const minion = await fleet.startMinion(
      'alone',
      [],
      `file_client: local\ngrains: {color: red}\npillar_roots: {base: ['${fleet.folder}/own']}\n`,
    )
    const { stdout } = await run('source', ['call', '-c', minion.options.configDir, '--out', 'json', 'schedule.list'])
    assert.match(stdout, /test\.ping/)
  })
})
