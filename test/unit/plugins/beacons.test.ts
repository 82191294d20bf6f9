/** Every beacon on a host of the test's own: what it tells. */
import assert from 'node:assert/strict'
import * as fs from 'node:fs'
import { tmpdir } from 'node:os'
import { delimiter, dirname, join } from 'node:path'
import { after, describe, it, test } from 'node:test'
import { parseYaml } from '../../../src/base/yaml.ts'
import type { BeaconEvent } from '../../../src/engine/beacon.ts'
import { readBeacon } from '../../../src/engine/beacons/beacon-config.ts'
import { beaconRegistry } from '../../../src/plugins/registry.ts'
import { BeaconHost } from '../../support/beacon-host.ts'
import { FakeClock } from '../../support/fake-clock.ts'
import type { HostOptions } from '../../support/function-host.ts'

const folder = fs.mkdtempSync(join(tmpdir(), 'salt-beacons-'))
after(() => fs.rmSync(folder, { recursive: true, force: true }))
let folders = 0

/** A folder that stands for `/`, with these files. */
function rootWith(files: Readonly<Record<string, string>> = {}): string {
  folders += 1
  const root = join(folder, String(folders))
  fs.mkdirSync(root)
  write(root, files)
  return root
}

function write(root: string, files: Readonly<Record<string, string>>): void {
  for (const [path, content] of Object.entries(files)) {
    fs.mkdirSync(dirname(join(root, path)), { recursive: true })
    fs.writeFileSync(join(root, path), content)
  }
}

describe('every beacon', () => {
  for (const [name, load] of Object.entries(beaconRegistry)) {
    it(`${name} is described, and its examples are right`, async () => {
      const definition = await load()
      assert.equal(definition.name, name)
      assert.match(definition.doc, /^[A-Z].*\.$/s)
      assert.ok(definition.examples.length > 0)
      for (const example of definition.examples) {
        const entries = Object.entries(parseYaml(example) as Record<string, unknown>)
        assert.deepEqual(
          entries.map(([entry]) => entry),
          [name],
        )
        for (const [, raw] of entries) assert.deepEqual(readBeacon(name, raw, definition).problems, [])
      }
      for (const [option, schema] of Object.entries(definition.options)) {
        assert.notEqual(schema.description ?? '', '', `${option} needs a description`)
      }
    })
  }
})

interface Look {
  readonly name: string
  readonly beacon: string
  readonly yaml: string
  readonly host?: HostOptions
  readonly files?: Readonly<Record<string, string>>
  /** Of one read. */
  readonly tells: readonly Partial<BeaconEvent>[]
}

const meminfo = 'MemTotal: 1000 kB\nMemFree: 100 kB\nMemAvailable: 250 kB\nSwapTotal: 200 kB\nSwapFree: 150 kB\n'
const netDev =
  'Inter-|   Receive\n face |bytes\n  eth0: 1000 10 1 2 0 0 0 0 2000 20 3 4 0 0 0 0\n    lo: 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0\n'
const eth0 = {
  bytes_sent: 2000,
  bytes_recv: 1000,
  packets_sent: 20,
  packets_recv: 10,
  errin: 1,
  errout: 3,
  dropin: 2,
  dropout: 4,
}

const looks: readonly Look[] = [
  {
    name: 'a load above its range',
    beacon: 'load',
    yaml: '[{averages: {1m: [0.0, 2.0], 5m: [0, 1.5], 15m: [0.1, 1.0]}}]',
    files: { '/proc/loadavg': '2.50 1.00 0.50 1/100 4711\n' },
    tells: [{ data: { '1m': 2.5, '5m': 1, '15m': 0.5 }, state: { '1m': 'high' } }],
  },
  {
    name: 'a load below its range, in the older form',
    beacon: 'load',
    yaml: '[{1m: [0.5, 2.0]}, {15m: [0, 1]}]',
    files: { '/proc/loadavg': '0.20 1.00 1.50 1/100 4711\n' },
    tells: [{ data: { '1m': 0.2, '5m': 1, '15m': 1.5 }, state: { '1m': 'low', '15m': 'high' } }],
  },
  {
    name: 'nothing of a load inside its ranges',
    beacon: 'load',
    yaml: '{1m: [0.0, 2.0]}',
    files: { '/proc/loadavg': '2.00 9.00 9.00 1/100 4711\n' },
    tells: [],
  },
  {
    name: 'memory',
    beacon: 'memusage',
    yaml: '[{percent: 63%}]',
    files: { '/proc/meminfo': meminfo },
    tells: [{ data: { memusage: 75 } }],
  },
  { name: 'no memory', beacon: 'memusage', yaml: '[{percent: 75.1}]', files: { '/proc/meminfo': meminfo }, tells: [] },
  {
    name: 'swap space',
    beacon: 'swapusage',
    yaml: '{percent: 25}',
    files: { '/proc/meminfo': meminfo },
    tells: [{ data: { swapusage: 25 } }],
  },
  {
    name: 'no swap space',
    beacon: 'swapusage',
    yaml: '{percent: 26%}',
    files: { '/proc/meminfo': meminfo },
    tells: [],
  },
  {
    name: 'counts that are greater',
    beacon: 'network_info',
    yaml: '[{interfaces: {eth0: {type: greater, errin: 0, bytes_sent: 2000}, eth9: {type: greater, errin: 0}}}]',
    files: { '/proc/net/dev': netDev },
    tells: [{ data: { interface: 'eth0', network_info: eth0 }, state: ['errin'] }],
  },
  {
    name: 'counts that are equal',
    beacon: 'network_info',
    yaml: '[{interfaces: [{eth0: {bytes_sent: 2000}}, {lo: {bytes_sent: 1}}]}]',
    files: { '/proc/net/dev': netDev },
    tells: [{ data: { interface: 'eth0', network_info: eth0 }, state: ['bytes_sent'] }],
  },
]

describe('a look at the host tells', () => {
  for (const { name, beacon, yaml, host, files, tells } of looks) {
    it(name, async () => {
      await using rig = await new BeaconHost({ root: rootWith(files), ...host }).open(beacon, yaml)
      const events = await rig.read()
      assert.partialDeepStrictEqual(events, tells)
      assert.equal(events.length, tells.length)
    })
  }
})

test('diskusage takes mount points and expressions', async () => {
  const mounts = `/dev/sda1 / ext4 rw 0 0\ntmpfs ${folder} tmpfs rw 0 0\nproc /no/such/place proc rw 0 0\n`
  const root = rootWith({ '/proc/mounts': mounts, '/proc/self/mounts': mounts, '/proc/filesystems': '\text4\n' })
  fs.mkdirSync(join(root, folder), { recursive: true })
  const told = async (yaml: string): Promise<unknown[]> => {
    await using rig = await new BeaconHost({ root }).open('diskusage', yaml)
    return (await rig.read()).map(({ data }) => data.mount)
  }
  assert.deepEqual(await told('[{/: 0%}]'), ['/'])
  assert.deepEqual(await told("[{'/': 100.5}]"), [])
  assert.deepEqual(await told(`[{'^/tmp.*': 0}]`), [folder])
  assert.deepEqual(await told(`[{'^/': 0}]`), ['/'])
  await assert.rejects(told("[{'/(': 50}]"), /regular expression ".*" is not valid/)
  await assert.rejects(told('[{/: much}]'), /must match/)
})

test('ps tells by the name of the process', async () => {
  const stat = (pid: number, name: string): string => `${pid} (${name}) S 1 ${'0 '.repeat(50)}\n`
  const root = rootWith({
    '/proc/11/stat': stat(11, 'sshd'),
    '/proc/11/status': 'Name:\tsshd\n',
    '/proc/12/stat': stat(12, 'my.daemon'),
    '/proc/12/status': 'Name:\tmy.daemon\n',
  })
  const yaml = '[{processes: {sshd: running, ssh: running, my.daemon: stopped, myxdaemon: stopped}}, {other: stopped}]'
  await using rig = await new BeaconHost({ root }).open('ps', yaml)
  assert.deepEqual(
    (await rig.read()).map(({ data }) => data),
    [{ other: 'Stopped' }, { sshd: 'Running' }, { myxdaemon: 'Stopped' }],
  )
})

test('service tells what runs, with rules of its own for each', async () => {
  const root = rootWith({ '/run/nginx.pid': '11' })
  const host: HostOptions = {
    root,
    modules: [
      {
        name: 'service',
        doc: 'Services.',
        functions: {
          status: {
            doc: 'Tell.',
            args: { name: { type: 'string' } },
            returns: {},
            examples: [],
            run: (_ctx, { name }: { name: string }) => name === 'mysql',
          },
        },
      },
    ],
  }
  const yaml =
    '[{services: {nginx: {onchangeonly: true, delay: 30, uncleanshutdown: /run/nginx.pid}, mysql: , other: {uncleanshutdown: /run/other.pid}}}]'
  await using rig = await new BeaconHost(host).open('service', yaml)
  assert.deepEqual(await rig.read(), [
    {
      tag: 'nginx',
      data: { service_name: 'nginx', nginx: { running: false, uncleanshutdown: true } },
      rules: { onchangeonly: true, delayMs: 30_000 },
    },
    { tag: 'mysql', data: { service_name: 'mysql', mysql: { running: true } }, rules: {} },
    {
      tag: 'other',
      data: { service_name: 'other', other: { running: false, uncleanshutdown: false } },
      rules: {},
    },
  ])
})

test('status tells what is wanted of its functions', async () => {
  const root = rootWith({ '/proc/loadavg': '1.00 2.00 3.00 1/100 4711\n' })
  const programs = { 'date +%A, %d. %B %Y %I:%M%p': 'Monday\n' }
  const clock = new FakeClock(Date.UTC(2026, 0, 1))
  const yaml = '[{loadavg: [1-min, 5-min]}, {time: [0]}, {time: all}, {nonsense: [all]}]'
  await using rig = await new BeaconHost({ root, programs }, clock).open('status', yaml)
  const [event, ...more] = await rig.read()
  assert.equal(event?.tag, '2026-01-01T00:00:00.000Z')
  assert.deepEqual(more, [])
  const data = event?.data.data as Record<string, unknown>
  assert.deepEqual(Object.keys(data), ['loadavg', 'time', 'nonsense'])
  assert.deepEqual(Object.keys(data.loadavg as object), ['1-min', '5-min'])
  assert.equal(data.time, 'Monday')
  assert.match(String(data.nonsense), /cannot tell it/)
})

describe('network_settings', () => {
  const net = '/sys/class/net'
  const facts = (name: string, more: Readonly<Record<string, string>> = {}): Record<string, string> =>
    Object.fromEntries(
      Object.entries({ operstate: 'up', mtu: '1500', flags: '0x1003', ...more }).map(([file, text]) => [
        `${net}/${name}/${file}`,
        `${text}\n`,
      ]),
    )
  const addresses = (address: string): string =>
    `2: eth0: <BROADCAST,MULTICAST,UP> mtu 1500\n    link/ether 00:11:22:33:44:55 brd ff:ff:ff:ff:ff:ff\n    inet ${address}/24 brd 10.0.0.255 scope global eth0\n    inet6 fe80::1/64 scope link\n`

  it('tells changes only, of the settings that are named', async () => {
    const root = rootWith({ ...facts('eth0'), ...facts('wlan1') })
    const programs = { 'ip addr show': [addresses('10.0.0.1'), addresses('10.0.0.1'), addresses('10.0.0.2')] }
    const yaml = '[{interfaces: {eth0: {ipaddr: , promiscuity: {onvalue: 1}}, "wlan*": {operstate: }}}]'
    await using rig = await new BeaconHost({ root, programs }).open('network_settings', yaml)
    assert.deepEqual(await rig.read(), [])
    write(root, { ...facts('eth0', { mtu: '9000', flags: '0x1103' }), ...facts('wlan1', { operstate: 'down' }) })
    assert.deepEqual(await rig.read(), [
      { tag: 'eth0', data: { interface: 'eth0', change: { promiscuity: 1 } } },
      { tag: 'wlan1', data: { interface: 'wlan1', change: { operstate: 'DOWN' } } },
    ])
    write(root, facts('eth0'))
    assert.deepEqual(await rig.read(), [
      { tag: 'eth0', data: { interface: 'eth0', change: { ipaddr: ['10.0.0.2/24', 'fe80::1/64'] } } },
    ])
  })

  it('tells all in one event where that is wanted', async () => {
    const root = rootWith({ ...facts('eth0'), ...facts('eth1') })
    const yaml = '[{coalesce: true}, {interfaces: {"eth*": {mtu: }}}]'
    await using rig = await new BeaconHost({ root }).open('network_settings', yaml)
    assert.deepEqual(await rig.read(), [])
    write(root, { ...facts('eth0', { mtu: '9000' }), ...facts('eth1', { mtu: '9001' }) })
    assert.deepEqual(await rig.read(), [
      { tag: 'result', data: { changes: { eth0: { mtu: 9000 }, eth1: { mtu: 9001 } } } },
    ])
  })

  it('refuses settings that Salt does not know', async () => {
    const opening = new BeaconHost().open('network_settings', '[{interfaces: {eth0: {mttu: }}}]')
    await assert.rejects(opening, /interfaces.eth0.mttu is not known here/)
  })
})

describe('file', () => {
  it('tells when a file comes, changes and goes', async () => {
    const root = rootWith({ '/etc/hosts': 'one\n' })
    const yaml = '[{files: {/etc/hosts: {hash: sha256}, /etc/other: }}]'
    await using rig = await new BeaconHost({ root }).open('file', yaml)
    const states = async (): Promise<unknown[]> => (await rig.read()).map(({ data }) => data)
    const [hosts, other] = await states()
    assert.partialDeepStrictEqual(hosts, { path: '/etc/hosts', exists: true, type: 'file', size: 4 })
    assert.match(JSON.stringify(hosts), /"hash":"sha256:[0-9a-f]{64}"/)
    assert.deepEqual(other, { path: '/etc/other', exists: false })
    fs.chmodSync(join(root, '/etc/hosts'), 0o600)
    fs.symlinkSync('hosts', join(root, '/etc/other'))
    const [changed, link] = await states()
    assert.partialDeepStrictEqual(changed, { mode: '0600' })
    assert.partialDeepStrictEqual(link, { type: 'link' })
  })

  it('is woken by what happens in the folder', async () => {
    const root = rootWith({ '/etc/hosts': 'one\n' })
    await using rig = await new BeaconHost({ root }).open('file', '{files: [/etc/hosts]}')
    const [first] = await rig.read()
    assert.partialDeepStrictEqual(first?.data, { size: 4 })
    const told = rig.readUntil((events) => events.some(({ data }) => data.exists === false))
    fs.rmSync(join(root, '/etc/hosts'))
    await told
  })
})

describe('inotify', () => {
  const changes = (events: readonly BeaconEvent[], root: string): string[] =>
    events.map(
      ({ data, tag = '' }) => `${tag.slice(root.length)}: ${String(data.path).slice(root.length)} ${data.change}`,
    )

  it('tells of files that come, change and go', async () => {
    const root = rootWith({ '/srv/old': 'x' })
    const yaml = '{files: {/srv: {mask: [create, modify, delete, attrib]}}, coalesce: true}'
    await using rig = await new BeaconHost({ root }).open('inotify', yaml)
    assert.deepEqual(await rig.read(), [])
    fs.mkdirSync(join(root, '/srv/folder'))
    const made = await rig.readUntil((events) => events.length > 0)
    assert.deepEqual(changes(made, root), ['/srv: /srv/folder IN_CREATE|IN_ISDIR'])
    fs.appendFileSync(join(root, '/srv/old'), 'y')
    const modified = await rig.readUntil((events) => events.length > 0)
    assert.deepEqual(changes(modified, root), ['/srv: /srv/old IN_MODIFY'])
    fs.chmodSync(join(root, '/srv/old'), 0o600)
    const attributed = await rig.readUntil((events) => events.length > 0)
    assert.deepEqual(changes(attributed, root), ['/srv: /srv/old IN_ATTRIB'])
    fs.rmSync(join(root, '/srv/old'))
    const gone = await rig.readUntil((events) => events.some(({ data }) => data.change === 'IN_DELETE'))
    assert.ok(changes(gone, root).includes('/srv: /srv/old IN_DELETE'))
  })

  it('watches folders below, without what is excluded', async () => {
    const root = rootWith({ '/srv/a/b/keep': '', '/srv/cache/x': '', '/srv/a/y.swp': '' })
    const exclude = `[${join(root, '/srv/cache')}, '*.tmp', {'\\.swp$': {regex: true}}]`
    const yaml = `{files: {/srv: {mask: [modify, create], recurse: true, exclude: ${exclude}}}}`
    await using rig = await new BeaconHost({ root }).open('inotify', yaml)
    await rig.read()
    const told = rig.readUntil((events) => events.some(({ data }) => String(data.path).endsWith('/last')))
    for (const path of ['/srv/cache/x', '/srv/a/y.swp', '/srv/a/z.tmp', '/srv/a/b/keep', '/srv/a/last']) {
      fs.appendFileSync(join(root, path), 'more')
    }
    const paths = new Set((await told).map(({ data }) => String(data.path).slice(root.length)))
    assert.deepEqual([...paths], ['/srv/a/b/keep', '/srv/a/last'])
  })

  it('follows a file that is replaced, or comes later', async () => {
    const root = rootWith({ '/etc/x': '' })
    await using rig = await new BeaconHost({ root }).open(
      'inotify',
      '{files: {/etc/conf: {mask: [create]}, /later/x: }}',
    )
    await rig.read()
    for (const round of [1, 2]) {
      const told = rig.readUntil((events) => events.length > 0)
      write(root, { '/etc/new': String(round) })
      fs.renameSync(join(root, '/etc/new'), join(root, '/etc/conf'))
      assert.deepEqual(changes(await told, root), ['/etc/conf: /etc/conf IN_CREATE'])
    }
    fs.mkdirSync(join(root, '/later'))
    const told = rig.readUntil((events) => events.length > 0)
    await rig.read()
    write(root, { '/later/x': '' })
    assert.deepEqual(changes((await told).slice(0, 1), root), ['/later/x: /later/x IN_CREATE'])
  })

  it('warns of kinds that it cannot see, and refuses others', async () => {
    await using rig = await new BeaconHost({ root: rootWith() }).open('inotify', '{files: {/: {mask: [open, access]}}}')
    assert.partialDeepStrictEqual(rig.host.logged, [{ level: 'warning', fields: { path: '/', mask: 'open, access' } }])
    const opening = new BeaconHost().open('inotify', '{files: {/: {mask: [opened]}}}')
    await assert.rejects(opening, /beacons.inotify|inotify/)
  })
})

describe('log', () => {
  const yaml = '[{file: /var/log/messages}, {tags: {goodbye/world: {regex: ".*good-bye.*"}, start: {regex: "^begin"}}}]'
  const path = '/var/log/messages'

  it('tells of new lines that match, across rotation and cutting', async () => {
    const root = rootWith({ [path]: 'old good-bye\n' })
    await using rig = await new BeaconHost({ root }).open('log', yaml)
    const raw = async (): Promise<unknown[]> => (await rig.read()).map(({ tag, data }) => `${tag}: ${data.raw}`)
    assert.deepEqual(await raw(), [])
    fs.appendFileSync(join(root, path), 'begin good-bye\nnothing\nhalf good')
    assert.deepEqual(await raw(), ['goodbye/world: begin good-bye', 'start: begin good-bye'])
    fs.appendFileSync(join(root, path), '-bye\r\n')
    assert.deepEqual(await raw(), ['goodbye/world: half good-bye'])
    fs.appendFileSync(join(root, path), 'last good-bye\n')
    fs.renameSync(join(root, path), join(root, `${path}.1`))
    write(root, { [path]: 'first good-bye\n' })
    assert.deepEqual(await raw(), ['goodbye/world: last good-bye', 'goodbye/world: first good-bye'])
    write(root, { [path]: 'begin\n' })
    assert.deepEqual(await raw(), ['start: begin'])
    fs.rmSync(join(root, path))
    assert.deepEqual(await raw(), [])
  })

  it('is woken, and reads a file that comes later from its beginning', async () => {
    const root = rootWith({ '/var/log/x': '' })
    await using rig = await new BeaconHost({ root }).open('log', yaml)
    assert.deepEqual(await rig.read(), [])
    const told = rig.readUntil((events) => events.length > 0)
    write(root, { [path]: 'begin\n' })
    assert.deepEqual((await told)[0], { tag: 'start', data: { match: 'yes', raw: 'begin', error: '' } })
  })

  it('takes much at once, in parts', async () => {
    const root = rootWith({ [path]: '' })
    await using rig = await new BeaconHost({ root }).open('log', yaml)
    await rig.read()
    const line = `begin ${'x'.repeat(94)}\n`
    fs.appendFileSync(join(root, path), line.repeat(25_000))
    assert.equal((await rig.readUntil((events) => events.length === 25_000)).length, 25_000)
  })

  it('refuses an expression that is none', async () => {
    const opening = new BeaconHost().open('log', '[{file: /x}, {tags: {a: {regex: "("}}}]')
    await assert.rejects(opening, /beacons.log: a: the regular expression "\(" is not valid/)
  })
})

/** Of /C=DE/O=Sample/CN=site, from 2026-11-21 14:39:40 to ten years later. */
const certificate = `-----BEGIN CERTIFICATE-----
MIIBrTCCAVSgAwIBAgICEjQwCgYIKoZIzj0EAwIwLTELMAkGA1UEBhMCREUxDzAN
BgNVBAoMBlNhbXBsZTENMAsGA1UEAwwEc2l0ZTAeFw0yNjExMjExNDM5NDBaFw0z
NjExMTgxNDM5NDBaMC0xCzAJBgNVBAYTAkRFMQ8wDQYDVQQKDAZTYW1wbGUxDTAL
BgNVBAMMBHNpdGUwWTATBgcqhkjOPQIBBggqhkjOPQMBBwNCAASRhUS+n2gI7FPW
TQvultyWJsZL31OefVH2srfVrBKqHPsBnwXV50zKgOsnyGQp4+FvA5dTBKiYJI7W
qO+UgV+eo2QwYjAdBgNVHQ4EFgQUGv65oW+v84b8p8Fc2ZKLUIxeIiowHwYDVR0j
BBgwFoAUGv65oW+v84b8p8Fc2ZKLUIxeIiowDwYDVR0TAQH/BAUwAwEB/zAPBgNV
HREECDAGggRzaXRlMAoGCCqGSM49BAMCA0cAMEQCIHY5P+ZTM2r/Cs3/c+Ykwz4u
s/kmpmd0+yAOWSD1dJb9AiBF6fC2H6Ytpy+ky9zD4Xdf9lvcm7ouUkt4suH76a4B
Tg==
-----END CERTIFICATE-----
`

test('cert_info tells of certificates that end soon', async () => {
  const root = rootWith({
    '/etc/bad.pem': 'no certificate',
    '/etc/site.pem': certificate,
    '/etc/other.pem': certificate,
  })
  const end = Date.parse('2036-11-18T14:39:40Z')
  const told = async (daysLeft: number): Promise<Record<string, unknown>[]> => {
    const clock = new FakeClock(end - daysLeft * 86_400_000)
    const files = '[/etc/site.pem, {/etc/other.pem: {notify_days: 5}}, /etc/bad.pem, /etc/none.pem]'
    await using rig = await new BeaconHost({ root }, clock).open('cert_info', `[{files: ${files}}, {notify_days: 30}]`)
    const [event] = await rig.read()
    assert.equal(rig.host.logged.filter(({ level }) => level === 'error').length, 2)
    return (event?.data.certificates ?? []) as Record<string, unknown>[]
  }
  assert.deepEqual(await told(31), [])
  const [site, ...none] = await told(30)
  assert.deepEqual(none, [])
  assert.partialDeepStrictEqual(site, {
    cert_path: '/etc/site.pem',
    subject: 'C="DE",O="Sample",CN="site"',
    subject_dict: { C: 'DE', O: 'Sample', CN: 'site' },
    issuer_dict: { CN: 'site' },
    notAfter: '2036-11-18 14:39:40Z',
    notAfter_raw: '20361118143940Z',
    notBefore_raw: '20261121143940Z',
    serial_number: '4660',
    version: 2,
    has_expired: false,
    days_left: 30,
  })
  assert.match(JSON.stringify(site?.extensions), /DNS:site/)
  assert.deepEqual(
    (await told(5)).map(({ cert_path: path }) => path),
    ['/etc/site.pem', '/etc/other.pem'],
  )
  assert.partialDeepStrictEqual(await told(-1), [{ has_expired: true, days_left: -1 }, {}])
})

test('sh tells of new shells on terminals', async () => {
  const stat = (pid: number, name: string, tty: number): string =>
    `${pid} (${name}) S 1 ${pid} ${pid} ${tty} ${'0 '.repeat(45)}\n`
  const processOf = (pid: number, words: readonly string[], tty = 34_816): Record<string, string> => ({
    [`/proc/${pid}/stat`]: stat(pid, words[0]?.replace(/^-/, '') ?? '', tty),
    [`/proc/${pid}/status`]: `Name:\t${words[0]}\nUid:\t0\t0\t0\t0\n`,
    [`/proc/${pid}/cmdline`]: `${words.join('\0')}\0`,
  })
  const root = rootWith({
    ...processOf(11, ['myshell']),
    '/etc/passwd': 'root:x:0:0::/root:/bin/sh\n',
    '/dev/pts/0': '',
  })
  await using rig = await new BeaconHost({ root, programs: {} }).open('sh', '{shells: [myshell]}')
  assert.deepEqual(await rig.read(), [], 'those that run already')
  write(root, {
    ...processOf(12, ['myshell', '-l']),
    ...processOf(13, ['myshell', '-c', 'true']),
    ...processOf(14, ['myshell', 'script']),
    ...processOf(15, ['editor']),
    ...processOf(16, ['myshell'], 0),
  })
  for (const pid of [12, 13, 14, 15, 16]) {
    fs.mkdirSync(join(root, `/proc/${pid}/fd`))
    fs.symlinkSync('/dev/pts/0', join(root, `/proc/${pid}/fd/0`))
  }
  const events = await rig.read()
  assert.deepEqual(
    events.map(({ tag }) => tag),
    ['12'],
  )
  assert.partialDeepStrictEqual(events[0]?.data, { cmd: 'myshell', args: ['-l'], pid: 12, ppid: 1 })
  assert.deepEqual(await rig.read(), [])
})

test('journald tells of entries that have the wanted fields', async () => {
  const bin = rootWith()
  const entries = [
    { SYSLOG_IDENTIFIER: 'sshd', PRIORITY: '6', MESSAGE: 'one', __CURSOR: 'a' },
    { SYSLOG_IDENTIFIER: 'cron', PRIORITY: '6', MESSAGE: 'two', __CURSOR: 'b' },
    { SYSLOG_IDENTIFIER: 'sshd', PRIORITY: '6', MESSAGE: 'three', __CURSOR: 'c' },
  ]
  const lines = ['no JSON', ...entries.map((entry) => JSON.stringify(entry))]
  fs.writeFileSync(join(bin, 'journalctl'), `#!/bin/sh\ncat <<'END'\n${lines.join('\n')}\nEND\n`, { mode: 0o755 })
  const path = process.env.PATH
  process.env.PATH = `${bin}${delimiter}${path}`
  try {
    await using rig = await new BeaconHost().open(
      'journald',
      '{services: {sshd: {SYSLOG_IDENTIFIER: sshd, PRIORITY: 6}}}',
    )
    const told: BeaconEvent[] = []
    const ended = rig.readUntil((events) => {
      told.splice(0, told.length, ...events)
      return false
    })
    await assert.rejects(ended, /journalctl has ended/)
    assert.deepEqual(
      told.map(({ data }) => data.MESSAGE),
      ['one', 'three'],
    )
  } finally {
    process.env.PATH = path
  }
})
