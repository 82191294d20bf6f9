import { isRecord } from '../../../base/narrow.ts'
import { defineStates, type StateContext, state } from '../../../engine/plugin.ts'
import { hasFunction } from '../../../engine/state/functions-here.ts'
import {
  done,
  failed,
  impossible,
  pending,
  right,
  type StateOutcome,
  type StatePlan,
} from '../../../engine/state/plan.ts'
import { type AbsentWishes, absentArguments, ignoredArguments, managedArguments } from './arguments.ts'
import { noManagement, planManaged, repoOf, testNote } from './managed.ts'

async function isConfigured(ctx: StateContext, repo: string): Promise<boolean> {
  const found = await ctx.salt('pkg.get_repo', [repo])
  return isRecord(found) && Object.keys(found).length > 0
}

async function planAbsent(ctx: StateContext, want: AbsentWishes): Promise<StatePlan> {
  if (!(await hasFunction(ctx, 'pkg.get_repo'))) return impossible(noManagement)
  if (want.keyid !== undefined && !(await hasFunction(ctx, 'pkg.del_repo_key'))) {
    return impossible('Repo key management is not implemented for this platform')
  }
  const repo = repoOf(want)
  if (!(await isConfigured(ctx, repo))) return right(`Package repo ${repo} is absent`)
  const comment = testNote(`Package repo '${repo}' will be removed`)
  return pending({ comment, changes: {}, apply: () => remove(ctx, repo, want.keyid) })
}

async function remove(ctx: StateContext, repo: string, keyid: string | undefined): Promise<StateOutcome> {
  await ctx.salt('pkg.del_repo', [repo])
  if (await isConfigured(ctx, repo)) return failed(`Failed to remove repo ${repo}`)
  if (keyid === undefined) return done(`Removed repo ${repo}`, { repo })
  try {
    const removed = await ctx.salt('pkg.del_repo_key', [repo], { keyid })
    return done(`Removed repo ${repo}, and keyid ${keyid}`, { repo, keyid: removed })
  } catch (error) {
    ctx.signal.throwIfAborted()
    const reason = error instanceof Error ? error.message : String(error)
    return failed(`Removed repo ${repo}, but failed to remove key: ${reason}`, { repo })
  }
}

export const pkgrepo = defineStates({
  name: 'pkgrepo',
  doc: 'Manages the repositories that packages come from: sources of apt, and .repo files of dnf, yum and zypper.',
  functions: {
    managed: state({
      doc: 'Let a repository be configured.',
      args: managedArguments,
      ignored: ignoredArguments,
      examples: [
        'example:\n  pkgrepo.managed:\n    - name: deb [signed-by=/etc/apt/keyrings/example.gpg] https://deb.example.org/debian bookworm main\n    - file: /etc/apt/sources.list.d/example.list\n    - key_url: salt://keys/example.asc',
        'epel:\n  pkgrepo.managed:\n    - humanname: Extra packages\n    - mirrorlist: https://mirrors.example.org/list\n    - gpgcheck: 1\n    - gpgkey: file:///etc/pki/rpm-gpg/RPM-GPG-KEY-EPEL',
      ],
      plan: planManaged,
    }),
    absent: state({
      doc: 'Let a repository not be configured.',
      args: absentArguments,
      ignored: ignoredArguments,
      examples: ['deb http://deb.example.org/debian bookworm main:\n  pkgrepo.absent'],
      plan: planAbsent,
    }),
  },
})
