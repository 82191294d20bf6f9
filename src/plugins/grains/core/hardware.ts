/** Grains of processor, memory, disks and firmware. */
import * as fs from 'node:fs'
import * as os from 'node:os'
import type { ReadFile } from './os-release.ts'

const mebibyte = 1024 * 1024

/** Salt's memory grains are mebibytes. */
export function memoryGrains(readFile: ReadFile): Record<string, unknown> {
  const text = readFile('/proc/meminfo')
  if (text === undefined) return { mem_total: Math.floor(os.totalmem() / mebibyte) }
  return { mem_total: fromMeminfo(text, 'MemTotal'), swap_total: fromMeminfo(text, 'SwapTotal') }
}

function fromMeminfo(text: string, name: string): number {
  const kibibytes = new RegExp(`^${name}:\\s+(\\d+) kB`, 'm').exec(text)?.[1]
  return Math.floor(Number(kibibytes ?? 0) / 1024)
}

export function processorGrains(readFile: ReadFile): Record<string, unknown> {
  const text = readFile('/proc/cpuinfo')
  if (text === undefined) {
    const cpus = os.cpus()
    return { num_cpus: cpus.length, cpu_model: cpus[0]?.model ?? 'Unknown', cpu_flags: [] }
  }
  // Only the first processor is looked at: the file has a block for each of them, and they are alike.
  const count = text.match(/^processor\s*:/gm)?.length ?? os.availableParallelism()
  const model = firstField(text, 'model name') ?? firstField(text, 'Model') ?? firstField(text, 'Hardware') ?? 'Unknown'
  const flags = firstField(text, 'flags') ?? firstField(text, 'Features') ?? ''
  return { num_cpus: count, cpu_model: model, cpu_flags: flags.split(' ').filter((flag) => flag !== '') }
}

function firstField(text: string, name: string): string | undefined {
  return new RegExp(`^${name}\\s*:[ \\t]*(.*)$`, 'm').exec(text)?.[1]?.trim()
}

const firmwareFiles: Readonly<Record<string, string>> = {
  biosversion: 'bios_version',
  biosvendor: 'bios_vendor',
  boardname: 'board_name',
  biosreleasedate: 'bios_date',
  productname: 'product_name',
  manufacturer: 'sys_vendor',
  serialnumber: 'product_serial',
  uuid: 'product_uuid',
}

export function firmwareGrains(readFile: ReadFile): Record<string, string> {
  const grains: Record<string, string> = {}
  for (const [name, file] of Object.entries(firmwareFiles)) {
    const value = readFile(`/sys/class/dmi/id/${file}`)?.trim()
    if (value !== undefined && value !== '') grains[name] = name === 'uuid' ? value.toLowerCase() : value
  }
  return grains
}

/** Spinning disks under `disks`, the others under `ssds`; loop devices and RAM disks count as neither. */
export function diskGrains(): Record<string, string[]> {
  const disks: string[] = []
  const ssds: string[] = []
  for (const name of listFolder('/sys/block')) {
    if (/^(?:loop|ram|zram|dm-|md|sr|fd)/.test(name)) continue
    const rotational = readLine(`/sys/block/${name}/queue/rotational`)
    if (rotational === '0') ssds.push(name)
    else if (rotational === '1') disks.push(name)
  }
  return { disks: disks.sort(), ssds: ssds.sort() }
}

/** What this machine runs in, as far as files tell. */
export function virtualGrains(readFile: ReadFile): Record<string, unknown> {
  const product = readFile('/sys/class/dmi/id/product_name')?.trim() ?? ''
  const vendor = readFile('/sys/class/dmi/id/sys_vendor')?.trim() ?? ''
  const container = containerKind(readFile)
  if (container !== undefined) return container
  const machine = `${vendor} ${product}`
  if (/VMware/i.test(machine)) return { virtual: 'VMware' }
  if (/VirtualBox/i.test(machine)) return { virtual: 'VirtualBox' }
  if (/Microsoft Corporation Virtual Machine/i.test(machine)) return { virtual: 'HyperV' }
  if (/Amazon EC2|Google Compute Engine|KVM|RHEV|OpenStack|DigitalOcean|Hetzner/i.test(machine))
    return { virtual: 'kvm' }
  if (/QEMU|Bochs/i.test(machine)) return { virtual: 'kvm' }
  if (/Parallels/i.test(machine)) return { virtual: 'Parallels' }
  if (/^xen/i.test(readFile('/sys/hypervisor/type') ?? '')) return { virtual: 'xen' }
  if (/^flags\s*:.*\bhypervisor\b/m.test(readFile('/proc/cpuinfo') ?? '')) return { virtual: 'kvm' }
  return { virtual: 'physical' }
}

function containerKind(readFile: ReadFile): Record<string, unknown> | undefined {
  const environment = readFile('/proc/1/environ') ?? ''
  const marked = /(?:^|\0)container=([^\0]*)/.exec(environment)?.[1]
  if (marked === 'lxc') return { virtual: 'LXC', virtual_subtype: 'LXC' }
  if (marked === 'systemd-nspawn') return { virtual: 'container', virtual_subtype: 'systemd-nspawn' }
  const groups = readFile('/proc/1/cgroup') ?? ''
  if (readFile('/.dockerenv') !== undefined || groups.includes('/docker/')) {
    return { virtual: 'container', virtual_subtype: 'Docker' }
  }
  if (marked === 'podman' || readFile('/run/.containerenv') !== undefined) {
    return { virtual: 'container', virtual_subtype: 'Podman' }
  }
  return groups.includes('/kubepods') ? { virtual: 'container', virtual_subtype: 'Kubernetes' } : undefined
}

export function listFolder(path: string): readonly string[] {
  try {
    return fs.readdirSync(path)
  } catch {
    return []
  }
}

function readLine(path: string): string | undefined {
  try {
    return fs.readFileSync(path, 'utf8').trim()
  } catch {
    return undefined
  }
}
