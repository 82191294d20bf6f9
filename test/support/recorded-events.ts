import assert from 'node:assert/strict'
import type { BusEvents } from './bus-events.ts'
import { recordings } from './recorded-commands.ts'
import { type Recording, sortKeys } from './recording.ts'

interface Event {
  readonly tag: string
  readonly data: Readonly<Record<string, unknown>>
}

/** A command of the reference implementation, with what its bus saw meanwhile. */
export interface RecordedEvents extends Recording {
  readonly events: readonly Event[]
}

/** Tags that the reference does not have. */
const oursAlone = /^salt\/(?:job\/\d+\/state|minion\/[^/]+\/stop)/
/** Fields that the reference does not have. */
const oursBeyond: readonly (readonly [tag: RegExp, fields: readonly string[]])[] = [
  [/^salt\/auth$/, ['reason']],
  [/^salt\/key$/, ['user']],
]
/** What salt call returns has no user and no success in the reference; with us it has both, as any return. */
const beyondCall = ['user', 'success']

/** None where they cannot be compared. */
export function recordedEvents(): readonly RecordedEvents[] {
  return recordings('events').filter((recording): recording is RecordedEvents => 'events' in recording)
}

/** Compares what came with a recording, in any order: minions answer as they are. Waits for what is still to come. */
export async function compareEvents(events: BusEvents, recording: RecordedEvents): Promise<void> {
  const isRecorder = ({ tag, data }: Event): boolean => /^salt\/run\//.test(tag) && data.fun === 'runner.state.event'
  const expected = recording.events.filter((event) => !isRecorder(event)).map(normalized)
  const came = (): Event[] => events.seen.filter(({ tag }) => !oursAlone.test(tag)).map(normalized)
  const isComplete = (): boolean => came().length >= expected.length
  await events.until(/^/, isComplete).catch(() => {})
  assert.deepEqual(came().map(comparable).sort(), expected.map(comparable).sort(), recording.cmd)
}

function normalized({ tag, data }: Event): Event {
  const text = JSON.stringify([tag, data], (name, value) => {
    if (name === '_stamp') return undefined
    return typeof value === 'bigint' ? Number(value) : value
  })
    .replace(/\d{20}/g, 'JID')
    .replace(/[A-Z][a-z]{2} [A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d \d{4}/g, 'TIME')
    .replace(/"duration":[\d.]+/g, '"duration":0')
    .replace(/"start_time":"[\d:.]+"/g, '"start_time":"TIME"')
    .replace(/-----BEGIN PUBLIC KEY-----[^-]+-----END PUBLIC KEY-----\\n/g, 'KEY')
  const [name, fields] = JSON.parse(text)
  const isList = fields.fun === 'runner.jobs.list_jobs' && fields.return !== undefined
  return { tag: name, data: isList ? { ...fields, return: 'the jobs so far' } : fields }
}

/** As text, with its fields in order. */
function comparable({ tag, data }: Event): string {
  const beyond = oursBeyond.flatMap(([pattern, fields]) => (pattern.test(tag) ? fields : []))
  const isCall = /\/ret\//.test(tag) && data.tgt !== undefined
  const left = Object.entries(data).filter(([field]) => ![...beyond, ...(isCall ? beyondCall : [])].includes(field))
  return `${tag} ${JSON.stringify(sortKeys(Object.fromEntries(left)))}`
}
