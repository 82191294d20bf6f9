/** What a running minion is asked about its own schedule and beacons, by functions and by events on its bus. */

/** A request to the schedule of a running minion: the data of Salt's event `manage_schedule`. */
export interface ScheduleRequest {
  readonly func:
    | 'list'
    | 'add'
    | 'modify'
    | 'delete'
    | 'enable'
    | 'disable'
    | 'enable_job'
    | 'disable_job'
    | 'run_job'
    | 'postpone_job'
    | 'skip_job'
    | 'reload'
    | 'save_schedule'
    | 'get_next_fire_time'
    | 'job_status'
  readonly name?: string
  /** `list`: only these jobs. */
  readonly where?: string
  /** `add` and `reload`: jobs by name; `modify`: the job. */
  readonly schedule?: Readonly<Record<string, unknown>>
  /** Whether the change outlives the process; it does unless this is false. */
  readonly persist?: boolean
  readonly time?: string
  readonly new_time?: string
  readonly time_fmt?: string
}

/** Salt's answer, which the bus is told as well. */
export interface ScheduleAnswer {
  readonly complete: boolean
  /** All jobs, after the change. */
  readonly schedule?: Readonly<Record<string, unknown>>
  readonly next_fire_time?: string | null
  readonly data?: Readonly<Record<string, unknown>>
  /** Ours: what did not go well beside it. */
  readonly warning?: string
}

/** A request to the beacons of a running minion: the data of Salt's event `manage_beacons`. */
export interface BeaconRequest {
  readonly func:
    | 'list'
    | 'list_available'
    | 'validate_beacon'
    | 'add'
    | 'modify'
    | 'delete'
    | 'enable'
    | 'disable'
    | 'enable_beacon'
    | 'disable_beacon'
    | 'reset'
    | 'save'
  readonly name?: string
  /** `add`, `modify` and `validate_beacon`: what is configured of it. */
  readonly beacon_data?: unknown
  /** `list`: whether those of pillar are wanted; they are unless this is false. */
  readonly include_pillar?: boolean
  readonly include_opts?: boolean
  /** Whether the change outlives the process; it does unless this is false. */
  readonly persist?: boolean
}

/** Salt's answer, which the bus is told as well. */
export interface BeaconAnswer {
  readonly complete: boolean
  readonly comment?: string
  /** All that are configured, after the change. */
  readonly beacons?: Readonly<Record<string, unknown>>
  /** Names of those that can be used. */
  readonly available?: readonly string[]
  readonly valid?: boolean
  /** What is wrong, one fault on each line. */
  readonly vcomment?: string
  /** Ours: what did not go well beside it. */
  readonly warning?: string
}
