/** Figures of an outlet, as `sinks.status` shows them. */
export interface OutletStatus {
  readonly name: string
  readonly returner: string
  readonly state: 'idle' | 'waiting' | 'delivering' | 'retrying'
  /** Deliveries in the spool, and their bytes. */
  readonly waiting: number
  readonly bytes: number
  /** All further figures: since the outlet was made. */
  readonly delivered: number
  readonly failed_attempts: number
  readonly dropped: number
  /** ISO 8601, UTC. */
  readonly since: string
  /** Why the last failed attempt failed, even when all is well again; null when none has failed. */
  readonly last_error: string | null
  /** ISO 8601, UTC; null while all is well. */
  readonly failing_since: string | null
}
