/** The shape of a beacon: something that watches this host and tells events of it. */
import type { Clock } from '../base/clock.ts'
import type { Log } from '../base/log.ts'
import type { Schema, StaticProperties } from '../base/schema.ts'
import type { EventData } from '../bus/event.ts'
import type { ConfigView, ExecOptions, ExecResult, Grains } from './plugin.ts'

export interface BeaconContext {
  readonly id: string
  readonly grains: Grains
  readonly config: ConfigView
  readonly log: Log
  readonly clock: Clock
  readonly signal: AbortSignal
  exec(argv: readonly string[], options?: ExecOptions): Promise<ExecResult>
  /** Calls an execution function. */
  salt(fun: string, args?: readonly unknown[], kwargs?: Readonly<Record<string, unknown>>): Promise<unknown>
  /** Where a file of the system lies. */
  at(path: string): string
  /** For one that watches: asks that `read` is called now instead of at the next interval. */
  wake(): void
}

/** An event of a beacon: `tag` is appended to `salt/beacon/ID/NAME/`. */
export interface BeaconEvent {
  readonly tag?: string
  readonly data: EventData
}

/** One configured beacon at work. */
export interface OpenBeacon extends AsyncDisposable {
  /** What is to be told since the last call. */
  read(): Promise<readonly BeaconEvent[]>
}

export interface BeaconDefinition<O extends Record<string, Schema> = Record<string, Schema>> {
  readonly name: string
  readonly doc: string
  readonly options: O
  readonly examples: readonly string[]
  /** `true`, or the reason why it cannot be used here. */
  available?(host: { readonly grains: Grains }): true | string
  open(context: BeaconContext, options: never): Promise<OpenBeacon> | OpenBeacon
}

interface BeaconInput<O extends Record<string, Schema>> extends Omit<BeaconDefinition<O>, 'open'> {
  open(context: BeaconContext, options: StaticProperties<O>): Promise<OpenBeacon> | OpenBeacon
}

export function defineBeacon<O extends Record<string, Schema>>(definition: BeaconInput<O>): BeaconDefinition<O> {
  return definition as unknown as BeaconDefinition<O>
}

/** Loaders by name. */
export type BeaconRegistry = Readonly<Record<string, () => Promise<BeaconDefinition>>>
