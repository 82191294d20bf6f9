/** git.cloned: a clone that is made and then left alone. */
import { existsSync } from 'node:fs'
import { isAbsolute } from 'node:path'
import { s } from '../../../base/schema.ts'
import { type StateContext, state } from '../../../engine/plugin.ts'
import { done, failed, pending, right, type StatePlan } from '../../../engine/state/plan.ts'
import { failure, reasonOf } from '../../../engine/state/wording.ts'
import { address, credentials, target } from './arguments.ts'
import { type GitAccess, Repository } from './repository.ts'

export const clonedState = state({
  doc: 'Clone a repository where there is none, and check out a branch; what is there is not updated.',
  args: {
    name: address,
    target,
    branch: s.optional(s.string('Branch to check out; the default one of the remote by default')),
    ...credentials,
  },
  examples: ['https://git.example.org/app.git:\n  git.cloned:\n    - target: /srv/app\n    - branch: develop'],
  plan: (ctx, want) => planCloned(ctx, want),
})

interface ClonedArguments extends GitAccess {
  readonly name: string
  readonly target?: string | undefined
  readonly branch?: string | undefined
}

async function planCloned(ctx: StateContext, want: ClonedArguments): Promise<StatePlan> {
  const { name, branch } = want
  if (want.target === undefined || want.target === '') throw failure("'target' argument is required")
  if (!isAbsolute(want.target)) throw failure("'target' path must be absolute")
  if (branch === '') throw failure("Invalid 'branch' argument")
  const repository = new Repository(ctx, want.target, want)
  if (!existsSync(want.target)) return planClone(ctx, name, branch, repository)
  // Says what is wrong where it is no repository.
  await repository.run('rev_parse', [], { opts: '--git-dir' })
  const current = branch === undefined ? undefined : await repository.branch()
  if (branch === undefined || current === branch) {
    const on = branch === undefined ? '' : ` and is checked out to branch '${branch}'`
    return right(`Repository already exists at ${want.target}${on}`)
  }
  return planBranch(ctx, branch, current, repository)
}

function planClone(ctx: StateContext, name: string, branch: string | undefined, repository: Repository): StatePlan {
  const place = `${repository.target}${branch === undefined ? '' : ` with branch '${branch}'`}`
  const changes = { new: `${name} => ${repository.target}` }
  return pending({
    comment: `${name} would be cloned to ${place}`,
    changes,
    async apply() {
      try {
        await repository.reachAddress('clone', [name], { opts: branch === undefined ? [] : ['--branch', branch] })
      } catch (error) {
        ctx.signal.throwIfAborted()
        return failed(`Clone failed: ${reasonOf(error)}`)
      }
      return done(`${name} cloned to ${place}`, changes)
    },
  })
}

function planBranch(ctx: StateContext, branch: string, current: string | undefined, repository: Repository): StatePlan {
  const changes = { branch: { old: current ?? null, new: branch } }
  return pending({
    comment: `Branch would be changed to '${branch}'`,
    changes,
    async apply() {
      const isLocal = (await repository.branches()).includes(branch)
      try {
        if (isLocal) await repository.run('checkout', [branch])
        else await repository.run('checkout', [`origin/${branch}`], { opts: ['-b', branch] })
      } catch (error) {
        ctx.signal.throwIfAborted()
        return failed(`Failed to change branch to '${branch}': ${reasonOf(error)}`)
      }
      return done(`Branch changed to '${branch}'`, changes)
    },
  })
}
