/** Beacons of the user's own: a script in a thread, or an executable, that is asked at each interval. */
import { asSaltError, SaltError } from '../../base/errors.ts'
import type { Log } from '../../base/log.ts'
import { isRecord } from '../../base/narrow.ts'
import { type BeaconContext, type BeaconDefinition, type BeaconEvent, looking, type OpenBeacon } from '../beacon.ts'
import type { ConfigView } from '../plugin.ts'
import { execute } from './execute.ts'
import { loadRegistry } from './load-files.ts'
import type { PluginFile } from './plugin-files.ts'
import { type Described, describedByFile, describedByScript } from './user-described.ts'
import { needsIn, runFor } from './user-program.ts'
import type { UserRegistry } from './user-registry.ts'
import type { ThreadServices } from './user-thread.ts'
import type { ThreadPool } from './user-thread-pool.ts'

/** What they are loaded with. */
interface Surroundings {
  /** Folders of what the files may import. */
  readonly shared: readonly string[]
  readonly id: string
  readonly config: ConfigView
  readonly log: Log
}

/** A faulty one is logged, and cannot be used until it is mended. Whether there was anything to load. */
export function fillBeacons(
  registry: UserRegistry<BeaconDefinition>,
  files: readonly PluginFile[],
  surroundings: Surroundings,
): Promise<boolean> {
  const { shared, log } = surroundings
  return loadRegistry(registry, files, {
    ...{ kind: 'beacons', shared, log },
    fromScript: (pool, file) => scriptBeacon(pool, file, surroundings),
    fromExecutable: executableBeacon,
    standIn: (name, reason) => ({
      ...definitionOf({ file: '', name, doc: '', options: {} }, undefined, () => Promise.resolve(undefined)),
      available: () => reason,
    }),
  })
}

type Options = Readonly<Record<string, unknown>>

/** What one look answers, with what the next one is to know. */
interface Look {
  readonly config: Options
  readonly signal: AbortSignal
  state: unknown
}

/** Time between two looks of one that does not say it. */
const usualIntervalSeconds = 60
/** Less than what a beacon has in all, so that one that hangs fails once for it, and is asked anew. */
const longestLookMs = 30_000
const longestCheckMs = 10_000
/** More events in one look are a fault of the beacon. */
const mostEvents = 1000
const mostStateBytes = 1024 * 1024

async function scriptBeacon(
  pool: ThreadPool,
  file: PluginFile,
  { id, config: minion, log }: Surroundings,
): Promise<BeaconDefinition> {
  const { plain, ...exports } = await pool.exports()
  if (!Object.hasOwn(plain, 'beacon'))
    throw new SaltError('bad-arguments', 'It has no function beacon(config, state).', {
      where: file.path,
    })
  const described = describedByScript({ plain, ...exports }, file)
  const definition = definitionOf(described, exports.values.interval, async (look, context) => {
    const { config, state, signal } = look
    const facts = { id: context.id, grains: context.grains, config: context.config.all }
    const { value } = await pool.ask({ kind: 'beacon', config, state, facts }, servicesOf(context, signal), signal)
    const { events, state: next } = isRecord(value) ? value : {}
    if (next instanceof Uint8Array) look.state = next
    return events
  })
  if (!Object.hasOwn(plain, 'validate')) return definition
  const check = async (options: Options, extra: Options): Promise<readonly string[]> => {
    const signal = AbortSignal.timeout(longestCheckMs)
    const request = { kind: 'validate', config: { ...options, ...extra }, facts: { id, config: minion.all } }
    try {
      return faultsIn((await pool.ask(request, checkingServices(log, signal), signal)).value)
    } catch (error) {
      return [placed(error, described.file)]
    }
  }
  return { ...definition, check }
}

function executableBeacon(file: PluginFile): BeaconDefinition {
  const program = describedByFile(file)
  const needs = needsIn(program.sidecar, ['grains'], file.sidecar ?? file.path)
  return definitionOf(program, program.sidecar.interval, async (look, { id, grains, log }) => {
    const { config, state, signal } = look
    const exec: BeaconContext['exec'] = (argv, options = {}) => execute(argv, options, { log, signal })
    const told = needs.includes('grains') ? { id, grains } : { id }
    const value = await runFor(program, { log, exec }, { fun: 'beacon', config, state: state ?? {}, ...told })
    if (!isRecord(value)) return value
    look.state = value.state ?? state
    return value.events
  })
}

/** Answers what the author's function does. */
type Ask = (look: Look, context: BeaconContext) => Promise<unknown>

function definitionOf(described: Described, interval: unknown, ask: Ask): BeaconDefinition {
  const { file, name, doc, options, extra } = described
  const hasInterval = typeof interval === 'number' && interval > 0
  if (interval !== undefined && !hasInterval)
    throw new SaltError('bad-arguments', 'Its interval must be a number of seconds.', { where: file })
  return {
    ...{ name, doc, options },
    ...(extra === undefined ? {} : { extra }),
    intervalSeconds: hasInterval ? interval : usualIntervalSeconds,
    examples: [`${name}: {}`],
    open: (context: BeaconContext, own: Options, more: Options) => openUser(context, { ...own, ...more }, ask, file),
  }
}

function openUser(context: BeaconContext, config: Options, ask: Ask, file: string): OpenBeacon {
  let state: unknown = null
  return looking(async () => {
    const ending = new AbortController()
    const late = new SaltError('timeout', `it did not answer within ${longestLookMs / 1000} seconds`)
    const timer = context.clock.after(longestLookMs, () => ending.abort(late), { background: true })
    const look: Look = { config, state, signal: AbortSignal.any([context.signal, ending.signal]) }
    try {
      const events = eventsIn(await ask(look, context))
      assertSmall(look.state)
      state = look.state
      return events
    } catch (error) {
      throw new SaltError('execution-failed', placed(error, file), { cause: error })
    } finally {
      timer.cancel()
    }
  })
}

/** Throws `execution-failed` for what is no list of events. */
function eventsIn(value: unknown): readonly BeaconEvent[] {
  if (value === null || value === undefined) return []
  const wrong = (what: string): SaltError => new SaltError('execution-failed', `it must give a list of events, ${what}`)
  if (!Array.isArray(value)) throw wrong(`but gave ${JSON.stringify(value).slice(0, 80)}`)
  if (value.length > mostEvents) throw wrong(`and ${mostEvents} at most, but gave ${value.length}`)
  return value.map((event: unknown) => {
    if (!isRecord(event)) throw wrong(`each a mapping, but gave ${JSON.stringify(event).slice(0, 80)}`)
    const { tag, ...data } = event
    if (tag === undefined) return { data }
    if (typeof tag === 'string' || typeof tag === 'number') return { data, tag: String(tag) }
    throw wrong(`each with a text for its tag, but gave ${JSON.stringify(tag).slice(0, 80)}`)
  })
}

function assertSmall(state: unknown): void {
  const size = state instanceof Uint8Array ? state.length : JSON.stringify(state ?? null).length
  if (size > mostStateBytes)
    throw new SaltError('execution-failed', `its state has ${size} bytes, and may have ${mostStateBytes}`)
}

/** Nothing or true where all is right; a text, texts, or Salt's `(False, 'why')` where it is not. */
function faultsIn(answer: unknown): readonly string[] {
  if (answer === null || answer === true) return []
  const texts: readonly unknown[] = [answer].flat()
  const [verdict, ...why] = texts
  if (verdict === true) return []
  const told = verdict === false ? why : texts
  if (verdict === false && told.length === 0) return ['its configuration is not valid']
  return told.map((text) => (typeof text === 'string' ? text : `validate answered ${JSON.stringify(text)}`))
}

function placed(error: unknown, file: string): string {
  const { message, where = file } = asSaltError(error)
  return `${message} (${where})`
}

function servicesOf(context: BeaconContext, signal: AbortSignal): ThreadServices {
  return {
    ...checkingServices(context.log, signal),
    salt: (fun, args, kwargs) => context.salt(fun, args, kwargs),
  }
}

/** A check looks at what is configured, and may run a program to do so. */
function checkingServices(log: Log, signal: AbortSignal): ThreadServices {
  const refuse = () => Promise.reject(new SaltError('execution-failed', 'A beacon tells events by what it returns.'))
  return {
    log,
    salt: () => Promise.reject(new SaltError('execution-failed', 'The check of a beacon cannot call functions.')),
    exec: (argv, options) => execute(argv, options, { log, signal }),
    emit: refuse,
    setRetcode() {},
  }
}
