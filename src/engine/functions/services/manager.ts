/** What a service manager can do, whatever it is called; the functions of `service` are made from it. */
import type { FunctionContext } from '../../plugin.ts'

export type ServiceAction = 'start' | 'stop' | 'restart' | 'reload' | 'force-reload' | 'try-restart'

export interface ActionOptions {
  /** Do not wait until it is done (systemd). */
  readonly noBlock: boolean
  /** Lift the mask first (systemd), and the one that lasts until the next boot. */
  readonly unmask: boolean
  readonly unmaskRuntime: boolean
  /** The user whose service it is (launchd). */
  readonly runas: string | undefined
}

export interface BootOptions extends ActionOptions {
  /** Folder that stands for `/` (systemd). */
  readonly root: string | undefined
  /** Runlevels that count (OpenRC); empty: the usual one, or any. */
  readonly runlevels: readonly string[]
}

export type BootPlace = Pick<BootOptions, 'root' | 'runlevels' | 'runas'>

/** Sorted names, or name → runlevels where the manager has such. */
export type ServiceList = string[] | Record<string, string[]>

export interface ServiceManager {
  all(ctx: FunctionContext, place: BootPlace): Promise<ServiceList>
  enabled(ctx: FunctionContext, place: BootPlace): Promise<ServiceList>
  disabled(ctx: FunctionContext, place: BootPlace): Promise<ServiceList>
  isAvailable(ctx: FunctionContext, name: string): Promise<boolean>
  isRunning(ctx: FunctionContext, name: string, runas?: string): Promise<boolean>
  /** As `isRunning` for many at once, where the manager can tell. */
  areRunning?(ctx: FunctionContext, names: readonly string[]): Promise<readonly boolean[]>
  isEnabled(ctx: FunctionContext, name: string, place: BootPlace): Promise<boolean>
  /** Whether it worked; a manager that tells why it did not throws `execution-failed`. */
  act(ctx: FunctionContext, action: ServiceAction, name: string, options: ActionOptions): Promise<boolean>
  setEnabled(ctx: FunctionContext, name: string, enabled: boolean, options: BootOptions): Promise<boolean>
}

export function namesIn(list: ServiceList): string[] {
  return Array.isArray(list) ? list : Object.keys(list)
}
