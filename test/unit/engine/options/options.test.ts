import assert from 'node:assert/strict'
import { existsSync, readFileSync } from 'node:fs'
import { describe, test } from 'node:test'
import { loadMasterOptions, type MasterOptions } from '../../../../src/engine/options/master-options.ts'
import { loadMinionOptions, type MinionOptions } from '../../../../src/engine/options/minion-options.ts'
import { ConfigFolder } from '../../../support/config-folder.ts'

const master = (folder: ConfigFolder, overrides = {}): Promise<MasterOptions> =>
  loadMasterOptions({ configDir: folder.path, overrides })
const minion = (folder: ConfigFolder, overrides = {}): Promise<MinionOptions> =>
  loadMinionOptions({ configDir: folder.path, overrides })

describe('defaults', () => {
  test('a master without a file has those of Salt', async () => {
    using folder = new ConfigFolder()
    const { values, paths, files, autosign } = await master(folder)
    assert.equal(values.ret_port, 4506)
    assert.equal(values.keep_jobs_seconds, 86_400)
    assert.deepEqual(values.file_roots, { base: ['/srv/salt'] })
    assert.deepEqual(paths, {
      root_dir: '/',
      pki_dir: '/etc/salt/pki/master',
      cachedir: '/var/cache/salt/master',
      sock_dir: '/var/run/salt/master',
      pidfile: '/var/run/salt-master.pid',
      log_file: '/var/log/salt/master',
      key_logfile: '/var/log/salt/key',
    })
    assert.equal(autosign.autosignFolder, '/etc/salt/pki/master/minions_autosign')
    assert.deepEqual(files, [])
  })

  test('a minion too', async () => {
    using folder = new ConfigFolder({ minion: 'id: m1' })
    const { values, paths, id } = await minion(folder)
    assert.equal(id, 'm1')
    assert.equal(values.master, 'salt')
    assert.equal(paths.pki_dir, '/etc/salt/pki/minion')
    assert.equal(paths.extension_modules, '/var/cache/salt/minion/extmods')
  })

  test('a key without a value has its default', async () => {
    using folder = new ConfigFolder({ master: 'timeout:\npeer:\nautosign_file:\n' })
    const { values } = await master(folder)
    assert.deepEqual([values.timeout, values.peer, values.autosign_file], [5, {}, undefined])
  })

  test('the folder may come from the environment', async () => {
    using folder = new ConfigFolder({ master: 'timeout: 7' })
    const before = process.env.SALT_CONFIG_DIR
    process.env.SALT_CONFIG_DIR = folder.path
    try {
      assert.equal((await loadMasterOptions()).values.timeout, 7)
    } finally {
      if (before === undefined) delete process.env.SALT_CONFIG_DIR
      else process.env.SALT_CONFIG_DIR = before
    }
  })
})

describe('values', () => {
  test('what came through YAML is taken as it was meant', async () => {
    using folder = new ConfigFolder({ master: "timeout: 10.0\nret_port: '4510'\nuser: 1000\nlog_level: DEBUG\n" })
    const { values } = await master(folder)
    assert.deepEqual([values.timeout, values.ret_port, values.user, values.log_level], [10, 4510, '1000', 'debug'])
  })

  test('the command line wins, where it says something', async () => {
    using folder = new ConfigFolder({ master: 'timeout: 10\nlog_level: info' })
    const { values, view } = await master(folder, { timeout: 3, log_level: undefined, extra: 'x' })
    assert.deepEqual([values.timeout, values.log_level], [3, 'info'])
    assert.equal(view.get('extra'), 'x')
  })

  test('the view has every key, others than ours included', async () => {
    using folder = new ConfigFolder({ master: 'worker_threads: 5\nmysql.host: db\ntimeout: 9\n' })
    const { view } = await master(folder)
    assert.deepEqual([view.get('worker_threads'), view.get('mysql.host'), view.get('timeout')], [5, 'db', 9])
    assert.equal(view.get('toString'), undefined)
    assert.equal(view.all.interface, '0.0.0.0')
  })

  test('keep_jobs counts in hours and gives way', async () => {
    using folder = new ConfigFolder({ master: 'keep_jobs: 2' })
    assert.equal((await master(folder)).values.keep_jobs_seconds, 7200)
    folder.write('master', 'keep_jobs: 2\nkeep_jobs_seconds: 60')
    assert.equal((await master(folder)).values.keep_jobs_seconds, 60)
  })

  test('one folder for an environment becomes a list', async () => {
    using folder = new ConfigFolder({ master: 'file_roots:\n  base: /a\n  dev: [/b, /c]\n' })
    assert.deepEqual((await master(folder)).values.file_roots, { base: ['/a'], dev: ['/b', '/c'] })
  })

  test('autosign options are handed on', async () => {
    using folder = new ConfigFolder({
      master: 'auto_accept: true\nroot_dir: /r\nautosign_file: /etc/salt/autosign.conf\nautosign_timeout: 5\n',
    })
    const { autosign } = await master(folder)
    assert.equal(autosign.autoAccept, true)
    assert.equal(autosign.autosignFile, '/r/etc/salt/autosign.conf')
    assert.equal(autosign.autosignTimeoutMinutes, 5)
  })
})

describe('masters', () => {
  const lists: readonly [string, readonly string[]][] = [
    ['', ['salt']],
    ['master: m1:4510', ['m1:4510']],
    ['master: [m1, m2]', ['m1', 'm2']],
    ['master: m1\nmaster_type: disable', []],
    ['master: m1\nfile_client: local', []],
    ['master: m1\nfile_client: local\nuse_master_when_local: true', ['m1']],
  ]
  for (const [text, expected] of lists) {
    test(JSON.stringify(text), async () => {
      using folder = new ConfigFolder({ minion: `id: x\n${text}` })
      assert.deepEqual((await minion(folder)).masters, expected)
    })
  }
})

describe('root_dir', () => {
  test('all paths lie below it, unless they already do', async () => {
    using folder = new ConfigFolder({
      master: 'root_dir: /home/me/salt/\npki_dir: pki\ncachedir: /home/me/salt/cache\nlog_file: /home/me/saltlog\n',
    })
    const { paths, values } = await master(folder)
    assert.equal(paths.root_dir, '/home/me/salt')
    assert.equal(paths.pki_dir, '/home/me/salt/pki')
    assert.equal(paths.cachedir, '/home/me/salt/cache')
    assert.equal(paths.log_file, '/home/me/salt/home/me/saltlog')
    assert.equal(paths.sock_dir, '/home/me/salt/var/run/salt/master')
    assert.equal(values.pidfile, '/home/me/salt/var/run/salt-master.pid')
  })

  test('it may come from the command line', async () => {
    using folder = new ConfigFolder({ minion: 'id: x' })
    assert.equal((await minion(folder, { root_dir: '/r' })).paths.cachedir, '/r/var/cache/salt/minion')
  })
})

describe('faults', () => {
  interface Fault {
    readonly name: string
    readonly role?: 'minion'
    readonly text: string
    readonly line: number
    readonly message: RegExp
    readonly hint?: RegExp
  }
  const faults: readonly Fault[] = [
    {
      name: 'a typing mistake',
      text: 'timeout: 5\nintrface: 127.0.0.1\n',
      line: 2,
      message: /'intrface' is not an option of the master. Did you mean 'interface'\?/,
      hint: /custom_options/,
    },
    {
      name: 'a mistake in a key that has no effect here',
      text: 'worker_thread: 5',
      line: 1,
      message: /Did you mean 'worker_threads'/,
    },
    { name: 'a stranger', text: 'zzzzzzzzzz: 5', line: 1, message: /^'zzzzzzzzzz' is not an option of the master\.$/ },
    {
      name: 'a minion key',
      role: 'minion',
      text: 'id: x\nmastre: salt',
      line: 2,
      message: /'mastre' is not an option of the minion. Did you mean 'master'/,
    },
    {
      name: 'a text for a number',
      text: '\ntimeout: soon',
      line: 2,
      message: /^timeout must be a number of seconds, not 'soon'$/,
    },
    { name: 'a port out of range', text: 'ret_port: 70000', line: 1, message: /from 0 to 65535, not 70000/ },
    {
      name: 'a word for a switch',
      text: 'auto_accept: maybe',
      line: 1,
      message: /auto_accept must be true or false, not 'maybe'/,
    },
    { name: 'a list for a mapping', text: 'peer: [test.ping]', line: 1, message: /^peer must be a mapping/ },
    {
      name: 'a fault inside',
      text: 'file_roots:\n  base:\n    - /a\n    - {b: c}\n',
      line: 4,
      message: /^file_roots\.base\[1\] must be a path, not a mapping/,
    },
    {
      name: 'a level that is none',
      text: 'log_level: loud',
      line: 1,
      message: /log_level must be one of 'all', .*, not 'loud'/,
    },
    {
      name: 'open_mode',
      text: 'timeout: 5\nopen_mode: True',
      line: 2,
      message: /^open_mode is not supported, because any machine could/,
      hint: /auto_accept/,
    },
    { name: 'a log server', text: 'log_file: udp://loghost', line: 1, message: /^log_file must be a file/ },
    { name: 'an id with a slash', role: 'minion', text: 'id: a/b', line: 1, message: /contains a slash/ },
    {
      name: 'an unknown master type',
      role: 'minion',
      text: 'id: a\nmaster_type: func',
      line: 2,
      message: /master_type must be one of/,
    },
  ]
  for (const { name, role = 'master', text, line, message, hint } of faults) {
    test(name, async () => {
      using folder = new ConfigFolder({ [role]: text })
      const load = role === 'minion' ? minion(folder) : master(folder)
      await assert.rejects(load, (error: { where?: string; message: string; hint?: string; code: string }) => {
        assert.equal(error.where, `${folder.file(role)}:${line}`)
        assert.ok(['configuration', 'bad-id'].includes(error.code), error.code)
        assert.match(error.message, message)
        if (hint !== undefined) assert.match(error.hint ?? '', hint)
        return true
      })
    })
  }

  test('several are told at once', async () => {
    using folder = new ConfigFolder({ master: 'timeout: x\nfil_roots: {}\n' })
    await assert.rejects(master(folder), {
      where: `${folder.file('master')}:1`,
      message: `timeout must be a number of seconds, not 'x'\n${folder.file('master')}:2: 'fil_roots' is not an option of the master. Did you mean 'file_roots'?`,
    })
  })

  test('a wrong value on the command line', async () => {
    using folder = new ConfigFolder()
    await assert.rejects(master(folder, { timeout: 'x' }), { where: 'the command line', message: /timeout must be/ })
  })

  test('open_mode: false is no fault', async () => {
    using folder = new ConfigFolder({ master: 'open_mode: False' })
    assert.equal((await master(folder)).values.open_mode, false)
  })
})

describe('keys that are not ours', () => {
  const accepted = [
    'worker_threads: 10',
    'publish_port: 4505',
    'gitfs_remotes: [x]',
    'rest_cherrypy: {port: 8000}',
    's3.buckets: {}',
    'mine_interval: 60',
    'log_fmt_anything: x',
    'reactor: []',
    'external_auth: {pam: {}}',
    'hash_type: sha256',
    'master: salt',
  ]
  for (const line of accepted) {
    test(`${line} is taken silently`, async () => {
      using folder = new ConfigFolder({ master: line })
      assert.deepEqual((await master(folder)).warnings, [])
    })
  }

  test('keys of own modules are named in custom_options, as globs', async () => {
    using folder = new ConfigFolder({
      minion: 'id: x\ncustom_options: [myapp_*, other]\nmyapp_token: a\nother: {b: 1}\n',
    })
    assert.deepEqual((await minion(folder)).view.get('other'), { b: 1 })
    folder.write('minion', 'id: x\ncustom_options: [myapp_*]\nother: 1\n')
    await assert.rejects(minion(folder), { message: /'other' is not an option/ })
  })
})

describe('the id of a minion', () => {
  interface Names {
    readonly hostname: string
    readonly hosts?: string
    readonly resolved?: readonly string[]
    readonly addresses?: readonly string[]
  }
  const load = (
    folder: ConfigFolder,
    { hostname, hosts, resolved = [], addresses = [] }: Names,
    extra = {},
  ): Promise<MinionOptions> =>
    loadMinionOptions({
      configDir: folder.path,
      hostNames: {
        hostname: () => hostname,
        readFile: (path) => (path === '/etc/hosts' ? hosts : undefined),
        resolvedNames: async () => resolved,
        addresses: () => addresses,
      },
      ...extra,
    })

  const made: readonly [string, Names, string, string][] = [
    ['a full host name', { hostname: 'web1.example.com' }, '', 'web1.example.com'],
    [
      'the full name in /etc/hosts',
      { hostname: 'web1', hosts: '# x\n10.0.0.1 web1 web1.example.com # me\n' },
      '',
      'web1.example.com',
    ],
    ['the full name of the resolver', { hostname: 'web1', resolved: ['web1.example.org'] }, '', 'web1.example.org'],
    ['a short name', { hostname: 'web1', hosts: '127.0.1.1 web1\n', resolved: ['never.asked'] }, '', 'web1'],
    ['a loopback name', { hostname: 'localhost', hosts: '127.0.0.1 localhost\n127.0.1.1 box\n' }, '', 'box'],
    ['an address', { hostname: 'localhost', addresses: ['10.1.2.3'] }, '', '10.1.2.3'],
    ['nothing', { hostname: 'localhost' }, '', 'localhost'],
    ['capitals made small', { hostname: 'WEB1' }, 'minion_id_lowercase: true', 'web1'],
    ['capitals left', { hostname: 'WEB1' }, '', 'WEB1'],
    ['no domain', { hostname: 'web1.example.com' }, 'minion_id_remove_domain: true', 'web1'],
    ['one domain off', { hostname: 'web1.eu.example.com' }, 'minion_id_remove_domain: [example.com]', 'web1.eu'],
    ['a domain appended', { hostname: 'web1' }, 'append_domain: example.com', 'web1.example.com'],
    ['a domain not appended twice', { hostname: 'web1.example.com' }, 'append_domain: example.com', 'web1.example.com'],
    [
      'no domain behind an address',
      { hostname: 'localhost', addresses: ['10.1.2.3'] },
      'append_domain: example.com',
      '10.1.2.3',
    ],
  ]
  for (const [name, names, config, expected] of made) {
    test(name, async () => {
      using folder = new ConfigFolder({ minion: config })
      const options = await load(folder, names)
      assert.equal(options.id, expected)
      assert.equal(options.values.id, expected)
      assert.equal(options.view.get('id'), expected)
    })
  }

  test('a configured id needs no host name, and gets the domain', async () => {
    using folder = new ConfigFolder({ minion: 'id: 42\nappend_domain: .x.org' })
    assert.equal((await load(folder, { hostname: 'unused' })).id, '42.x.org')
    assert.equal(existsSync(folder.file('minion_id')), false)
  })

  test('a made id is remembered', async () => {
    using folder = new ConfigFolder()
    await load(folder, { hostname: 'first' })
    assert.equal(readFileSync(folder.file('minion_id'), 'utf8'), 'first\n')
    assert.equal((await load(folder, { hostname: 'second' })).id, 'first')
    folder.write('minion', 'minion_id_caching: false')
    assert.equal((await load(folder, { hostname: 'second' })).id, 'second')
  })

  test('a remembered nothing or localhost does not count', async () => {
    using folder = new ConfigFolder({ minion_id: '\n' })
    assert.equal((await load(folder, { hostname: 'a' })).id, 'a')
    folder.write('minion_id', 'localhost\n')
    assert.equal((await load(folder, { hostname: 'b' })).id, 'b')
  })

  test('a folder that cannot be written to is no fault', async () => {
    const options = await loadMinionOptions({
      configDir: '/proc/self',
      hostNames: { hostname: () => 'h', readFile: () => undefined, resolvedNames: async () => [], addresses: () => [] },
    })
    assert.equal(options.id, 'h')
  })

  test('a function may give it', async () => {
    using folder = new ConfigFolder({ minion: 'id_function:\n  naming.get: {prefix: w}\n' })
    const idFunction = async (name: string, kwargs: unknown): Promise<unknown> =>
      `${name}-${JSON.stringify(kwargs)}`.replace(/[^a-z.]/g, '')
    assert.equal((await load(folder, { hostname: 'h' }, { idFunction })).id, 'naming.getprefixw')
  })

  test('a function that cannot be called, or gives no text, is a fault with its place', async () => {
    using folder = new ConfigFolder({ minion: '\nid_function: naming.get\n' })
    await assert.rejects(load(folder, { hostname: 'h' }), {
      code: 'configuration',
      where: `${folder.file('minion')}:2`,
    })
    await assert.rejects(load(folder, { hostname: 'h' }, { idFunction: async () => 5 }), { message: /gave no text/ })
  })

  test('a made name that is not allowed is refused', async () => {
    using folder = new ConfigFolder({ minion_id: '../evil' })
    await assert.rejects(load(folder, { hostname: 'h' }), { code: 'bad-id' })
  })
})
