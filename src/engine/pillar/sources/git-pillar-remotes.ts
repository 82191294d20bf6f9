/** What the configuration says of git repositories that pillar comes from. */
import { join } from 'node:path'
import { asSaltError, type SaltError } from '../../../base/errors.ts'
import { isRecord } from '../../../base/narrow.ts'
import type { ConfigView } from '../../config-view.ts'
import { branchAndAddress } from '../../files/git/git-option-names.ts'
import type { GitRemote } from '../../files/git/git-remote.ts'
import { gitRemotes, makeRemote, optionReader, remoteOf } from '../../files/git/git-settings.ts'

/** Stands for the branch of the environment that is asked for. */
export const anyBranch = '__env__'

export interface PillarRemoteParts {
  readonly remote: GitRemote
  readonly branch: string
  /** Undefined: that of the question. */
  readonly environment: string | undefined
}

/** `onFault` is told of each that cannot be used, and why: the others are there without it. */
export function pillarRemotes(
  config: ConfigView,
  options: unknown,
  onFault: (error: SaltError) => void,
): readonly PillarRemoteParts[] {
  const list: readonly unknown[] = Array.isArray(options) ? options : [options]
  return list.flatMap((item) => {
    try {
      return partsOf(config, item)
    } catch (error) {
      onFault(asSaltError(error))
      return []
    }
  })
}

function partsOf(config: ConfigView, item: unknown): PillarRemoteParts {
  const shared = (name: string): unknown => config.get(`git_pillar_${name}`)
  const folder = join(String(config.get('cachedir') ?? '/var/cache/salt/master'), 'git_pillar')
  const { address: words, own } = remoteOf(item)
  const [branch, address] = branchAndAddress(words, String(shared('branch') ?? 'master'))
  const read = optionReader(own, shared)
  const isAny = branch === anyBranch
  const settings = isAny ? {} : { allSaltenvs: branch }
  const remote = makeRemote({ address, folder, options: read, settings, waits: true })
  return { remote, branch, environment: isAny ? undefined : named(branch, read('env'), shared('base')) }
}

function named(branch: string, environment: unknown, base: unknown): string {
  if (typeof environment === 'string' && environment !== '') return environment
  return branch === (base ?? 'master') ? 'base' : branch
}

/** Makes nothing, asks nobody. Throws `configuration` for a remote of files or of pillar that can never be used. */
export function checkGitRemotes(config: ConfigView, usesGitFiles: boolean): void {
  const refuse = (error: SaltError): never => {
    throw error
  }
  if (usesGitFiles) gitRemotes(config, '', refuse)
  const sources = config.get('ext_pillar')
  for (const source of Array.isArray(sources) ? sources : [])
    if (isRecord(source) && Object.hasOwn(source, 'git')) pillarRemotes(config, source.git, refuse)
}
