/** Pillar from git repositories: each branch is the root of an environment, with a top file of its own. */
import { join } from 'node:path'
import { systemClock } from '../../../base/clock.ts'
import { toJson } from '../../../base/json.ts'
import { GitFiles } from '../../files/git/git-files.ts'
import type { GitRemote } from '../../files/git/git-remote.ts'
import { makeRemote, optionReader, remoteOf } from '../../files/git/git-settings.ts'
import { joinedFiles } from '../../files/joined-files.ts'
import { Dict } from '../../render/values/dict.ts'
import type { Value } from '../../render/values/kinds.ts'
import { mergePillar } from '../merge-pillar.ts'
import type { PillarSource, SourceRequest } from './pillar-source.ts'

/** Stands for the branch of the environment that is asked for. */
const anyBranch = '__env__'

interface PillarRemote {
  readonly remote: GitRemote
  readonly files: GitFiles
  readonly branch: string
  /** Undefined: that of the question. */
  readonly environment: string | undefined
}

export const gitPillar: PillarSource = async (request, options) => {
  const { ctx, settings, question } = request
  const remotes = remotesOf(request, options)
  const only =
    question.pillarenv ?? (settings.isEnvironmentOfStates ? question.saltenv : undefined) ?? settings.pillarenv
  const includesOthers = ctx.config.get('git_pillar_includes') !== false
  let data: Value = new Dict()
  for (const one of remotes) {
    const environment = environmentOf(one, request)
    if (only !== undefined && environment !== only) continue
    if (!(await isThere(one, environment, request))) continue
    const isLinked = (other: PillarRemote): boolean => other !== one && environmentOf(other, request) === environment
    const linked = includesOthers ? remotes.filter(isLinked) : []
    const files = joinedFiles([one, ...linked].map((part) => part.files))
    const compiled = await request.compileRoots({ files, environments: [environment], pillarenv: only })
    data = mergePillar(settings, data, compiled.data)
  }
  return data
}

/** Mirrors outlive a question: their age is known, and what was read of them. */
function remotesOf({ memory, ctx, log }: SourceRequest, options: unknown): readonly PillarRemote[] {
  const key = `git ${toJson(options)}`
  const known = memory.get(key)
  if (known instanceof KnownRemotes) return known.remotes
  const shared = (name: string): unknown => ctx.config.get(`git_pillar_${name}`)
  const folder = join(String(ctx.config.get('cachedir') ?? '/var/cache/salt/master'), 'git_pillar')
  const list: readonly unknown[] = Array.isArray(options) ? options : [options]
  const remotes = list.map((item): PillarRemote => {
    const { address: words, own } = remoteOf(item)
    const [branch, address] = branchAndAddress(words, String(shared('branch') ?? 'master'))
    const read = optionReader(own, shared)
    const isAny = branch === anyBranch
    const settings = isAny ? {} : { allSaltenvs: branch }
    const remote = makeRemote({ address, folder, options: read, settings, waits: true })
    const files = new GitFiles({ remotes: [remote], clock: systemClock, log, ignores: () => false })
    return { remote, files, branch, environment: isAny ? undefined : named(branch, read('env'), shared('base')) }
  })
  memory.set(key, new KnownRemotes(remotes))
  return remotes
}

class KnownRemotes {
  readonly remotes: readonly PillarRemote[]

  constructor(remotes: readonly PillarRemote[]) {
    this.remotes = remotes
  }
}

/** `BRANCH ADDRESS`, or the address alone. */
function branchAndAddress(words: string, otherwise: string): [branch: string, address: string] {
  const [first = '', ...rest] = words.trim().split(/\s+/)
  return rest.length === 0 ? [otherwise, first] : [first, rest.join(' ')]
}

function named(branch: string, environment: unknown, base: unknown): string {
  if (typeof environment === 'string' && environment !== '') return environment
  return branch === (base ?? 'master') ? 'base' : branch
}

function environmentOf({ environment }: PillarRemote, { question, ctx }: SourceRequest): string {
  return environment ?? question.pillarenv ?? question.saltenv ?? String(ctx.config.get('git_pillar_base') ?? 'master')
}

/** Tells what kept the repository from being read, or that it has no such branch. */
async function isThere(
  { remote, files, branch }: PillarRemote,
  environment: string,
  { fail }: SourceRequest,
): Promise<boolean> {
  await files.environments()
  if ((await remote.placeOf(environment)) !== undefined) return true
  const { address, isThere: isKnown } = remote.repository
  if (!isKnown || remote.fault !== undefined)
    fail(`${address} cannot be read: ${remote.fault ?? 'it was not reached yet'}`)
  else fail(`${address} has no branch '${branch === anyBranch ? environment : branch}'`)
  return false
}
