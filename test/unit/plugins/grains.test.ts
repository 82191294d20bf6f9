import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import os from 'node:os'
import { test } from 'node:test'
import { silentLog } from '../../../src/base/log.ts'
import { GrainsSource, grainsFilePath } from '../../../src/engine/functions/grains.ts'
import type { Grains, GrainsDefinition } from '../../../src/engine/plugin.ts'
import { graphicsGrains, raidGrains, volumeGrains } from '../../../src/plugins/grains/core/devices.ts'
import { processorGrains, virtualGrains } from '../../../src/plugins/grains/core/hardware.ts'
import { core } from '../../../src/plugins/grains/core/module.ts'
import { networkGrains } from '../../../src/plugins/grains/core/network.ts'
import { linuxRelease } from '../../../src/plugins/grains/core/os-release.ts'
import { macosRelease, windowsRelease } from '../../../src/plugins/grains/core/other-systems.ts'
import { gatewayGrains } from '../../../src/plugins/grains/core/routes.ts'
import { initGrains } from '../../../src/plugins/grains/core/software.ts'
import { grainsRegistry } from '../../../src/plugins/registry.ts'
import { ConfigFolder } from '../../support/config-folder.ts'

interface ReleaseCase {
  readonly name: string
  readonly machine: string
  readonly files: Readonly<Record<string, string>>
  readonly grains: Readonly<Record<string, unknown>>
}

const releases: readonly ReleaseCase[] = JSON.parse(
  readFileSync(new URL('../../cases/os-release.json', import.meta.url), 'utf8'),
)

for (const { name, machine, files, grains } of releases) {
  test(`release files: ${name}`, () => {
    const found = linuxRelease((path) => files[path], machine)
    assert.deepEqual(Object.fromEntries(Object.keys(grains).map((key) => [key, found[key]])), grains)
  })
}

interface SystemCase extends ReleaseCase {
  readonly platform: 'darwin' | 'win32'
  readonly release: string
  /** Name of the product, on Windows. */
  readonly version?: string
}

const systems: readonly SystemCase[] = JSON.parse(
  readFileSync(new URL('../../cases/other-systems.json', import.meta.url), 'utf8'),
)

for (const { name, platform, release, version = '', machine, files, grains } of systems) {
  test(`another system: ${name}`, () => {
    const readFile = (path: string): string | undefined => files[path]
    const found =
      platform === 'darwin' ? macosRelease(readFile, release, machine) : windowsRelease(version, release, machine)
    assert.deepEqual(Object.fromEntries(Object.keys(grains).map((key) => [key, found[key]])), grains)
  })
}

function configOf(values: Readonly<Record<string, unknown>>) {
  return { get: (name: string) => values[name], all: values }
}

function sourceWith(values: Readonly<Record<string, unknown>>, log = silentLog): GrainsSource {
  return new GrainsSource({ registry: grainsRegistry, config: configOf(values), log })
}

test('the core grains of this host', async () => {
  const source = sourceWith({ id: 'alpha', master: 'salt' })
  await source.prepare()
  const grains = source.read()
  for (const name of [
    'os',
    'os_family',
    'osrelease',
    'kernel',
    'cpuarch',
    'num_cpus',
    'mem_total',
    'ipv4',
    'host',
    'fqdn',
    'shell',
    'pid',
    'saltversion',
    'virtual',
  ]) {
    assert.ok(Object.hasOwn(grains, name), name)
  }
  assert.equal(grains.id, 'alpha')
  assert.equal(grains.master, 'salt')
  assert.equal(grains.nodename, os.hostname())
  assert.equal(source.read(), grains, 'they are read once')
})

test('every core grain is documented', async () => {
  const found = core.read({
    platform: process.platform,
    readFile: (path) => {
      try {
        return readFileSync(path, 'utf8')
      } catch {
        return undefined
      }
    },
    exec: () => Promise.reject(new Error('the core grains start no program')),
    config: configOf({ id: 'alpha' }),
  })
  assert.ok(!(found instanceof Promise), 'they are read at once')
  assert.deepEqual(
    Object.keys(found).filter((name) => !Object.hasOwn(core.grains, name)),
    [],
  )
})

for (const platform of ['darwin', 'win32'] as const) {
  test(`the core grains of ${platform}`, () => {
    const found = core.read({
      platform,
      readFile: () => undefined,
      exec: () => Promise.reject(new Error('no')),
      config: configOf({ id: 'alpha' }),
    })
    assert.ok(!(found instanceof Promise))
    assert.equal(found.os, platform === 'darwin' ? 'MacOS' : 'Windows')
    assert.deepEqual(
      Object.keys(found).filter((name) => !Object.hasOwn(core.grains, name)),
      [],
    )
  })
}

test('configuration wins over the file, and the file over the core', async () => {
  using folder = new ConfigFolder({ grains: 'role: file\nos: file\nother: 1\n' })
  const source = sourceWith({ id: 'alpha', conf_file: folder.file('minion'), grains: { role: 'config' } })
  await source.prepare()
  const { role, os: system, other } = source.read()
  assert.deepEqual([role, system, other], ['config', 'file', 1])
})

test('grains are left out and merged as configured', async () => {
  using folder = new ConfigFolder({ grains: 'site: {city: Ulm, floor: 1}\nsecret_a: 1\nsecret_b: 2\n' })
  const values = {
    config_dir: folder.path,
    grains: { site: { floor: 2 }, secret_b: 3 },
    grains_blacklist: ['secret_*', 'cpu_flags'],
  }
  const plain = sourceWith(values)
  await plain.prepare()
  const found = plain.read()
  assert.deepEqual([found.site, found.secret_a, found.secret_b], [{ floor: 2 }, undefined, 3])
  assert.equal(Object.hasOwn(found, 'cpu_flags'), false)
  const deep = sourceWith({ ...values, grains_deep_merge: true })
  await deep.prepare()
  assert.deepEqual(deep.read().site, { city: 'Ulm', floor: 2 })
})

test('a grains file that cannot be used is told and left out', async () => {
  using folder = new ConfigFolder({ grains: '- a\n- b\n' })
  const errors: unknown[] = []
  const source = sourceWith({ config_dir: folder.path }, { ...silentLog, error: (message) => errors.push(message) })
  await source.prepare()
  assert.ok(Object.hasOwn(source.read(), 'os'))
  assert.deepEqual(errors, ['The grains file is not used'])
})

test('a refresh reads the file anew and asks slow plugins', async () => {
  using folder = new ConfigFolder({ grains: 'a: 1\n' })
  const source = sourceWith({ config_dir: folder.path })
  await source.prepare()
  assert.equal(source.read().a, 1)
  folder.write('grains', 'a: 2\n')
  assert.equal(source.read().a, 1)
  const slow: GrainsDefinition = { name: 'slow', doc: 'Slow.', grains: {}, read: async () => ({ slow: true }) }
  const broken: GrainsDefinition = {
    name: 'broken',
    doc: 'Broken.',
    grains: {},
    read: () => Promise.reject(new Error('no')),
  }
  source.setUserPlugins([broken, slow])
  const grains = await source.refresh()
  assert.deepEqual([grains.a, grains.slow], [2, true])
})

test('a plugin whose grains no master can be told is told here and left out', async () => {
  const errors: string[] = []
  const source = sourceWith(
    {},
    { ...silentLog, error: (message, fields) => errors.push(`${message}: ${fields?.plugin}`) },
  )
  const nested = Array.from({ length: 70 }).reduce((inner) => [inner], 'x')
  const answers: Record<string, unknown> = {
    date: { now: new Date() },
    nested: { nested },
    text: 'abc',
    fine: { fine: 1 },
  }
  source.setUserPlugins(
    Object.entries(answers).map(([name, value]) => ({ name, doc: '', grains: {}, read: async () => value as Grains })),
  )
  const grains = await source.refresh()
  assert.deepEqual([grains.now, grains.nested, grains[0], grains.fine], [undefined, undefined, undefined, 1])
  assert.deepEqual(
    errors,
    ['date', 'nested', 'text'].map((name) => `A grains plugin failed: ${name}`),
  )
})

test('the grains file lies beside the configuration', () => {
  assert.equal(grainsFilePath(configOf({ conf_file: '/etc/salt/minion' })), '/etc/salt/grains')
  assert.equal(grainsFilePath(configOf({})), undefined)
})

test('names come from the hosts file', () => {
  const hosts = `127.0.0.1 localhost\n10.0.0.5 ${os.hostname()}.example.org ${os.hostname()} # me\n`
  const grains = networkGrains((path) => (path === '/etc/hosts' ? hosts : undefined), {})
  assert.equal(grains.fqdn, `${os.hostname()}.example.org`)
  assert.equal(grains.domain, 'example.org')
  assert.equal(grains.host, os.hostname())
  assert.deepEqual(grains.fqdn_ip4, ['10.0.0.5'])
})

test('addresses by interface', () => {
  const entry = (address: string, family: 'IPv4' | 'IPv6') => ({
    address,
    family,
    netmask: '',
    mac: '02:00:00:00:00:01',
    internal: false,
    cidr: null,
    ...(family === 'IPv6' ? { scopeid: 0 } : {}),
  })
  const interfaces = { eth0: [entry('10.0.0.12', 'IPv4'), entry('fd00::1', 'IPv6'), entry('10.0.0.2', 'IPv4')] }
  const grains = networkGrains(() => undefined, interfaces as ReturnType<typeof os.networkInterfaces>)
  assert.deepEqual(grains.ip_interfaces, { eth0: ['10.0.0.12', '10.0.0.2', 'fd00::1'] })
  assert.deepEqual(grains.ipv4, ['10.0.0.2', '10.0.0.12'], 'by number, not by text')
  assert.deepEqual(grains.ipv6, ['fd00::1'])
  assert.deepEqual(grains.hwaddr_interfaces, { eth0: '02:00:00:00:00:01' })
})

test('the resolver', () => {
  const text = '; comment\nnameserver 10.0.0.1\nnameserver fd00::53\nsearch a.org b.org\noptions ndots:2\n'
  const { dns } = networkGrains((path) => (path === '/etc/resolv.conf' ? text : undefined), {})
  assert.deepEqual(dns, {
    nameservers: ['10.0.0.1', 'fd00::53'],
    ip4_nameservers: ['10.0.0.1'],
    ip6_nameservers: ['fd00::53'],
    sortlist: [],
    domain: '',
    search: ['a.org', 'b.org'],
    options: ['ndots:2'],
  })
})

test('processors, also those of a Raspberry', () => {
  const intel =
    'processor\t: 0\nmodel name\t: Fast\nflags\t\t: a b\n\nprocessor\t: 1\nmodel name\t: Fast\nflags\t\t: a b\n'
  assert.deepEqual(
    processorGrains(() => intel),
    { num_cpus: 2, cpu_model: 'Fast', cpu_flags: ['a', 'b'] },
  )
  const arm = 'processor\t: 0\nFeatures\t: fp\n\nHardware\t: BCM2835\nModel\t\t: Raspberry Pi 4\n'
  assert.deepEqual(
    processorGrains(() => arm),
    { num_cpus: 1, cpu_model: 'Raspberry Pi 4', cpu_flags: ['fp'] },
  )
})

for (const [files, virtual, subtype] of [
  [{}, 'physical', undefined],
  [{ '/sys/class/dmi/id/product_name': 'KVM\n' }, 'kvm', undefined],
  [{ '/sys/class/dmi/id/sys_vendor': 'QEMU' }, 'kvm', undefined],
  [{ '/sys/class/dmi/id/product_name': 'VMware Virtual Platform' }, 'VMware', undefined],
  [{ '/sys/class/dmi/id/product_name': 'VirtualBox' }, 'VirtualBox', undefined],
  [{ '/proc/cpuinfo': 'flags : a hypervisor b\n' }, 'kvm', undefined],
  [{ '/.dockerenv': '' }, 'container', 'Docker'],
  [{ '/proc/1/environ': 'A=b\0container=lxc\0' }, 'LXC', 'LXC'],
] as const) {
  test(`a machine with ${JSON.stringify(files)} is ${virtual}`, () => {
    const readFile = (path: string): string | undefined => (files as Readonly<Record<string, string>>)[path]
    const grains = virtualGrains(readFile)
    assert.deepEqual([grains.virtual, grains.virtual_subtype], [virtual, subtype])
  })
}

/** A host that has these files and no others. */
function filesOf(files: Readonly<Record<string, string>>) {
  return (path: string): string | undefined => files[path]
}

for (const [init, comm, cmdline, folders] of [
  ['systemd', 'systemd', '/usr/lib/systemd/systemd\0--switched-root', ['/run/systemd/system']],
  ['openrc', 'init', '/sbin/init', ['/run/openrc', '/etc/inittab']],
  ['sysvinit', 'init', 'init [2]', ['/etc/inittab']],
  ['runit', 'runit', 'runit', []],
  ['runit', 'my_init', '/usr/bin/python3\0-u\0/sbin/my_init', []],
  ['supervisord', 'python3', '/usr/bin/python3\0/usr/bin/supervisord\0-n', []],
  ['tini', 'tini', '/sbin/tini\0--\0app', []],
  ['dumb-init', 'dumb-init', '/usr/bin/dumb-init\0app', []],
  ['unknown', 'bash', '/bin/bash', []],
] as const) {
  test(`process 1 is ${comm}: init is ${init}`, () => {
    const readFile = filesOf({ '/proc/1/comm': `${comm}\n`, '/proc/1/cmdline': cmdline })
    const exists = (path: string): boolean => folders.some((folder) => folder === path)
    assert.deepEqual(initGrains(readFile, exists), { init })
  })
}

test('the gateways of the default routes', () => {
  const four = `Iface\tDestination\tGateway \tFlags\tRefCnt\tUse\tMetric\tMask\t\tMTU\tWindow\tIRTT
wlan0\t00000000\tFE01A8C0\t0003\t0\t0\t600\t00000000\t0\t0\t0
eth0\t00000000\t0100A8C0\t0003\t0\t0\t100\t00000000\t0\t0\t0
eth0\t0000A8C0\t00000000\t0001\t0\t0\t100\t00FFFFFF\t0\t0\t0
`
  const six = `fe800000000000000000000000000000 40 00000000000000000000000000000000 00 00000000000000000000000000000000 00000400 00000001 00000000 00000001     eth0
00000000000000000000000000000000 00 00000000000000000000000000000000 00 fe80000000000000020c29fffe00000f 00000064 00000001 00000000 00000003     eth0
00000000000000000000000000000000 00 00000000000000000000000000000000 00 00000000000000000000000000000000 ffffffff 00000001 00000000 00200200       lo
`
  const read = filesOf({ '/proc/net/route': four, '/proc/net/ipv6_route': six })
  assert.deepEqual(gatewayGrains(read), { ip_gw: true, ip4_gw: '192.168.0.1', ip6_gw: 'fe80::20c:29ff:fe00:f' })
  assert.deepEqual(gatewayGrains(filesOf({ '/proc/net/route': 'Iface\n' })), {
    ip_gw: false,
    ip4_gw: false,
    ip6_gw: false,
  })
  assert.deepEqual(gatewayGrains(filesOf({})), {}, 'a system without these tables')
})

test('graphics cards', () => {
  const folder = '/sys/bus/pci/devices'
  const files = {
    [`${folder}/a/class`]: '0x030000\n',
    [`${folder}/a/vendor`]: '0x10de\n',
    [`${folder}/a/device`]: '0x1b80\n',
    [`${folder}/b/class`]: '0x020000\n',
    [`${folder}/c/class`]: '0x030200\n',
    [`${folder}/c/vendor`]: '0x1234\n',
    [`${folder}/c/device`]: '0x1111\n',
  }
  const names =
    '# list\n1002  AMD\n\t1b80  Wrong\n10de  NVIDIA Corporation\n\t1b80  GP104 [GeForce GTX 1080]\n\t\t1043 85aa  Sub\n1234  x\n'
  const devices = ['a', 'b', 'c']
  assert.deepEqual(graphicsGrains(filesOf({ ...files, '/usr/share/misc/pci.ids': names }), devices), {
    gpus: [
      { vendor: 'nvidia', model: 'GP104 [GeForce GTX 1080]' },
      { vendor: 'qemu', model: 'Device 1111' },
    ],
    num_gpus: 2,
  })
  assert.equal(graphicsGrains(filesOf(files), devices).gpus[0]?.model, 'Device 1b80')
  assert.deepEqual(graphicsGrains(filesOf({}), []), { gpus: [], num_gpus: 0 })
})

test('arrays of disks and logical volumes', () => {
  const stat =
    'Personalities : [raid1]\nmd0 : active raid1 sdb1[1] sda1[0]\n      1046528 blocks [2/2] [UU]\n\nunused devices: <none>\n'
  assert.deepEqual(raidGrains(filesOf({ '/proc/mdstat': stat })), { mdadm: ['md0'] })
  assert.deepEqual(raidGrains(filesOf({})), {})
  const files = {
    '/sys/block/dm-0/dm/uuid': 'LVM-abc\n',
    '/sys/block/dm-0/dm/name': 'my--group-root\n',
    '/sys/block/dm-1/dm/uuid': 'LVM-def\n',
    '/sys/block/dm-1/dm/name': 'my--group-a--b\n',
    '/sys/block/dm-2/dm/uuid': 'CRYPT-LUKS2-x\n',
    '/sys/block/dm-2/dm/name': 'sda3_crypt\n',
  }
  const blocks = ['dm-0', 'dm-1', 'dm-2', 'sda']
  assert.deepEqual(volumeGrains(filesOf(files), blocks), { lvm: { 'my-group': ['a-b', 'root'] } })
  assert.deepEqual(volumeGrains(filesOf({}), ['sda']), {})
})
