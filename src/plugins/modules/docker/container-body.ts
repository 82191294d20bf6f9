/** From the arguments of Salt's states and functions to what the Engine takes to make a container. */
import { SaltError } from '../../../base/errors.ts'
import { isRecord } from '../../../base/narrow.ts'
import { pythonString } from '../../../base/python-repr.ts'
import { didYouMean, nearest } from '../../../base/text.ts'
import { splitShellWords } from '../cmd/shell-words.ts'
import { booleanOf, bytesOf, integerOf, itemsOf, pairsOf } from './argument-forms.ts'
import { exposedPorts, portBindings } from './ports.ts'

type Fields = Record<string, unknown>

/** A body of the Engine's `POST /containers/create`, as far as arguments say something. */
export interface ContainerBody {
  readonly Config: Readonly<Fields>
  readonly HostConfig: Readonly<Fields>
}

/** Other names of arguments, those of the command line of docker. */
const aliases: Readonly<Record<string, string>> = {
  cmd: 'command',
  env: 'environment',
  label: 'labels',
  bind: 'binds',
  volume: 'volumes',
  publish: 'port_bindings',
  link: 'links',
  restart: 'restart_policy',
  workdir: 'working_dir',
  rm: 'auto_remove',
  add_host: 'extra_hosts',
  device: 'devices',
  ulimit: 'ulimits',
  memory: 'mem_limit',
  memory_swap: 'memswap_limit',
  cpuset: 'cpuset_cpus',
  pid: 'pid_mode',
  ipc: 'ipc_mode',
  user_ns_mode: 'userns_mode',
  sysctl: 'sysctls',
  interactive: 'stdin_open',
  open_stdin: 'stdin_open',
  t: 'tty',
  expose: 'ports',
  log_options: 'log_opt',
}

type Translate = (value: unknown, name: string) => unknown

const text: Translate = (value) => pythonString(value)
const list: Translate = (value) => itemsOf(value)
const flag: Translate = booleanOf
const count: Translate = integerOf
const bytes: Translate = bytesOf

/** A command is a list of words, or a line that is split as a shell does it. */
const words: Translate = (value) =>
  Array.isArray(value) ? value.map(pythonString) : splitShellWords(pythonString(value))

/** Argument → place, field and how its value is translated. */
const fields: Readonly<Record<string, readonly [place: 'Config' | 'HostConfig', field: string, translate: Translate]>> =
  {
    command: ['Config', 'Cmd', words],
    entrypoint: ['Config', 'Entrypoint', words],
    environment: ['Config', 'Env', (value) => Object.entries(pairsOf(value)).map(([key, one]) => `${key}=${one}`)],
    labels: ['Config', 'Labels', (value) => pairsOf(value)],
    hostname: ['Config', 'Hostname', text],
    domainname: ['Config', 'Domainname', text],
    user: ['Config', 'User', text],
    working_dir: ['Config', 'WorkingDir', text],
    tty: ['Config', 'Tty', flag],
    stdin_open: ['Config', 'OpenStdin', flag],
    stop_signal: ['Config', 'StopSignal', text],
    stop_timeout: ['Config', 'StopTimeout', count],
    mac_address: ['Config', 'MacAddress', text],
    network_disabled: ['Config', 'NetworkDisabled', flag],
    healthcheck: ['Config', 'Healthcheck', mapping],
    volumes: ['Config', 'Volumes', (value) => keysOnly(itemsOf(value))],
    ports: ['Config', 'ExposedPorts', (value) => keysOnly(exposedPorts(value))],
    binds: ['HostConfig', 'Binds', bindList],
    port_bindings: ['HostConfig', 'PortBindings', (value) => portBindings(value)],
    publish_all_ports: ['HostConfig', 'PublishAllPorts', flag],
    links: ['HostConfig', 'Links', linkList],
    restart_policy: ['HostConfig', 'RestartPolicy', restartPolicy],
    privileged: ['HostConfig', 'Privileged', flag],
    read_only: ['HostConfig', 'ReadonlyRootfs', flag],
    auto_remove: ['HostConfig', 'AutoRemove', flag],
    init: ['HostConfig', 'Init', flag],
    cap_add: ['HostConfig', 'CapAdd', list],
    cap_drop: ['HostConfig', 'CapDrop', list],
    dns: ['HostConfig', 'Dns', list],
    dns_search: ['HostConfig', 'DnsSearch', list],
    dns_opt: ['HostConfig', 'DnsOptions', list],
    extra_hosts: ['HostConfig', 'ExtraHosts', hostList],
    group_add: ['HostConfig', 'GroupAdd', list],
    devices: ['HostConfig', 'Devices', deviceList],
    network_mode: ['HostConfig', 'NetworkMode', text],
    pid_mode: ['HostConfig', 'PidMode', text],
    ipc_mode: ['HostConfig', 'IpcMode', text],
    userns_mode: ['HostConfig', 'UsernsMode', text],
    cgroup_parent: ['HostConfig', 'CgroupParent', text],
    runtime: ['HostConfig', 'Runtime', text],
    isolation: ['HostConfig', 'Isolation', text],
    mem_limit: ['HostConfig', 'Memory', bytes],
    memswap_limit: ['HostConfig', 'MemorySwap', bytes],
    mem_swappiness: ['HostConfig', 'MemorySwappiness', count],
    shm_size: ['HostConfig', 'ShmSize', bytes],
    cpu_shares: ['HostConfig', 'CpuShares', count],
    cpu_period: ['HostConfig', 'CpuPeriod', count],
    cpu_quota: ['HostConfig', 'CpuQuota', count],
    cpuset_cpus: ['HostConfig', 'CpusetCpus', text],
    cpuset_mems: ['HostConfig', 'CpusetMems', text],
    blkio_weight: ['HostConfig', 'BlkioWeight', count],
    pids_limit: ['HostConfig', 'PidsLimit', count],
    oom_kill_disable: ['HostConfig', 'OomKillDisable', flag],
    oom_score_adj: ['HostConfig', 'OomScoreAdj', count],
    security_opt: ['HostConfig', 'SecurityOpt', list],
    storage_opt: ['HostConfig', 'StorageOpt', (value) => pairsOf(value)],
    sysctls: ['HostConfig', 'Sysctls', (value) => pairsOf(value)],
    tmpfs: ['HostConfig', 'Tmpfs', (value) => pairsOf(value)],
    ulimits: ['HostConfig', 'Ulimits', ulimitList],
    volumes_from: ['HostConfig', 'VolumesFrom', list],
    volume_driver: ['HostConfig', 'VolumeDriver', text],
  }

/** Accepted, and without a place of their own in the body. */
const besides = new Set(['log_driver', 'log_opt', 'detach', 'networks'])

const containerArguments: readonly string[] = [...Object.keys(fields), ...besides, ...Object.keys(aliases)]

/** Arguments by their first names. Throws `bad-arguments` for unknown ones and for both names of one. */
function named(args: Readonly<Fields>): Map<string, unknown> {
  const found = new Map<string, unknown>()
  for (const [given, value] of Object.entries(args)) {
    if (value === undefined || value === null || given.startsWith('__')) continue
    const name = aliases[given] ?? given
    if (fields[name] === undefined && !besides.has(name)) {
      const advice = didYouMean(nearest(given, containerArguments))
      throw new SaltError('bad-arguments', `'${given}' is no argument of containers that is known here.${advice}`)
    }
    if (found.has(name)) {
      const [alias = name] = Object.entries(aliases).find(([one, of]) => of === name && Object.hasOwn(args, one)) ?? []
      throw new SaltError('bad-arguments', `'${alias}' is an alias for '${name}', they cannot both be used`)
    }
    found.set(name, value)
  }
  return found
}

/** Throws `bad-arguments`. */
export function containerBody(args: Readonly<Fields>): ContainerBody {
  const given = named(args)
  const body = { Config: {} as Fields, HostConfig: {} as Fields }
  for (const [name, value] of given) {
    const field = fields[name]
    if (field !== undefined) body[field[0]][field[1]] = field[2](value, name)
  }
  const driver = given.get('log_driver')
  if (driver !== undefined || given.has('log_opt')) {
    body.HostConfig.LogConfig = {
      Type: driver === undefined ? '' : pythonString(driver),
      Config: pairsOf(given.get('log_opt')),
    }
  }
  // What is bound is a volume, and what is published is exposed, whether it is said or not.
  const mounts = (body.HostConfig.Binds as string[] | undefined)?.map((bind) => bind.split(':')[1] ?? '')
  if (mounts !== undefined)
    body.Config.Volumes = { ...(body.Config.Volumes as Fields | undefined), ...keysOnly(mounts) }
  const ports = body.HostConfig.PortBindings as Fields | undefined
  if (ports !== undefined) {
    body.Config.ExposedPorts = { ...(body.Config.ExposedPorts as Fields | undefined), ...keysOnly(Object.keys(ports)) }
  }
  return body
}

function keysOnly(names: readonly string[]): Record<string, Record<string, never>> {
  return Object.fromEntries(names.map((name) => [name, {}]))
}

function mapping(value: unknown, name: string): unknown {
  if (isRecord(value)) return value
  throw new SaltError('bad-arguments', `${name} must be a mapping`)
}

/** `host:container[:ro]`, or `{host: {bind: container, mode: ro}}`; `rw` is what counts where nothing is said. */
function bindList(value: unknown): string[] {
  const items = isRecord(value)
    ? Object.entries(value).map(([host, one]) =>
        isRecord(one)
          ? [host, one.bind, one.ro === true ? 'ro' : (one.mode ?? 'rw')].map(pythonString).join(':')
          : `${host}:${pythonString(one)}`,
      )
    : itemsOf(value)
  return items.map((item) => {
    const parts = item.split(':')
    if (parts.length < 2 || parts.length > 3 || parts.some((part) => part === '')) {
      throw new SaltError('bad-arguments', `'${item}' is no bind: use HOST_PATH:CONTAINER_PATH[:ro]`)
    }
    return parts.length === 2 ? `${item}:rw` : item
  })
}

/** `name:alias`, or a mapping of names to aliases; the alias is the name where it is left out. */
function linkList(value: unknown): string[] {
  const items = isRecord(value)
    ? Object.entries(value).map(([name, alias]) => `${name}:${pythonString(alias)}`)
    : itemsOf(value)
  return items.map((item) => (item.includes(':') ? item : `${item}:${item}`))
}

function hostList(value: unknown): string[] {
  return isRecord(value)
    ? Object.entries(value).map(([host, address]) => `${host}:${pythonString(address)}`)
    : itemsOf(value)
}

function restartPolicy(value: unknown): Fields {
  if (isRecord(value))
    return { Name: pythonString(value.Name ?? ''), MaximumRetryCount: Number(value.MaximumRetryCount ?? 0) }
  const [name = '', retries = '0'] = pythonString(value).split(':')
  if (!/^(?:no|always|unless-stopped|on-failure)$/.test(name) || !/^\d+$/.test(retries)) {
    throw new SaltError(
      'bad-arguments',
      `'${pythonString(value)}' is no restart policy: use no, always, unless-stopped or on-failure:5`,
    )
  }
  return { Name: name, MaximumRetryCount: Number(retries) }
}

function deviceList(value: unknown): Fields[] {
  return itemsOf(value).map((item) => {
    const [host = '', inside = host, permissions = 'rwm'] = item.split(':')
    return { PathOnHost: host, PathInContainer: inside, CgroupPermissions: permissions }
  })
}

function ulimitList(value: unknown): Fields[] {
  return itemsOf(value).map((item) => {
    const [, name, soft, hard = soft] = /^(\w+)=(-?\d+)(?::(-?\d+))?$/.exec(item) ?? []
    if (name === undefined) throw new SaltError('bad-arguments', `'${item}' is no limit: use nofile=1024:2048`)
    return { Name: name, Soft: Number(soft), Hard: Number(hard) }
  })
}
