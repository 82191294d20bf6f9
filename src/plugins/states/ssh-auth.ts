import { isRecord } from '../../base/narrow.ts'
import { s } from '../../base/schema.ts'
import { findUser } from '../../engine/functions/name-service.ts'
import {
  type AuthorizedKey,
  fingerprintHashType,
  fingerprintOf,
  parseKeyLine,
} from '../../engine/functions/ssh-public-key.ts'
import { defineStates, type StateContext, state } from '../../engine/plugin.ts'
import { done, failed, impossible, pending, right, type StateOutcome, type StatePlan } from '../../engine/state/plan.ts'
import { failure } from '../../engine/state/wording.ts'
import { untilThereAre } from './file/unknown-owners.ts'

const key = s.string('The key in Base64, alone or as a line of authorized_keys: OPTIONS KIND KEY COMMENT')
const user = s.string('User that the key lets in as')
const enc = s.withDefault(s.string('Kind of the key, where it does not say so itself: ssh-rsa, ed25519, …'), 'ssh-rsa')
const comment = s.withDefault(s.string('What stands behind the key'), '')
const source = s.withDefault(
  s.string('File of keys, by path or URL: all of them are meant, and name is only a name'),
  '',
)
const options = s.optional(
  s.union([s.array(s.string()), s.string()], 'What stands before the key: no-pty, command="…"'),
)
const config = s.withDefault(
  s.string('The file: an absolute path, or one below the home; %u is the user, %h the home'),
  '.ssh/authorized_keys',
)
const rest = { enc, comment, source, options, config, fingerprint_hash_type: fingerprintHashType }
const sampleKey = 'AAAAC3NzaC1lZDI1NTE5AAAAIE6t5I4P45YqPELYlcxbYZwn8vTl2to17BzTJwPI8yJr'

interface KeyArguments {
  readonly name: string
  readonly user: string
  readonly enc: string
  readonly comment: string
  readonly source: string
  readonly options?: readonly string[] | string | undefined
  readonly config: string
  readonly fingerprint_hash_type?: string | undefined
}

type Status = 'add' | 'update' | 'exists'

/** A key as the arguments tell it; what stands in the line of the key wins. */
function wantedKey(want: KeyArguments, line: string): AuthorizedKey {
  const given = typeof want.options === 'string' ? want.options.split(',') : (want.options ?? [])
  const full = parseKeyLine(line)
  if (full !== undefined) {
    return {
      ...full,
      comment: full.comment === '' ? want.comment : full.comment,
      options: full.options.length === 0 ? given : full.options,
    }
  }
  const [word = '', ...words] = line.trim().split(/\s+/)
  return {
    key: word,
    enc: want.enc,
    comment: words.length === 0 ? want.comment : words.join(' '),
    options: given,
  }
}

/** The keys of a file. Throws `execution-failed` where there is no such file, or no key in it. */
async function sourceKeys(ctx: StateContext, want: KeyArguments): Promise<AuthorizedKey[]> {
  const text = await ctx.salt('cp.get_file_str', [want.source, ctx.saltenv])
  if (typeof text !== 'string') throw failure(`Failed to add the ssh key. Source file ${want.source} is missing`)
  const keys = text.split('\n').flatMap((line) => (parseKeyLine(line) === undefined ? [] : [wantedKey(want, line)]))
  if (keys.length === 0) throw failure(`No keys detected in ${want.source}. Is file properly formatted?`)
  return keys
}

function place({ config: file, fingerprint_hash_type }: KeyArguments): Record<string, unknown> {
  return { config: file, fingerprint_hash_type }
}

async function statusOf(ctx: StateContext, want: KeyArguments, one: AuthorizedKey): Promise<Status> {
  const words = [want.user, one.key, one.enc, one.comment, one.options]
  const status = await ctx.salt('ssh.check_key', words, place(want))
  return status === 'exists' || status === 'update' ? status : 'add'
}

const noKey = 'Invalid public ssh key, most likely has spaces or invalid syntax'

/** What is no key is known before it is tried: the dry run says so, too. */
function isNoKey(want: KeyArguments, [{ key: text }, status]: readonly [AuthorizedKey, Status]): boolean {
  return status !== 'exists' && fingerprintOf(text, want.fingerprint_hash_type) === undefined
}

/** What a dry run says of several keys. */
function foreseen(want: KeyArguments, keys: readonly (readonly [AuthorizedKey, Status])[], comment: string) {
  if (!keys.some((one) => isNoKey(want, one))) return { comment }
  return { comment: `${comment.trimEnd()}\n${noKey}`, testResult: false }
}

const changeNames = { add: 'New', update: 'Updated' } as const

/** Salt's sentence about a key that was set. */
function setSentence(name: string, about: string, status: Status): string {
  const subject = `The authorized host key ${name}`
  if (status === 'exists') return `${subject} is already present for user ${about}`
  return `${subject} for user ${about} was ${status === 'add' ? 'added' : 'updated'}`
}

/** Undefined, or why a key could not be set. */
async function setKey(ctx: StateContext, want: KeyArguments, one: AuthorizedKey): Promise<string | undefined> {
  const { enc: kind, comment: words, options: before } = one
  const keywords = { enc: kind, comment: words, options: before, ...place(want) }
  const outcome = await ctx.salt('ssh.set_auth_key', [want.user, one.key], keywords)
  if (outcome === 'fail') {
    return 'Failed to add the ssh key. Is the home directory available, and/or does the key file exist?'
  }
  if (outcome === 'invalid' || outcome === 'Invalid public key') {
    return noKey
  }
  return undefined
}

/** Sets keys one after the other, to the first that cannot be set. */
async function setKeys(
  ctx: StateContext,
  want: KeyArguments,
  keys: readonly (readonly [AuthorizedKey, Status])[],
  comment: string,
): Promise<StateOutcome> {
  const changes: Record<string, string> = {}
  for (const [one, status] of keys) {
    if (status === 'exists') continue
    const fault = await setKey(ctx, want, one)
    if (fault !== undefined) return failed(fault, changes)
    changes[one.key] = changeNames[status]
  }
  return done(comment, changes)
}

function shownChanges(keys: readonly (readonly [AuthorizedKey, Status])[]): Record<string, string> {
  return Object.fromEntries(
    keys.flatMap(([one, status]) => (status === 'exists' ? [] : [[one.key, changeNames[status]]])),
  )
}

/** Of several keys, the status that says most about all of them. */
function gravest(keys: readonly (readonly [AuthorizedKey, Status])[]): Status {
  const found = keys.map(([, status]) => status)
  return found.includes('update') ? 'update' : found.includes('add') ? 'add' : 'exists'
}

async function planSource(ctx: StateContext, want: KeyArguments): Promise<StatePlan> {
  const keys: [AuthorizedKey, Status][] = []
  for (const one of await sourceKeys(ctx, want)) keys.push([one, await statusOf(ctx, want, one)])
  const status = gravest(keys)
  if (status === 'exists') return right(`All host keys in file ${want.source} are already present`)
  const lines = keys.flatMap(([one, each]) => (each === 'exists' ? [] : [`Set to ${each}: ${one.key}\n`]))
  return pending({
    ...foreseen(want, keys, lines.join('')),
    changes: shownChanges(keys),
    apply: () => setKeys(ctx, want, keys, setSentence(want.name, want.user, status)),
  })
}

async function planPresent(ctx: StateContext, want: KeyArguments): Promise<StatePlan> {
  if (want.source !== '') return planSource(ctx, want)
  const one = wantedKey(want, want.name)
  const status = await statusOf(ctx, want, one)
  if (status === 'exists') return right(setSentence(one.key, want.user, status))
  if (isNoKey(want, [one, status])) return impossible(noKey)
  const plan = pending({
    comment: `Key ${one.key} for user ${want.user} is set to be ${status === 'add' ? 'added' : 'updated'}`,
    changes: shownChanges([[one, status]]),
    apply: () => setKeys(ctx, want, [[one, status]], setSentence(one.key, want.user, status)),
  })
  if (status === 'update' || (await findUser(ctx, want.user)) !== undefined) return plan
  const warned = untilThereAre(ctx, plan, `User ${want.user} does not exist`, [want.user])
  return { ...plan, ...(warned.warnings === undefined ? {} : { warnings: warned.warnings }) }
}

/** Keys that let in as the user now. */
async function knownKeys(ctx: StateContext, want: KeyArguments): Promise<readonly string[]> {
  const found = await ctx.salt('ssh.auth_keys', [want.user], place(want))
  return isRecord(found) ? Object.keys(found) : []
}

async function removeKeys(
  ctx: StateContext,
  want: KeyArguments,
  keys: readonly string[],
  word: string,
): Promise<StateOutcome> {
  const changes: Record<string, string> = {}
  for (const one of keys) {
    const outcome = await ctx.salt('ssh.rm_auth_key', [want.user, one], place(want))
    if (outcome !== 'Key removed') return failed(String(outcome), changes)
    changes[one] = word
  }
  return done('Key removed', changes)
}

async function planAbsent(ctx: StateContext, want: KeyArguments): Promise<StatePlan> {
  const isSource = want.source !== ''
  const wanted = isSource ? (await sourceKeys(ctx, want)).map((one) => one.key) : [wantedKey(want, want.name).key]
  const known = await knownKeys(ctx, want)
  const doomed = wanted.filter((one) => known.includes(one))
  if (doomed.length === 0) {
    return right(isSource ? `All host keys in file ${want.source} are already absent` : 'Key is already absent')
  }
  return pending({
    comment: isSource
      ? doomed.map((one) => `Set to remove: ${one}\n`).join('')
      : `Key ${doomed[0]} for user ${want.user} is set for removal`,
    changes: Object.fromEntries(doomed.map((one) => [one, 'Removed'])),
    apply: () => removeKeys(ctx, want, doomed, 'Removed'),
  })
}

async function planManage(
  ctx: StateContext,
  want: KeyArguments & { readonly ssh_keys: readonly string[] },
): Promise<StatePlan> {
  const wanted = [
    ...want.ssh_keys.map((line) => wantedKey(want, line)),
    ...(want.source === '' ? [] : await sourceKeys(ctx, want)),
  ]
  const keys: [AuthorizedKey, Status][] = []
  for (const one of wanted) keys.push([one, await statusOf(ctx, want, one)])
  const doomed = (await knownKeys(ctx, want)).filter((known) => wanted.every((one) => one.key !== known))
  const kept = keys.flatMap(([one, status]) => (status === 'exists' ? [setSentence(one.key, want.user, status)] : []))
  if (doomed.length === 0 && gravest(keys) === 'exists') return right(kept.join('\n'))
  const news = keys.flatMap(([one, status]) => {
    const what = status === 'add' ? 'added' : 'updated'
    return status === 'exists' ? [] : [`Key ${one.key} for user ${want.user} is set to be ${what}`]
  })
  return pending({
    ...foreseen(want, keys, [...doomed.map((one) => `${one} Key set for removal`), ...news, ...kept].join('\n')),
    changes: { ...Object.fromEntries(doomed.map((one) => [one, 'Key removed'])), ...shownChanges(keys) },
    async apply() {
      const removal = await removeKeys(ctx, want, doomed, 'Key removed')
      if (!removal.result) return removal
      const setting = await setKeys(ctx, want, keys, kept.join('\n'))
      return { ...setting, changes: { ...removal.changes, ...setting.changes } }
    },
  })
}

export const sshAuth = defineStates({
  name: 'ssh_auth',
  doc: 'Keys that let in by SSH: the authorized_keys of users.',
  functions: {
    present: state({
      doc: 'Let in as a user with a key, or with the keys of a file.',
      args: { name: key, user, ...rest },
      examples: [
        `${sampleKey}:\n  ssh_auth.present:\n    - user: fred\n    - enc: ssh-ed25519\n    - comment: fred@home`,
        'keys of fred:\n  ssh_auth.present:\n    - user: fred\n    - source: salt://ssh_keys/fred.pub',
      ],
      plan: (ctx, want) => planPresent(ctx, want),
    }),
    absent: state({
      doc: 'Let in as a user with a key, or with the keys of a file, no more.',
      args: { name: key, user, ...rest },
      examples: [`${sampleKey}:\n  ssh_auth.absent:\n    - user: fred`],
      plan: (ctx, want) => planAbsent(ctx, want),
    }),
    manage: state({
      doc: 'Let in as a user with these keys and with no others.',
      args: {
        name: s.string('Any text'),
        ssh_keys: s.array(s.string(), 'Keys, alone or as lines of authorized_keys'),
        user,
        ...rest,
      },
      examples: [
        `keys of fred:\n  ssh_auth.manage:\n    - user: fred\n    - ssh_keys:\n      - ssh-ed25519 ${sampleKey} fred@home`,
      ],
      plan: (ctx, want) => planManage(ctx, want),
    }),
  },
})
