/** Grains of graphics cards and of disks that software makes. */
import * as fs from 'node:fs'
import { listFolder } from './hardware.ts'
import type { ReadFile } from './os-release.ts'

/** Short names of vendors as Salt's users know them. */
const vendors: Readonly<Record<string, string>> = {
  '1002': 'amd',
  '1013': 'cirrus',
  '102b': 'matrox',
  '10de': 'nvidia',
  '1234': 'qemu',
  '15ad': 'vmware',
  '1a03': 'aspeed',
  '1af4': 'redhat',
  '1b36': 'redhat',
  '80ee': 'virtualbox',
  '8086': 'intel',
}

const pciFolder = '/sys/bus/pci/devices'
/** Names of models, where the list of them is installed. */
const pciNames = ['/usr/share/misc/pci.ids', '/usr/share/hwdata/pci.ids']

export interface Card {
  readonly vendor: string
  readonly model: string
}

/** Display controllers, as the kernel lists them. */
export function graphicsGrains(
  readFile: ReadFile,
  devices: readonly string[] = listFolder(pciFolder),
): { readonly gpus: readonly Card[]; readonly num_gpus: number } {
  const gpus: Card[] = []
  for (const device of devices) {
    const value = (name: string): string => readFile(`${pciFolder}/${device}/${name}`)?.trim().replace(/^0x/, '') ?? ''
    if (!/^03/.test(value('class'))) continue
    const vendor = value('vendor')
    gpus.push({ vendor: vendors[vendor] ?? 'unknown', model: modelName(readFile, vendor, value('device')) })
  }
  return { gpus, num_gpus: gpus.length }
}

/** In the list a vendor stands at the start of its line, and its devices below it behind a tabulator. */
function modelName(readFile: ReadFile, vendor: string, device: string): string {
  const unknown = `Device ${device}`
  for (const path of pciNames) {
    const names = readFile(path)
    if (names === undefined) continue
    const start = names.indexOf(`\n${vendor}  `)
    if (start < 0) return unknown
    const end = names.slice(start + 1).search(/\n[0-9a-f]/)
    const block = end < 0 ? names.slice(start) : names.slice(start, start + 1 + end)
    return new RegExp(`^\\t${device}  (.*)$`, 'm').exec(block)?.[1] ?? unknown
  }
  return unknown
}

/** Arrays of disks that the kernel runs. */
export function raidGrains(readFile: ReadFile): { readonly mdadm?: readonly string[] } {
  const text = readFile('/proc/mdstat')
  if (text === undefined) return {}
  return { mdadm: [...text.matchAll(/^(md\S*) : /gm)].map(([, name = '']) => name) }
}

/** Active logical volumes by their group; the kernel doubles a dash that is part of a name. */
export function volumeGrains(
  readFile: ReadFile,
  blocks: readonly string[] = listFolder('/sys/block'),
): { readonly lvm?: Readonly<Record<string, readonly string[]>> } {
  const groups: Record<string, string[]> = {}
  for (const block of blocks) {
    if (!block.startsWith('dm-') || readFile(`/sys/block/${block}/dm/uuid`)?.startsWith('LVM-') !== true) continue
    const match = /^((?:[^-]|--)+)-(?!-)(.+)$/.exec(readFile(`/sys/block/${block}/dm/name`)?.trim() ?? '')
    if (match === null) continue
    const [group = '', volume = ''] = match.slice(1).map((part) => part.replaceAll('--', '-'))
    groups[group] = [...(groups[group] ?? []), volume].sort()
  }
  return Object.keys(groups).length === 0 ? {} : { lvm: groups }
}

/** Whether the kernel knows ZFS. Its modules of today know feature flags all. */
export function zfsGrains(): Record<string, boolean> {
  const known = fs.existsSync('/dev/zfs')
  return { zfs_support: known, zfs_feature_flags: known }
}
