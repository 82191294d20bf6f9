import { isAbsolute } from 'node:path'
import { isRecord } from '../../base/narrow.ts'
import { s } from '../../base/schema.ts'
import { fingerprintHashType, fingerprintOf } from '../../engine/functions/ssh-public-key.ts'
import { defineStates, type StateContext, state } from '../../engine/plugin.ts'
import { done, failed, impossible, pending, right, type StateOutcome, type StatePlan } from '../../engine/state/plan.ts'
import { failure } from '../../engine/state/wording.ts'
import { untilThereAre } from './file/unknown-owners.ts'

const name = s.string('Name or address of the host')
const user = s.optional(s.string('User who is to know the host; all of the system by default'))
const port = s.optional(s.integer('Port, where it is not 22', { minimum: 1, maximum: 65535 }))
const config = s.optional(s.string('The file: an absolute path, or one below the home of the user'))

interface HostArguments {
  readonly name: string
  readonly user?: string | undefined
  readonly port?: number | undefined
  readonly config?: string | undefined
}

interface PresentArguments extends HostArguments {
  readonly fingerprint?: string | undefined
  readonly key?: string | undefined
  readonly enc?: string | undefined
  readonly hash_known_hosts: boolean
  readonly timeout: number
  readonly fingerprint_hash_type?: string | undefined
}

/** The file. Throws `execution-failed` where only a user would tell where it is. */
function fileOf({ user: about, config: given }: HostArguments): string {
  const isOfUser = about !== undefined && about !== ''
  const file = given ?? (isOfUser ? '.ssh/known_hosts' : '/etc/ssh/ssh_known_hosts')
  if (!isOfUser && !isAbsolute(file)) throw failure('If not specifying a "user", specify an absolute "config".')
  return file
}

/** Null stands for the file of the system. */
function place(want: HostArguments): Record<string, unknown> {
  const about = want.user === '' ? undefined : want.user
  return { user: about, hostname: want.name, config: fileOf(want), port: want.port }
}

function faultIn(answer: unknown): string | undefined {
  return isRecord(answer) && typeof answer.error === 'string' ? answer.error : undefined
}

async function planPresent(ctx: StateContext, want: PresentArguments): Promise<StatePlan> {
  const file = fileOf(want)
  const { key, fingerprint, enc, fingerprint_hash_type } = want
  if (key !== undefined && fingerprint !== undefined) {
    throw failure('Specify either "key" or "fingerprint", not both.')
  }
  if (key !== undefined && enc === undefined) throw failure('Required argument "enc" if using "key" argument.')
  const keywords = { ...place(want), key, fingerprint, fingerprint_hash_type }
  const status = await ctx.salt('ssh.check_known_host', [], keywords)
  const fault = faultIn(status)
  const isUserUnknown = fault === `User ${want.user} does not exist`
  if (fault !== undefined && !isUserUnknown) throw failure(fault)
  const apply = (): Promise<StateOutcome> => setHost(ctx, want, file)
  if (status === 'exists') {
    // Without a key to compare, only the host itself tells whether what is known of it is still right.
    if (key !== undefined || fingerprint !== undefined) return right(`${want.name} already exists in ${file}`)
    return pending({ comment: `Host ${want.name} is already in ${file}`, changes: {}, testResult: true, apply })
  }
  if (key !== undefined && fingerprintOf(key, fingerprint_hash_type) === undefined)
    return impossible('Invalid public key')
  const what = status === 'add' || isUserUnknown ? `added to ${file}` : `updated in ${file}`
  const plan = pending({ comment: `Key for ${want.name} is set to be ${what}`, changes: {}, apply })
  return fault === undefined ? plan : untilThereAre(ctx, plan, fault, [want.user])
}

async function setHost(ctx: StateContext, want: PresentArguments, file: string): Promise<StateOutcome> {
  const { fingerprint, key, enc, hash_known_hosts, timeout, fingerprint_hash_type } = want
  const keywords = { ...place(want), fingerprint, key, enc, hash_known_hosts, timeout, fingerprint_hash_type }
  const answer = await ctx.salt('ssh.set_known_host', [], keywords)
  const fault = faultIn(answer)
  if (fault !== undefined) return failed(fault)
  if (!isRecord(answer) || answer.status === 'exists') return done(`${want.name} already exists in ${file}`)
  const added = Array.isArray(answer.new) && isRecord(answer.new[0]) ? answer.new[0] : {}
  const proof = key === undefined ? `fingerprint: ${added.fingerprint}` : `key: ${added.key}`
  return done(`${want.name}'s key saved to ${file} (${proof})`, { old: answer.old, new: answer.new })
}

async function planAbsent(ctx: StateContext, want: HostArguments): Promise<StatePlan> {
  const file = fileOf(want)
  const { user: about, ...rest } = place(want)
  const known = await ctx.salt('ssh.get_known_host_entries', [], { user: about ?? null, ...rest })
  const fault = faultIn(known)
  if (fault !== undefined) throw failure(fault)
  if (!Array.isArray(known) || known.length === 0) return right('Host is already absent')
  const changes = { old: known, new: null }
  return pending({
    comment: `Key for ${want.name} is set to be removed from ${file}`,
    changes,
    async apply() {
      const answer = await ctx.salt('ssh.rm_known_host', [], place(want))
      const reason = faultIn(answer)
      if (reason !== undefined) return failed(reason)
      return done(isRecord(answer) ? String(answer.comment) : '', changes)
    },
  })
}

export const sshKnownHosts = defineStates({
  name: 'ssh_known_hosts',
  doc: 'Keys of other hosts: the known_hosts of users and of the system.',
  functions: {
    present: state({
      doc: 'Know a host by a key that is given, or by those that the host shows, whose fingerprint may be demanded.',
      args: {
        name,
        user,
        fingerprint: s.optional(s.string('Fingerprint that a key of the host must have, as hex digits with colons')),
        key: s.optional(s.string('The key, in Base64; not with fingerprint')),
        port,
        enc: s.optional(s.string('Kind of the key: ssh-rsa, ed25519, …; needed with key')),
        config,
        hash_known_hosts: s.withDefault(s.boolean('Hash the name of the host in the file'), true),
        timeout: s.withDefault(s.seconds('How long to wait for the host'), 5),
        fingerprint_hash_type: fingerprintHashType,
      },
      examples: [
        'git.example.org:\n  ssh_known_hosts.present:\n    - user: root\n    - enc: ed25519\n    - fingerprint: 03:7a:14:39:53:42:1c:05:6e:b3:7f:b1:0a:63:c7:ce:92:cd:e5:0e:34:80:8f:4a:96:6c:66:e3:5e:1c:2a:a9',
      ],
      plan: (ctx, want) => planPresent(ctx, want),
    }),
    absent: state({
      doc: 'Know a host no more.',
      args: { name, user, config, port },
      examples: ['old.example.org:\n  ssh_known_hosts.absent:\n    - user: root'],
      plan: (ctx, want) => planAbsent(ctx, want),
    }),
  },
})
