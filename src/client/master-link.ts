/** What minions may ask of a master over their sessions, as types. */
import type { JobReturn, PublishRequest, TargetOutcome } from './api.ts'
import type { EventLoad } from './event-load.ts'

/** What is known of a file that is served. */
export interface ServedStatus {
  /** Bytes. */
  readonly size: number
  /** Permission bits. */
  readonly mode: number
  readonly sha256: string
}

/** All that an environment has, relative to its roots, each sorted. */
export interface ServedNames {
  readonly files: readonly string[]
  /** Folders, also those without files. */
  readonly folders: readonly string[]
  /** Symbolic links → what they say. Those to files are among `files` too. */
  readonly links: Readonly<Record<string, string>>
}

/** What a minion, or `salt call` on its behalf, may ask a master over its session. The id is the session's. */
export interface MasterLinkMethods {
  /** A peer job; subject to `peer`. Answers at the deadline at the latest, one outcome per target. */
  publish: {
    params: Omit<PublishRequest, 'user' | 'hardDeadline' | 'ret_config' | 'ret_kwargs'>
    item: never
    result: { readonly jid: string | null; readonly outcomes: readonly TargetOutcome[]; readonly refusal?: string }
  }
  /** A runner; subject to `peer_run`. `refusal` instead of a result when it is not permitted. */
  runner: {
    params: { fun: string; arg: readonly unknown[]; timeout: number }
    item: never
    result: { readonly return: unknown; readonly refusal?: string }
  }
  /** Fires events on the master bus under this minion's name; answers how many were taken and why others were not. */
  fire: {
    params: { events: readonly EventLoad[] }
    item: never
    result: { readonly fired: number; readonly refused: readonly string[] }
  }
  /**
   * The same for records of the minion's buffer, in their order: each its number and the packed load. All up to `acknowledged` are
   * known to be taken; all up to `after` were sent before. Numbers that the master knows are left out, so that whatever was not
   * answered may be sent again; missing ones are told as lost. Rejects with `overloaded` what comes before its turn. Answers up to
   * which number it has come.
   */
  'fire.numbered': {
    params: {
      readonly epoch: number
      readonly acknowledged: number
      readonly after: number
      readonly events: readonly (readonly [seq: number, load: Uint8Array])[]
    }
    item: never
    result: {
      readonly taken: number
      readonly refused: readonly { readonly seq: number; readonly tag: string; readonly reason: string }[]
    }
  }
  /** Files below one folder of the master's file roots (`_modules`), with the SHA-256 of each. */
  'file.list': {
    params: { saltenv: string; under: string }
    item: never
    result: readonly { readonly path: string; readonly size: number; readonly sha256: string }[]
  }
  'file.read': { params: { saltenv: string; path: string }; item: never; result: Uint8Array }
  'file.environments': { params: null; item: never; result: readonly string[] }
  /** All that an environment has, or what a command offers under the environment `offer:TOKEN`. */
  'file.names': { params: { saltenv: string; under?: string }; item: never; result: ServedNames }
  /** Null where there is no such file. */
  'file.status': { params: { saltenv: string; path: string }; item: never; result: ServedStatus | null }
  /** At most 1 MiB from `offset` on; less at the end, nothing beyond it. */
  'file.part': { params: { saltenv: string; path: string; offset: number }; item: never; result: Uint8Array }
  /** A part of a file of this minion; answers how much of it the master has, which is where to go on. */
  'file.push': {
    params: { path: string; size: number; sha256: string; offset: number; bytes: Uint8Array }
    item: never
    result: number
  }
  /** Puts entries into the mine of this minion, beside what is there or (`clear`) in place of it all. */
  'mine.update': { params: { data: Readonly<Record<string, unknown>>; clear: boolean }; item: never; result: boolean }
  /** What this minion may read: by minion, or by function and minion where it asks for several. */
  'mine.get': {
    params: { tgt: string | readonly string[]; tgt_type: string; fun: string | readonly string[] }
    item: never
    result: Readonly<Record<string, unknown>>
  }
  'mine.delete': { params: { fun: string }; item: never; result: boolean }
  'mine.flush': { params: null; item: never; result: boolean }
  /**
   * The pillar of this minion with these grains, which the master keeps; errors of its files are under `_errors`. `secrets` are
   * texts in it that were decrypted.
   */
  'pillar.compile': {
    params: {
      /** As last told where left out. */
      readonly grains?: Readonly<Record<string, unknown>> | undefined
      readonly saltenv?: string | undefined
      readonly pillarenv?: string | undefined
      readonly override?: Readonly<Record<string, unknown>> | undefined
      readonly ext?: Readonly<Record<string, unknown>> | undefined
      /** It is for one question only: what targets look at stays as it is. */
      readonly isAside?: boolean
      /** Grains are told only where they are needed: the answer is `wantsGrains` then. */
      readonly asksForGrains?: boolean
      /** What `pillar_cache` has of this minion does not count any more. */
      readonly cleansCache?: boolean
    }
    item: never
    result: {
      readonly pillar: Readonly<Record<string, unknown>>
      readonly secrets: readonly string[]
      readonly wantsGrains?: boolean
    }
  }
  /** What the configuration of the master says of options that count for states on its minions, by name. */
  'state.options': { params: null; item: never; result: Readonly<Record<string, unknown>> }
  /** A return that did not come from a published job (`salt call`). */
  return: { params: JobReturn; item: never; result: null }
}

/** Typed calls to one master. */
export interface MasterCalls {
  /** Address as configured, `host:port`. */
  readonly address: string
  call<M extends keyof MasterLinkMethods>(
    method: M,
    params: MasterLinkMethods[M]['params'],
    options?: { readonly timeoutMs?: number; readonly signal?: AbortSignal },
  ): Promise<MasterLinkMethods[M]['result']>
}
