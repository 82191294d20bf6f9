import type { Log } from '../../base/log.ts'
import { compileMinePolicy, type MinePolicy } from '../../engine/authorization/mine-get.ts'
import { compileMinionEventTags, type MinionEventTags } from '../../engine/authorization/minion-event-tags.ts'
import { compilePeerPolicy, type PeerPolicy } from '../../engine/authorization/peer.ts'
import { compilePeerRunPolicy, type PeerRunPolicy } from '../../engine/authorization/peer-run.ts'
import { PublisherAcl } from '../../engine/authorization/publisher-acl.ts'
import { backendsOf, FileServer } from '../../engine/files/file-server.ts'
import type { AutosignOptions } from '../../engine/keys/autosign.ts'
import type { MasterOptions } from '../../engine/options/master-options.ts'
import { checkGitRemotes } from '../../engine/pillar/sources/git-pillar-remotes.ts'
import { type ReactorRule, reactorRules } from '../../engine/reactor/rules.ts'
import { optionsOfMaster } from '../../engine/state/options-of-master.ts'
import type { MineSettings } from './mine-methods.ts'

/** What may change while the master runs. */
interface Settings extends MineSettings {
  readonly peer: PeerPolicy
  readonly peerRun: PeerRunPolicy
  readonly publisherAcl: PublisherAcl
  readonly minionEventTags: MinionEventTags
  readonly files: FileServer
  /** Whether, and up to which size in MiB, minions may send files. */
  readonly fileReceipt: { readonly isAllowed: boolean; readonly largestMebibytes: number }
  readonly autosign: AutosignOptions
  readonly nodegroups: Readonly<Record<string, unknown>>
  readonly reactor: readonly ReactorRule[]
  /** What is said of `optionsOfMaster`. */
  readonly stateOptions: Readonly<Record<string, unknown>>
}

/** The settings of the configuration as last read: whoever uses one asks anew each time. */
export class LiveSettings implements Settings {
  readonly #log: Log | undefined
  #settings: Settings

  /** Throws `configuration` for a policy that would not do what it says. */
  constructor(options: MasterOptions, log?: Log) {
    this.#log = log
    this.#settings = compile(options, log)
  }

  /** Takes all of the new configuration, or throws and keeps the old one. */
  replace(options: MasterOptions): void {
    this.#settings = compile(options, this.#log)
  }

  get peer(): PeerPolicy {
    return this.#settings.peer
  }

  get peerRun(): PeerRunPolicy {
    return this.#settings.peerRun
  }

  get publisherAcl(): PublisherAcl {
    return this.#settings.publisherAcl
  }

  get minionEventTags(): MinionEventTags {
    return this.#settings.minionEventTags
  }

  get fileReceipt(): Settings['fileReceipt'] {
    return this.#settings.fileReceipt
  }

  get minePolicy(): MinePolicy {
    return this.#settings.minePolicy
  }

  get mine(): Settings['mine'] {
    return this.#settings.mine
  }

  get files(): FileServer {
    return this.#settings.files
  }

  get autosign(): AutosignOptions {
    return this.#settings.autosign
  }

  get reactor(): readonly ReactorRule[] {
    return this.#settings.reactor
  }

  get stateOptions(): Readonly<Record<string, unknown>> {
    return this.#settings.stateOptions
  }

  get nodegroups(): Readonly<Record<string, unknown>> {
    return this.#settings.nodegroups
  }
}

function compile({ values, view, where, autosign }: MasterOptions, log: Log | undefined): Settings {
  checkGitRemotes(view, backendsOf(view).includes('git'))
  return {
    peer: compilePeerPolicy(values.peer, where),
    peerRun: compilePeerRunPolicy(values.peer_run, where),
    publisherAcl: new PublisherAcl(values, where),
    minionEventTags: compileMinionEventTags(values.minion_event_tags, where),
    minePolicy: compileMinePolicy(values.mine_get, where),
    mine: { isKept: values.minion_data_cache || values.enforce_mine_cache, largestBytes: values.mine_size },
    files: new FileServer(view, log === undefined ? {} : { log }),
    fileReceipt: { isAllowed: values.file_recv, largestMebibytes: values.file_recv_max_size },
    autosign,
    nodegroups: values.nodegroups,
    reactor: reactorRules(values.reactor, where),
    stateOptions: Object.fromEntries(
      optionsOfMaster.filter((name) => where([name]) !== undefined).map((name) => [name, view.get(name)]),
    ),
  }
}
