import * as os from 'node:os'
import { s } from '../../../base/schema.ts'
import type { GrainsDefinition, GrainsHost } from '../../../engine/plugin.ts'
import { graphicsGrains, raidGrains, volumeGrains, zfsGrains } from './devices.ts'
import { diskGrains, firmwareGrains, memoryGrains, processorGrains, virtualGrains } from './hardware.ts'
import { networkGrains } from './network.ts'
import { linuxRelease, releaseNumbers } from './os-release.ts'
import { macosRelease, windowsMachine, windowsRelease } from './other-systems.ts'
import { gatewayGrains } from './routes.ts'
import {
  initGrains,
  installedGrains,
  kernelGrains,
  localeGrains,
  machineGrains,
  processGrains,
  programGrains,
  securityGrains,
  timezoneGrain,
} from './software.ts'

function systemGrains(host: GrainsHost): Record<string, unknown> {
  const { readFile } = host
  if (host.platform === 'linux') {
    return {
      ...linuxRelease(readFile, os.machine()),
      ...virtualGrains(readFile),
      ...firmwareGrains(readFile),
      ...diskGrains(),
      ...graphicsGrains(readFile),
      ...raidGrains(readFile),
      ...volumeGrains(readFile),
      ...zfsGrains(),
      ...initGrains(readFile),
      ...installedGrains(),
      ...securityGrains(readFile),
      ...machineGrains(readFile),
    }
  }
  if (host.platform === 'darwin') return macosRelease(readFile, os.release(), os.machine())
  if (host.platform === 'win32') return windowsRelease(os.version(), os.release(), os.machine())
  const name = os.type()
  const version = os.release()
  return {
    os: name,
    os_family: name,
    osfullname: name,
    osrelease: version,
    oscodename: name,
    ...releaseNumbers(version),
    osfinger: `${name}-${version.split('.')[0] ?? ''}`,
    osarch: os.machine(),
    virtual: 'physical',
  }
}

export const core: GrainsDefinition = {
  name: 'core',
  doc: 'What this host is: system, processor, memory, names and addresses. Everything comes from files, no program is started.',
  grains: {
    id: s.string('Id of the minion'),
    server_id: s.integer('A number made from the id'),
    master: s.any('The master or masters, as configured'),
    saltversion: s.string('Release of Salt that state trees may rely on; `test.version` tells that of this program'),
    saltversioninfo: s.array(s.integer(), 'The same, in parts'),
    pythonversion: s.array(s.any(), 'Version of the Python that came with that release of Salt; this program has none'),
    saltpath: s.path('Where this program lies'),
    nodeversion: s.array(s.integer(), 'Version of the Node inside'),
    nodeexecutable: s.path('The running executable'),
    os: s.string('Name of the operating system, such as Debian'),
    os_family: s.string('Family that it belongs to, such as RedHat'),
    osfullname: s.string('Its name in full'),
    osrelease: s.string('Its version'),
    osrelease_info: s.array(s.any(), 'Its version, in parts'),
    osmajorrelease: s.integer('First part of its version'),
    oscodename: s.string('Code name of its version'),
    osfinger: s.string('Name and version, to choose by'),
    osbuild: s.string('Build of macOS'),
    osmanufacturer: s.string('Maker of Windows'),
    osversion: s.string('Version of the kernel of Windows'),
    osarch: s.string('Architecture of its packages'),
    lsb_distrib_id: s.string('Name of the distribution'),
    lsb_distrib_release: s.string('Version of the distribution'),
    lsb_distrib_codename: s.string('Code name of the distribution'),
    lsb_distrib_description: s.string('What the distribution calls itself'),
    kernel: s.string('Name of the kernel'),
    kernelrelease: s.string('Release of the kernel'),
    kernelversion: s.string('Build of the kernel'),
    kernelparams: s.array(s.any(), 'Parameters that the kernel was started with, each with its value'),
    cpuarch: s.string('Architecture of the processor'),
    num_cpus: s.integer('Number of processors'),
    cpu_model: s.string('Model of the processor'),
    cpu_flags: s.array(s.string(), 'Features of the processor'),
    mem_total: s.integer('Memory in MiB'),
    swap_total: s.integer('Swap space in MiB'),
    disks: s.array(s.string(), 'Spinning disks'),
    ssds: s.array(s.string(), 'Solid-state disks'),
    gpus: s.array(s.record(s.string()), 'Graphics cards: vendor and model'),
    num_gpus: s.integer('Number of graphics cards'),
    mdadm: s.array(s.string(), 'Arrays of disks'),
    lvm: s.record(s.array(s.string()), 'Group of volumes → its active logical volumes'),
    zfs_support: s.boolean('The kernel knows ZFS'),
    zfs_feature_flags: s.boolean('Its ZFS knows feature flags'),
    biosversion: s.string('Version of the firmware'),
    biosvendor: s.string('Maker of the firmware'),
    biosreleasedate: s.string('Date of the firmware'),
    boardname: s.string('Model of the mainboard'),
    manufacturer: s.string('Maker of the machine'),
    productname: s.string('Model of the machine'),
    serialnumber: s.string('Serial number of the machine'),
    uuid: s.string('Identifier of the machine, from its firmware'),
    machine_id: s.string('Identifier of the installation'),
    virtual: s.string('Kind of virtual machine or container; physical where it is none'),
    virtual_subtype: s.string('Closer kind of it'),
    efi: s.boolean('Started by EFI firmware'),
    'efi-secure-boot': s.boolean('Secure Boot is on'),
    selinux: s.record(s.any(), 'Whether SELinux is there, and enforces'),
    init: s.string('Init system'),
    systemd: s.record(s.string(), 'Version of systemd, where it is installed'),
    transactional: s.boolean('Updates are made into a snapshot that the next start uses'),
    ip_interfaces: s.record(s.array(s.string()), 'Interface → its addresses'),
    ip4_interfaces: s.record(s.array(s.string()), 'Interface → its IPv4 addresses'),
    ip6_interfaces: s.record(s.array(s.string()), 'Interface → its IPv6 addresses'),
    hwaddr_interfaces: s.record(s.string(), 'Interface → its hardware address'),
    ipv4: s.array(s.string(), 'All IPv4 addresses'),
    ipv6: s.array(s.string(), 'All IPv6 addresses'),
    ip_gw: s.boolean('There is a default route'),
    ip4_gw: s.union([s.string(), s.boolean()], 'Gateway of the default route, or false'),
    ip6_gw: s.union([s.string(), s.boolean()], 'Gateway of the default route of IPv6, or false'),
    nodename: s.string('Host name'),
    localhost: s.string('Host name'),
    host: s.string('Host name without its domain'),
    domain: s.string('Domain of the host name'),
    fqdn: s.string('Host name with its domain'),
    fqdn_ip4: s.array(s.string(), 'IPv4 addresses of the full name'),
    fqdn_ip6: s.array(s.string(), 'IPv6 addresses of the full name'),
    fqdns: s.array(s.string(), 'Full names that the hosts file gives to own addresses'),
    dns: s.record(s.any(), 'Settings of the name resolver'),
    locale_info: s.record(s.any(), 'Language, encoding and time zone'),
    timezone: s.string('Name of the time zone'),
    shell: s.path('Shell of whoever runs the minion'),
    path: s.string('Search path for programs'),
    systempath: s.array(s.path(), 'Search path for programs, in parts'),
    pid: s.integer('Process id of the minion'),
    uid: s.integer('User id of the minion'),
    gid: s.integer('Group id of the minion'),
    username: s.string('User that the minion runs as'),
    groupname: s.string('Group that the minion runs as'),
    cwd: s.path('Working folder of the minion'),
    ps: s.string('Command that lists processes'),
  },
  read(host) {
    const { readFile } = host
    return {
      ...kernelGrains(readFile),
      ...(host.platform === 'win32' ? { cpuarch: windowsMachine(os.machine()) } : {}),
      ...systemGrains(host),
      ...processorGrains(readFile),
      ...memoryGrains(readFile),
      ...networkGrains(readFile),
      ...gatewayGrains(readFile),
      ...localeGrains(),
      ...timezoneGrain(readFile),
      ...processGrains(),
      ...programGrains(host.config),
    }
  },
}
