/** `salt peer explain` and `salt acl explain`: whether a job is permitted, by which rule, and which rule would permit it. */
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { errorKinds, SaltError } from '../../base/errors.ts'
import type { Explanation } from '../../client/api.ts'
import { masterBusName } from '../../client/bus-names.ts'
import type { Policies, Subject } from '../../engine/authorization/authorize.ts'
import type { MasterOptions } from '../../engine/options/master-options.ts'
import { commonOptions, noParse } from '../options/common.ts'
import { loggingOptions } from '../options/logging.ts'
import { type CommandSpec, type Example, flag, type OptionSpec } from '../options/option.ts'
import { outputOptions } from '../options/output.ts'
import { targetOptions } from '../options/target.ts'
import { type OptionValues, parseCommand, usageError } from '../parse-command.ts'
import { printerFor } from '../printer.ts'
import { jobRequest } from '../publish/job-request.ts'
import { type Explained, explanationRecord, explanationText, type Question } from './explanation.ts'

const patienceMs = 2000

const offline: OptionSpec = flag(
  ['--offline'],
  'Judge by the configuration files, even where a master runs: what will hold once it has read them again.',
  { isOurs: true },
)

export interface Explainer {
  readonly spec: CommandSpec
  readonly kind: 'minion' | 'user'
}

export function explainSpec(name: string, about: string, who: string, examples: readonly Example[]): CommandSpec {
  return {
    name,
    usage: `explain [options] ${who} TARGET FUNCTION [ARGUMENTS]`,
    operands: [['explain'], who === 'MINION' ? 'keys' : [], 'targets', 'functions'],
    about: `${about} Ends with 0 when it is permitted, else with ${errorKinds.denied.exit}. Without a running master it judges by the configuration, and says what it cannot know then.`,
    groups: [
      { title: 'Options', options: [...commonOptions, offline, noParse] },
      { title: 'Kind of target (a glob for ids when none is given)', options: targetOptions },
      { title: 'Output', options: outputOptions },
      { title: 'Logging', options: loggingOptions() },
    ],
    examples,
  }
}

export async function runExplain({ spec, kind }: Explainer, argv: readonly string[]): Promise<number> {
  const parsed = await parseCommand(spec, argv)
  if (typeof parsed === 'number') return parsed
  const { options } = parsed
  const [verb, name, ...rest] = parsed.words
  if (verb !== 'explain')
    return usageError(spec, verb === undefined ? 'what is to be explained?' : `there is no '${verb}'`)
  if (name === undefined || rest.length < 2) return usageError(spec, 'who, a target and a function are needed')
  const { loadMasterOptions } = await import('../../engine/options/master-options.ts')
  const master = await loadMasterOptions({ configDir: options.text('config-dir') })
  const request = await jobRequest(options, rest, 0)
  const question = { subject: { kind, name }, ...request } as const
  const explained =
    (options.has('offline') ? undefined : await askMaster(master, question)) ?? (await askFiles(master, question))
  await show(options, question, explained)
  return explained.allowed ? 0 : errorKinds.denied.exit
}

async function show(options: OptionValues, question: Question, explained: Explained): Promise<void> {
  const printer = printerFor(options)
  const record = await explanationRecord(question, explained)
  if (printer.outputter === undefined) await printer.line(await explanationText(question, explained, record))
  else await printer.show(record)
}

/** Undefined where no master runs, or none that this user may ask. */
async function askMaster(master: MasterOptions, question: Question): Promise<Explained | undefined> {
  const { sock_dir: sockDir } = master.paths
  if (!existsSync(join(sockDir, masterBusName))) return undefined
  const { connectMasterBus } = await import('../../client/master-bus.ts')
  const { subject, tgt, tgt_type, fun, arg, delimiter } = question
  try {
    await using bus = await connectMasterBus({ sockDir, timeoutMs: patienceMs })
    const params = { subject, tgt, tgt_type, fun, arg, ...(delimiter === undefined ? {} : { delimiter }) }
    const explanation: Explanation = await bus.call('explain', params, { timeoutMs: patienceMs })
    return { ...explanation, source: 'master', unknown: [] }
  } catch (error) {
    const isOut = error instanceof SaltError && ['master-unreachable', 'denied', 'session-closed'].includes(error.code)
    if (isOut) return undefined
    throw error
  }
}

async function askFiles(master: MasterOptions, question: Question): Promise<Explained> {
  const { judgeOffline } = await import('../../engine/authorization/offline.ts')
  const { tgt, tgt_type: tgtType, fun, arg, delimiter } = question
  const verdict = judgeOffline(
    await policiesOf(master),
    {
      subject: await subjectOf(question, master.values.user ?? 'root'),
      action: 'publish',
      fun,
      arg,
      tgt,
      tgtType,
      delimiter,
    },
    { accepted: await acceptedIds(master), nodegroups: master.values.nodegroups },
  )
  return { ...verdict.decision, targets: verdict.targets, unknown: verdict.unknown, source: 'configuration' }
}

async function subjectOf({ subject }: Question, masterUser: string): Promise<Subject> {
  if (subject.kind === 'minion') return { kind: 'minion', name: subject.name }
  const [{ hostSubject }, { groupsOfUser }] = await Promise.all([
    import('../../engine/authorization/authorize.ts'),
    import('../../engine/functions/accounts.ts'),
  ])
  return hostSubject(subject.name, masterUser, groupsOfUser(subject.name))
}

async function policiesOf({ values, where }: MasterOptions): Promise<Policies> {
  const [{ compilePeerPolicy }, { compilePeerRunPolicy }, { PublisherAcl }] = await Promise.all([
    import('../../engine/authorization/peer.ts'),
    import('../../engine/authorization/peer-run.ts'),
    import('../../engine/authorization/publisher-acl.ts'),
  ])
  return {
    peer: compilePeerPolicy(values.peer, where),
    peerRun: compilePeerRunPolicy(values.peer_run, where),
    publisherAcl: new PublisherAcl(values, where),
  }
}

/** Undefined where this user may not look. */
async function acceptedIds(master: MasterOptions): Promise<readonly string[] | undefined> {
  const { KeyStore } = await import('../../engine/keys/key-store.ts')
  if (!existsSync(join(master.paths.pki_dir, 'minions'))) return undefined
  try {
    return new KeyStore(master.paths.pki_dir).ids('accepted')
  } catch {
    return undefined
  }
}
