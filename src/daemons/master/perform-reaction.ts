import type { Clock } from '../../base/clock.ts'
import { SaltError } from '../../base/errors.ts'
import type { Log } from '../../base/log.ts'
import type { EventBus } from '../../bus/event-bus.ts'
import type { MasterOptions } from '../../engine/options/master-options.ts'
import type { FunctionContext } from '../../engine/plugin.ts'
import { ReactionFiles } from '../../engine/reactor/reaction-files.ts'
import type { JobReaction, Reaction, RunReaction } from '../../engine/reactor/reactions.ts'
import type { Authority } from './authority.ts'
import type { LiveSettings } from './live-settings.ts'
import type { LocalCall } from './local-functions.ts'
import type { Publisher } from './publisher.ts'
import { Reactor, reactorUser } from './reactor.ts'
import type { RunnerHost } from './runner-host.ts'

interface PerformOptions {
  readonly publisher: Pick<Publisher, 'publish'>
  readonly authority: Authority
  readonly hosts: {
    readonly runners: RunnerHost
    readonly wheels: RunnerHost
    callLocally(call: LocalCall): Promise<unknown>
    localContext(signal: AbortSignal): Promise<FunctionContext>
  }
  readonly defaultTimeoutSeconds: number
}

export interface ReactorParts extends Omit<PerformOptions, 'defaultTimeoutSeconds'> {
  readonly bus: EventBus
  readonly clock: Clock
  readonly log: Log
  readonly settings: Pick<LiveSettings, 'files' | 'reactor'>
  /** As last read. */
  options(): MasterOptions
}

/** The reactor of a master. */
export function makeReactor({ bus, clock, log, settings, options, ...parts }: ReactorParts): Reactor {
  const { reactor_worker_threads, reactor_worker_hwm } = options().values
  return new Reactor({
    bus,
    clock,
    log,
    files: new ReactionFiles({
      roots: () => settings.files,
      context: (signal) => parts.hosts.localContext(signal),
    }),
    rules: settings.reactor,
    mostAtOnce: reactor_worker_threads,
    mostWaiting: reactor_worker_hwm,
    perform: (reaction, signal) =>
      performReaction({ ...parts, defaultTimeoutSeconds: options().values.timeout }, reaction, signal),
  })
}

/** Does a reaction in the name of the reactor, as the audit log has it. A job is published and not waited for. */
async function performReaction(options: PerformOptions, reaction: Reaction, signal: AbortSignal): Promise<void> {
  if (reaction.kind === 'local') return publishReaction(options, reaction)
  await runReaction(options, reaction, signal)
}

function publishReaction({ authority, publisher, defaultTimeoutSeconds }: PerformOptions, reaction: JobReaction): void {
  const { fun, tgt, tgtType, ret, metadata, timeoutSeconds = defaultTimeoutSeconds } = reaction
  const request = {
    tgt,
    tgt_type: tgtType,
    fun,
    arg: wireArguments(reaction),
    user: reactorUser,
    ret,
    timeout: timeoutSeconds,
    ...(metadata === undefined ? {} : { metadata }),
  }
  const asked = { subject, action: 'publish', fun, arg: request.arg, tgt, tgt_type: tgtType } as const
  const verdict = authority.demand(asked)
  const { jid, minions } = publisher.publish(request, {})
  authority.record(asked, verdict, { jid, targets: minions })
}

async function runReaction(options: PerformOptions, reaction: RunReaction, signal: AbortSignal): Promise<void> {
  const { authority, hosts } = options
  const { kind, fun, args, kwargs } = reaction
  if (kind === 'caller') {
    await hosts.callLocally({ fun, args, kwargs, signal })
    return
  }
  const arg = wireArguments(reaction)
  const asked = { subject, action: kind, fun, arg } as const
  authority.record(asked, authority.demand(asked))
  const host = kind === 'runner' ? hosts.runners : hosts.wheels
  const result = await host.run({ fun, arg, user: reactorUser }, () => {}, signal)
  if (!result.success) throw new SaltError('execution-failed', `${kind}.${fun} failed: ${textOf(result.return)}`)
}

const subject = { kind: 'owner', name: reactorUser } as const
const longestText = 500

function textOf(value: unknown): string {
  return (typeof value === 'string' ? value : (JSON.stringify(value) ?? '')).slice(0, longestText)
}

/** Keyword arguments travel as one last mapping (SPEC §9). */
function wireArguments({ args, kwargs }: Reaction): readonly unknown[] {
  return Object.keys(kwargs).length === 0 ? args : [...args, { ...kwargs, __kwarg__: true }]
}
