/** Returners of the user's own: a script in a thread, or an executable, behind the same outlets as those of this program. */
import { asSaltError, SaltError } from '../../base/errors.ts'
import type { Log } from '../../base/log.ts'
import { isRecord } from '../../base/narrow.ts'
import { Secret } from '../../base/secret.ts'
import { isMapping } from '../../base/validate.ts'
import type { Delivery, OpenReturner, ReturnerContext, ReturnerDefinition } from '../returner.ts'
import { DeliveredKeys } from '../returners/delivered-keys.ts'
import { deliveryJson, keyOf } from '../returners/delivery-record.ts'
import { remembered } from '../returners/outlet-memory.ts'
import { execute } from './execute.ts'
import { loadRegistry } from './load-files.ts'
import type { PluginFile } from './plugin-files.ts'
import { type Described, describedByFile, describedByScript } from './user-described.ts'
import { printedBy } from './user-program.ts'
import type { UserRegistry } from './user-registry.ts'
import type { ThreadServices } from './user-thread.ts'
import type { ThreadPool } from './user-thread-pool.ts'

/** Where the files lie, and what they may import. */
interface Surroundings {
  readonly shared: readonly string[]
  readonly log: Log
}

/** A faulty one is logged; what is given to it waits until it is mended. Whether there was anything to load. */
export function fillReturners(
  registry: UserRegistry<ReturnerDefinition>,
  files: readonly PluginFile[],
  { shared, log }: Surroundings,
): Promise<boolean> {
  return loadRegistry(registry, files, {
    ...{ kind: 'returners', shared, log },
    fromScript: scriptReturner,
    fromExecutable: executableReturner,
    standIn,
  })
}

const kinds = { returner: 'return', event_return: 'event' } as const satisfies Record<string, Delivery['kind']>
type Work = keyof typeof kinds

/** One thing to write, as plain data. */
interface Order {
  readonly fun: Work
  readonly what: unknown
  readonly options: Readonly<Record<string, unknown>>
  readonly signal: AbortSignal
}

/** Rejects where it may be tried again. What it answers says where that is of no use. */
type Give = (order: Order, context: ReturnerContext) => Promise<unknown>

async function scriptReturner(pool: ThreadPool, file: PluginFile): Promise<ReturnerDefinition> {
  const exports = await pool.exports()
  const described = describedByScript(exports, file)
  return definitionOf(described, Object.keys(exports.plain), ({ signal, ...order }, context) => {
    const facts = { id: context.id, role: context.role, config: context.config.all }
    return pool.ask({ kind: 'give', ...order, facts }, servicesOf(context, signal), signal).then(({ value }) => value)
  })
}

function servicesOf({ log, fireMaster }: ReturnerContext, signal: AbortSignal): ThreadServices {
  return {
    log,
    salt: () => Promise.reject(new SaltError('execution-failed', 'A returner cannot call functions.')),
    exec: (argv, options) => execute(argv, options, { log, signal }),
    emit: (tag, data) => fireMaster(tag, data).then(() => true),
    setRetcode() {},
  }
}

function executableReturner(file: PluginFile): ReturnerDefinition {
  const program = describedByFile(file)
  const { takes = ['returner'] } = program.sidecar
  const works: readonly unknown[] = [takes].flat()
  return definitionOf(program, works, async ({ fun, what, options, signal }, { id, log }) => {
    const exec: Parameters<typeof printedBy>[1]['exec'] = (argv, more) => execute(argv, more, { log, signal })
    const printed = await printedBy(program, { log, exec }, { fun, [wordFor[fun]]: what, options, id })
    const answer = answerIn(printed)
    if (answer === undefined) log.info('A user plugin wrote', { file: program.file, text: printed.trim() })
    return answer
  })
}

/** What the thing to write is called in the message to a program. */
const wordFor: Readonly<Record<Work, string>> = { returner: 'ret', event_return: 'events' }

/** Throws `bad-arguments` where it can write nothing. */
function definitionOf(described: Described, works: readonly unknown[], give: Give): ReturnerDefinition {
  const { file, name, doc, options, extra } = described
  const takes = (Object.keys(kinds) as Work[]).filter((work) => works.includes(work)).map((work) => kinds[work])
  if (takes.length === 0)
    throw new SaltError(
      'bad-arguments',
      'It has no function returner(ret, options) or event_return(events, options).',
      {
        where: file,
      },
    )
  return {
    ...{ name, doc, options, takes },
    ...(extra === undefined ? {} : { extra }),
    examples: takes.includes('return') ? [`salt '*' test.ping --return ${name}`] : [],
    open: async (context: ReturnerContext, given: Readonly<Record<string, unknown>>) =>
      openUser(context, (fun, what, signal) =>
        write(give, { fun, what, options: revealed(given), signal }, context, file),
      ),
  }
}

type Write = (fun: Work, what: unknown, signal: AbortSignal) => Promise<void>

/** What was delivered before another part of a batch failed is not delivered again; of events, all of a batch are. */
function openUser({ id, signal }: ReturnerContext, write: Write): OpenReturner {
  const ending = new AbortController()
  const both = AbortSignal.any([signal, ending.signal])
  const delivered = remembered(signal, 'delivered', () => new DeliveredKeys())
  return {
    deliver: (batch) =>
      delivered.each(
        worksOf(batch),
        ([first]) => keyOf(first, id),
        async ([first, ...more]) => {
          if (first.kind === 'return') await write('returner', plain(first.ret), both)
          else
            await write('event_return', plain([first, ...more].map((one) => one.kind === 'event' && one.event)), both)
        },
      ),
    async [Symbol.asyncDispose]() {
      ending.abort(new SaltError('cancelled', 'it was closed'))
    },
  }
}

/** Each return by itself, and all events together, as Salt's returners get them. */
function worksOf(batch: readonly Delivery[]): readonly (readonly [Delivery, ...Delivery[]])[] {
  const [first, ...more] = batch.filter(({ kind }) => kind === 'event')
  const events = first === undefined ? [] : [[first, ...more] as const]
  return [...batch.filter(({ kind }) => kind === 'return').map((one) => [one] as const), ...events]
}

/** Throws `bad-arguments` where the author says that this can never be written, and `execution-failed` for all that is thrown. */
async function write(give: Give, order: Order, context: ReturnerContext, file: string): Promise<void> {
  let answer: unknown
  try {
    answer = await give(order, context)
  } catch (error) {
    const { message, where = file } = asSaltError(error)
    throw new SaltError('execution-failed', `${message} (${where})`, { cause: error })
  }
  if (isRecord(answer) && typeof answer.impossible === 'string') throw new SaltError('bad-arguments', answer.impossible)
}

/** `{"impossible": …}`, or null; undefined where it printed anything else. */
function answerIn(printed: string): unknown {
  if (printed.trim() === '') return null
  try {
    const value: unknown = JSON.parse(printed)
    return isRecord(value) && value.impossible !== undefined ? { impossible: String(value.impossible) } : undefined
  } catch {
    return undefined
  }
}

/** What every reader of JSON takes, whatever a function gave. */
function plain(value: unknown): unknown {
  return JSON.parse(deliveryJson(value))
}

/** Its author gets credentials as they are. */
function revealed(options: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const reveal = (value: unknown): unknown => {
    if (value instanceof Secret) return value.reveal()
    if (Array.isArray(value)) return value.map(reveal)
    return isMapping(value) ? revealed(value) : value
  }
  return Object.fromEntries(Object.entries(options).map(([name, value]) => [name, reveal(value)]))
}

/** Deliveries wait before it, as before a backend that is away. */
function standIn(name: string, reason: string): ReturnerDefinition {
  return {
    name,
    doc: `Cannot be loaded: ${reason}`,
    options: {},
    extra: {},
    takes: Object.values(kinds),
    examples: [],
    open: () => Promise.reject(new SaltError('execution-failed', `it cannot be loaded: ${reason}`)),
  }
}
