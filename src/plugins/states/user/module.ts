import { isRecord } from '../../../base/narrow.ts'
import { type StaticProperties, s } from '../../../base/schema.ts'
import { Secret } from '../../../base/secret.ts'
import { defineStates, type StateContext, state } from '../../../engine/plugin.ts'
import { done, failed, impossible, pending, right, type StatePlan } from '../../../engine/state/plan.ts'
import { findAccount, findShadow } from './account.ts'
import { gecosFields, ignoredArguments, presentArguments, type UserWishes } from './arguments.ts'
import { planChange } from './change.ts'
import { planNew } from './creation.ts'

type PresentArguments = StaticProperties<typeof presentArguments>

/** Ids of the algorithms in a hash. */
const algorithms: Readonly<Record<string, string>> = { '1': 'md5', '5': 'sha256', '6': 'sha512' }

/** The hash as given, or made of the password, with the salt that the user's hash has so that both can be compared. */
async function wantedHash(ctx: StateContext, { name, password, hash_password }: PresentArguments) {
  if (password === undefined || password === '') return undefined
  if (!hash_password) return new Secret(password)
  const shadow = await findShadow(ctx, name)
  const [, id = '', salt] = String(shadow?.passwd ?? '').split('$')
  const algorithm = algorithms[id]
  const how = algorithm === undefined || salt === undefined ? {} : { crypt_salt: salt, algorithm }
  return new Secret(String(await ctx.salt('shadow.gen_password', [password], how)))
}

async function presentGroups(ctx: StateContext, names: readonly string[]): Promise<string[]> {
  const present: string[] = []
  for (const name of names) {
    const info = await ctx.salt('group.info', [name])
    if (isRecord(info) && Object.keys(info).length > 0) present.push(name)
  }
  return present
}

/** Groups that other states of a dry run would have added by now. */
function groupsToCome(ctx: StateContext): string[] {
  if (!ctx.run.isTest) return []
  return ctx.run.chunks.filter((chunk) => chunk.state === 'group' && chunk.fun === 'present').map(({ name }) => name)
}

async function planPresent(ctx: StateContext, args: PresentArguments): Promise<StatePlan> {
  for (const field of gecosFields.slice(0, 3)) {
    if (args[field]?.includes(',') === true) return impossible(`Unsupported char ',' in ${args[field]}`)
  }
  const present = [...(await presentGroups(ctx, args.groups ?? [])), ...groupsToCome(ctx)]
  const missing = (args.groups ?? []).filter((group) => !present.includes(group))
  if (missing.length > 0) return impossible(`The following group(s) are not present: ${missing.join(',')}`)
  const { password: _password, ...others } = args
  const want: UserWishes = {
    ...others,
    hash: await wantedHash(ctx, args),
    optional_groups: args.optional_groups === undefined ? undefined : await presentGroups(ctx, args.optional_groups),
  }
  const account = await findAccount(ctx, args.name)
  return account === undefined ? planNew(ctx, want) : planChange(ctx, account, want)
}

interface AbsentArguments {
  readonly name: string
  readonly purge: boolean
  readonly force: boolean
}

async function planAbsent(ctx: StateContext, { name, purge, force }: AbsentArguments): Promise<StatePlan> {
  const account = await findAccount(ctx, name)
  if (account === undefined) return right(`User ${name} is not present`)
  return pending({
    comment: `User ${name} set for removal`,
    changes: {},
    async apply() {
      const deleted = await ctx.salt('user.delete', [name, purge, force])
      if (deleted !== true) return failed(`Failed to remove user ${name}`)
      const left = await presentGroups(ctx, account.groups)
      const gone = account.groups.filter((group) => !left.includes(group))
      const changes = { ...Object.fromEntries(gone.map((group) => [`${group} group`, 'removed'])), [name]: 'removed' }
      return done(`Removed user ${name}`, changes)
    },
  })
}

export const user = defineStates({
  name: 'user',
  doc: 'Adds, changes and removes users.',
  functions: {
    present: state({
      doc: 'Let a user be there with such attributes. What is not named stays as it is.',
      args: presentArguments,
      ignored: ignoredArguments,
      examples: [
        'fred:\n  user.present:\n    - fullname: Fred Jones\n    - shell: /bin/bash\n    - uid: 4000\n    - groups:\n      - adm\n      - audio',
        'backup agent:\n  user.present:\n    - name: backup\n    - system: true\n    - createhome: false\n    - home: /var/lib/agent',
      ],
      plan: planPresent,
    }),
    absent: state({
      doc: 'Let a user not be there.',
      args: {
        name: presentArguments.name,
        purge: s.withDefault(s.boolean('Remove the home folder and the mail too'), false),
        force: s.withDefault(s.boolean('Even when the user is logged in'), false),
      },
      examples: ['fred:\n  user.absent:\n    - purge: true'],
      plan: planAbsent,
    }),
  },
})
