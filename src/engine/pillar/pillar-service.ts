/** Where pillar comes from, for functions and for runners. */

/** Which pillar is wanted. */
export interface PillarQuestion {
  /** Environment of a state run. */
  readonly saltenv?: string | undefined
  readonly pillarenv?: string | undefined
  /** Data that wins over all else: `pillar=` of the command line. */
  readonly override?: Readonly<Record<string, unknown>> | undefined
  /** A source that is asked besides (`pillar.ext`): one of the master's `on_demand_ext_pillar`, with its arguments. */
  readonly ext?: Readonly<Record<string, unknown>> | undefined
}

/** Where the pillar of this minion comes from. */
export interface PillarService {
  /** Makes it anew and leaves what is in memory alone. Errors of SLS files are under `_errors`. */
  compile(question?: PillarQuestion): Promise<Readonly<Record<string, unknown>>>
  /**
   * Makes it anew for all that follows: functions, schedule, beacons. False where that could not be done.
   *
   * @param cleansCache what the master keeps of it by `pillar_cache` does not count any more
   */
  refresh(options?: { readonly cleansCache?: boolean }): Promise<boolean>
  /** Dots for what was decrypted, in whatever is shown. */
  hide<T>(value: T): T
}

/** Pillar of any minion, for runners. */
export interface PillarDesk {
  compile(
    request: PillarQuestion & { readonly id: string; readonly grains: Readonly<Record<string, unknown>> },
  ): Promise<Readonly<Record<string, unknown>>>
  /** Environment → target → what the top file gives it. */
  top(request: PillarQuestion & { readonly id: string; readonly grains: Readonly<Record<string, unknown>> }): Promise<{
    readonly top: Readonly<Record<string, Readonly<Record<string, unknown>>>>
    readonly errors: readonly string[]
  }>
  /** What `pillar_cache` held of these minions, by environment; undefined where it is off. */
  clearCache(ids: readonly string[]): Readonly<Record<string, unknown>> | undefined
  /** What it holds of one, by environment. */
  cached(id: string): Readonly<Record<string, unknown>>
}
