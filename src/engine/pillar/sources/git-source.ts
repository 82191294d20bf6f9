/** Pillar from git repositories: each branch is the root of an environment, with a top file of its own. */
import { systemClock } from '../../../base/clock.ts'
import { asSaltError } from '../../../base/errors.ts'
import { toJson } from '../../../base/json.ts'
import { GitFiles } from '../../files/git/git-files.ts'
import { joinedFiles } from '../../files/joined-files.ts'
import { Dict } from '../../render/values/dict.ts'
import type { Value } from '../../render/values/kinds.ts'
import { mergePillar } from '../merge-pillar.ts'
import { anyBranch, type PillarRemoteParts, pillarRemotes } from './git-pillar-remotes.ts'
import type { PillarSource, SourceRequest } from './pillar-source.ts'

interface PillarRemote extends PillarRemoteParts {
  readonly files: GitFiles
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
    data = mergePillar(settings, data, compiled)
  }
  return data
}

/** Mirrors outlive a question: their age is known, and what was read of them. */
function remotesOf({ memory, ctx, log, fail }: SourceRequest, options: unknown): readonly PillarRemote[] {
  const key = `git ${toJson(options)}`
  const known = memory.get(key)
  if (known instanceof KnownRemotes) return known.remotes
  const faults: string[] = []
  const remotes = pillarRemotes(ctx.config, options, ({ message }) => faults.push(message)).map((parts) => ({
    ...parts,
    files: new GitFiles({ remotes: [parts.remote], clock: systemClock, log, ignores: () => false }),
  }))
  for (const fault of faults) fail(fault)
  if (faults.length === 0) memory.set(key, new KnownRemotes(remotes))
  return remotes
}

class KnownRemotes {
  readonly remotes: readonly PillarRemote[]

  constructor(remotes: readonly PillarRemote[]) {
    this.remotes = remotes
  }
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
  try {
    if ((await remote.placeOf(environment)) !== undefined) return true
  } catch (error) {
    fail(`${remote.repository.address} cannot be read: ${asSaltError(error).message}`)
    return false
  }
  const { address, isThere: isKnown } = remote.repository
  if (!isKnown || remote.fault !== undefined)
    fail(`${address} cannot be read: ${remote.fault ?? 'it was not reached yet'}`)
  else fail(`${address} has no branch '${branch === anyBranch ? environment : branch}'`)
  return false
}
