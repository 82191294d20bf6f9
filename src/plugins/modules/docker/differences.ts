/** Where a container differs from what is wanted. What is not said is compared with what the image says, or with what the Engine does by itself. */
import { isRecord } from '../../../base/narrow.ts'
import type { ContainerBody } from './container-body.ts'
import { recordOf } from './containers.ts'
import type { Fields } from './engine.ts'

export type Differences = Record<string, Record<string, { old: unknown; new: unknown }>>

/** Fields of the Engine whose values stand for "nothing is said"; others are compared only where something is. */
const emptyHostConfig: Fields = {
  Binds: null,
  PortBindings: null,
  PublishAllPorts: false,
  Links: null,
  RestartPolicy: { Name: 'no', MaximumRetryCount: 0 },
  Privileged: false,
  ReadonlyRootfs: false,
  AutoRemove: false,
  CapAdd: null,
  CapDrop: null,
  Dns: null,
  DnsSearch: null,
  DnsOptions: null,
  ExtraHosts: null,
  GroupAdd: null,
  Devices: null,
  PidMode: '',
  UsernsMode: '',
  Memory: 0,
  CpuShares: 0,
  CpuPeriod: 0,
  CpuQuota: 0,
  CpusetCpus: '',
  CpusetMems: '',
  BlkioWeight: 0,
  Sysctls: null,
  Tmpfs: null,
  VolumesFrom: null,
}

const emptyConfig: Fields = { Domainname: '', Tty: false, OpenStdin: false, StopTimeout: null }

/** What an image has, and a container with it. */
const ofImage = [
  'Cmd',
  'Entrypoint',
  'Env',
  'Labels',
  'User',
  'WorkingDir',
  'ExposedPorts',
  'Volumes',
  'StopSignal',
  'Healthcheck',
]

/** All that is to be compared, with its value. */
function wantedConfig({ Config: given }: ContainerBody, image: Fields): Fields {
  const base = recordOf(image.Config)
  const inherited = Object.fromEntries(ofImage.map((field) => [field, merged(field, base[field], given[field])]))
  // Another entry point does not get the words that were meant for the one of the image.
  const words = given.Entrypoint !== undefined && given.Cmd === undefined ? { Cmd: null } : {}
  return { ...emptyConfig, ...given, ...inherited, ...words }
}

function merged(field: string, base: unknown, given: unknown): unknown {
  if (given === undefined) return base ?? null
  if (field === 'Env') {
    const variables = (list: unknown): [string, string][] =>
      (Array.isArray(list) ? list : []).map((one) => [String(one).split('=')[0] ?? '', String(one)])
    return [...new Map([...variables(base), ...variables(given)]).values()]
  }
  return isRecord(base) && isRecord(given) && field !== 'Healthcheck' ? { ...base, ...given } : given
}

/** Whether two values mean the same: empty is nothing, and the order counts only for the words of a command. */
function isSame(field: string, left: unknown, right: unknown): boolean {
  return JSON.stringify(plain(field, left)) === JSON.stringify(plain(field, right))
}

const ordered = new Set(['Cmd', 'Entrypoint', 'Dns', 'DnsSearch'])

function plain(field: string, value: unknown): unknown {
  if (isEmpty(value)) return null
  if (Array.isArray(value)) {
    const items = value.map((item) => plain('', normalized(field, item)))
    return ordered.has(field) ? items : items.map((item) => JSON.stringify(item)).sort()
  }
  if (!isRecord(value)) return value
  return Object.fromEntries(
    Object.keys(value)
      .sort()
      .map((key) => [key, plain('', value[key])]),
  )
}

function isEmpty(value: unknown): boolean {
  if (value === undefined || value === null || value === '' || value === false || value === 0) return true
  if (Array.isArray(value)) return value.length === 0
  return isRecord(value) && Object.keys(value).length === 0
}

/** As the Engine shows it. */
function normalized(field: string, item: unknown): unknown {
  if (typeof item !== 'string') return item
  if (field === 'Binds') return item.split(':').length === 2 ? `${item}:rw` : item
  // `/db:/web/database` is the container `db`, known to `web` as `database`.
  if (field === 'Links') return item.replace(/^\/([^:]+):(?:.*\/)?([^/]+)$/, '$1:$2')
  if (field === 'CapAdd' || field === 'CapDrop') return item.replace(/^CAP_/, '')
  return item
}

/** The old policy of "never" has no name. */
function policy(value: unknown): unknown {
  return isRecord(value) && value.Name === '' ? { ...value, Name: 'no' } : value
}

function compare(wanted: Fields, now: Fields): Record<string, { old: unknown; new: unknown }> {
  return Object.fromEntries(
    Object.entries(wanted).flatMap(([field, value]) => {
      const [old, fresh] = field === 'RestartPolicy' ? [policy(now[field]), policy(value)] : [now[field], value]
      return isSame(field, old, fresh) ? [] : [[field, { old: old ?? null, new: fresh ?? null }]]
    }),
  )
}

/** Place → field → the value now and the wanted one; empty where all is as wanted. */
export function containerDifferences(body: ContainerBody, container: Fields, image: Fields): Differences {
  const config = compare(wantedConfig(body, image), recordOf(container.Config))
  const { LogConfig: log, ...host } = body.HostConfig
  const logs = isRecord(log) ? { LogConfig: logDefaults(log, recordOf(container.HostConfig).LogConfig) } : {}
  const hostConfig = compare({ ...emptyHostConfig, ...host, ...logs }, recordOf(container.HostConfig))
  return {
    ...(Object.keys(config).length === 0 ? {} : { Config: config }),
    ...(Object.keys(hostConfig).length === 0 ? {} : { HostConfig: hostConfig }),
  }
}

/** Without a driver of its own, a container logs as the Engine does. */
function logDefaults(wanted: Fields, now: unknown): Fields {
  return wanted.Type === '' ? { ...wanted, Type: recordOf(now).Type } : wanted
}
