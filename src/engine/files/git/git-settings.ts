/** What the configuration says of git remotes: options for all of them, and those of single ones. */
import { createHash } from 'node:crypto'
import { join } from 'node:path'
import { asSaltError, SaltError } from '../../../base/errors.ts'
import { isRecord, textIfAny } from '../../../base/narrow.ts'
import type { ConfigView } from '../../config-view.ts'
import { gitEnvironment } from './git-access.ts'
import { GitRemote, type GitRemoteSettings } from './git-remote.ts'
import { GitRepository } from './git-repository.ts'

const timeoutMs = 300_000

type Options = Readonly<Record<string, unknown>>

/** `gitfs_remotes`. `onFault` is told of each that cannot be used, and why: the others are there without it. */
export function gitRemotes(
  config: ConfigView,
  folder: string,
  onFault: (error: SaltError, remote: unknown) => void,
): readonly GitRemote[] {
  const remotes = config.get('gitfs_remotes')
  return (Array.isArray(remotes) ? remotes : []).flatMap((remote) => {
    try {
      const { address, own } = remoteOf(remote)
      return makeRemote({ address, folder, options: optionReader(own, (name) => config.get(`gitfs_${name}`)) })
    } catch (error) {
      onFault(asSaltError(error), remote)
      return []
    }
  })
}

/** Values by their names without prefix: those of a remote come before those of all. */
export type OptionReader = (name: string) => unknown

export function optionReader(own: Options, shared: OptionReader): OptionReader {
  return (name) => (Object.hasOwn(own, name) ? own[name] : shared(name))
}

/** An address, or an address with options of its own as a list of mappings or as one. Throws `configuration`. */
export function remoteOf(remote: unknown): { readonly address: string; readonly own: Options } {
  if (typeof remote === 'string') return { address: remote, own: {} }
  const [entry, ...more] = isRecord(remote) ? Object.entries(remote) : []
  if (entry === undefined || more.length > 0)
    throw new SaltError('configuration', 'a git remote must be an address, or a mapping of one address to its options')
  const [address, options] = entry
  const list: readonly unknown[] = Array.isArray(options) ? options : [options]
  return { address, own: Object.assign({}, ...list.filter(isRecord)) }
}

interface RemoteRequest {
  readonly address: string
  /** Where mirrors lie. */
  readonly folder: string
  readonly options: OptionReader
  /** In place of what the options say. */
  readonly settings?: Partial<GitRemoteSettings>
  readonly waits?: boolean
}

/** Throws `configuration` for what cannot be done. */
export function makeRemote({ address, folder, options, settings = {}, waits = false }: RemoteRequest): GitRemote {
  const text = (name: string): string | undefined => textIfAny(options(name))
  const name = text('name') ?? ''
  const env = gitEnvironment(address, {
    user: text('user'),
    password: text('password'),
    privkey: text('privkey'),
    passphrase: text('passphrase'),
    verifiesTls: options('ssl_verify') !== false,
    isInsecureAllowed: options('insecure_auth') === true,
  })
  const refspecs = listOf(options('refspecs')).map(mirroredSpec)
  const identity = [name, address, ...refspecs].join('\0')
  const digest = createHash('sha256').update(identity).digest('hex').slice(0, 32)
  const repository = new GitRepository({ url: address, folder: join(folder, digest), env, timeoutMs, refspecs })
  return new GitRemote(
    repository,
    name === '' ? repository.address : name,
    { ...settingsFrom(options), ...settings },
    { waits },
  )
}

/** What Salt keeps as branches of `origin` are branches of the mirror. Throws `configuration`. */
function mirroredSpec(spec: string): string {
  const [, from, to] = /^\+?(refs\/[^\s:]+):(refs\/[^\s:]+)$/.exec(spec) ?? []
  if (from === undefined || to === undefined) {
    throw new SaltError('configuration', `'${spec}' of the refspecs says not what goes where`, {
      hint: "Write, for example: '+refs/heads/main:refs/remotes/origin/main'.",
    })
  }
  return `+${from}:${to.replace(/^refs\/remotes\/origin\//, 'refs/heads/')}`
}

function settingsFrom(options: OptionReader): GitRemoteSettings {
  const types = listOf(options('ref_types'))
  return {
    base: textIfAny(options('base')) ?? 'master',
    root: textIfAny(options('root')) ?? '',
    mountpoint: textIfAny(options('mountpoint')) ?? '',
    saltenvs: saltenvsOf(options('saltenv')),
    mapsNone: options('disable_saltenv_mapping') === true,
    allSaltenvs: textIfAny(options('all_saltenvs')),
    fallback: textIfAny(options('fallback')),
    refTypes: types.length === 0 ? ['branch', 'tag', 'sha'] : types,
    whitelist: listOf(options('saltenv_whitelist')),
    blacklist: listOf(options('saltenv_blacklist')),
    updateMs: Number(options('update_interval') ?? 60) * 1000,
  }
}

/** `[{develop: [{ref: dev}, {root: salt}]}]` → by environment. */
function saltenvsOf(value: unknown): GitRemoteSettings['saltenvs'] {
  const entries = (Array.isArray(value) ? value : [value]).filter(isRecord).flatMap((item) => Object.entries(item))
  return Object.fromEntries(
    entries.map(([saltenv, parts]) => {
      const { ref, root, mountpoint } = Object.assign(
        {},
        ...(Array.isArray(parts) ? parts : [parts]).filter(isRecord),
      ) as Options
      return [
        saltenv,
        {
          ...(typeof ref === 'string' ? { ref } : {}),
          ...(typeof root === 'string' ? { root } : {}),
          ...(typeof mountpoint === 'string' ? { mountpoint } : {}),
        },
      ]
    }),
  )
}

function listOf(value: unknown): readonly string[] {
  if (typeof value === 'string') return value.split(',').map((item) => item.trim())
  return Array.isArray(value) ? value.map(String) : []
}
