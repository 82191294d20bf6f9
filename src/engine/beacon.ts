/** The shape of a beacon: something that watches this host and tells events of it. */
import type { Clock } from '../base/clock.ts'
import type { Log } from '../base/log.ts'
import type { Schema, Static, StaticProperties } from '../base/schema.ts'
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

/** Which changes are told, as the user chose; times are in milliseconds. */
export interface ChangeRules {
  /** Tell only what is different from the time before. */
  readonly onchangeonly: boolean
  /** Tell what is there when the beacon begins, too. */
  readonly emitatstartup: boolean
  /** How long a change must last before it is told. */
  readonly delayMs: number
}

/** An event of a beacon: `tag` is appended to `salt/beacon/ID/NAME/`. */
export interface BeaconEvent {
  readonly tag?: string
  readonly data: EventData
  /** What it is about; the tag by default. A thing that a read does not tell of is forgotten. */
  readonly key?: string
  /** What must differ for it to be a change; the data by default. */
  readonly state?: unknown
  /** Instead of the rules of the whole beacon. */
  readonly rules?: Partial<ChangeRules>
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
  /** Schema of every other option, where it takes options of any name. */
  readonly extra?: Schema
  /** Time between two reads where none is configured; 0: it is read only when it asks for it by `wake`. */
  readonly intervalSeconds: number
  /** It calls `wake`. */
  readonly watches?: true
  /** YAML below `beacons:`. */
  readonly examples: readonly string[]
  /** `true`, or the reason why it cannot be used here. */
  available?(host: { readonly grains: Grains }): true | string
  /** What is wrong with options that fit their schemas, in sentences without a full stop. */
  faults?(options: never, extra: never): readonly string[]
  /** The same, where it takes time to find out. */
  check?(options: never, extra: never): Promise<readonly string[]>
  open(context: BeaconContext, options: never, extra: never): Promise<OpenBeacon> | OpenBeacon
}

interface BeaconInput<O extends Record<string, Schema>, E extends Schema>
  extends Omit<BeaconDefinition<O>, 'open' | 'faults' | 'check'> {
  readonly extra?: E
  faults?(options: StaticProperties<O>, extra: Readonly<Record<string, Static<E>>>): readonly string[]
  open(
    context: BeaconContext,
    options: StaticProperties<O>,
    extra: Readonly<Record<string, Static<E>>>,
  ): Promise<OpenBeacon> | OpenBeacon
}

export function defineBeacon<O extends Record<string, Schema>, E extends Schema = Schema<never>>(
  definition: BeaconInput<O, E>,
): BeaconDefinition {
  return definition as unknown as BeaconDefinition
}

/** For a beacon that holds nothing open: each read is a look at the host. */
export function looking(read: OpenBeacon['read']): OpenBeacon {
  return { read, [Symbol.asyncDispose]: () => Promise.resolve() }
}

/** Loaders by name. */
export type BeaconRegistry = Readonly<Record<string, () => Promise<BeaconDefinition>>>
