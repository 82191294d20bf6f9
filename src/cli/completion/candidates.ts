/** What a shell may offer for the last word of a command line: from the tables of the commands, and from what there is. */
import type { Registry } from '../../engine/functions/catalogue.ts'
import { commands } from '../commands.ts'
import { type CommandSpec, type Offer, type OptionSpec, optionKey } from '../options/option.ts'
import { targetTypeOptions } from '../options/target.ts'
import { route } from '../route.ts'
import type { Candidate } from './candidate.ts'
import { type Cursor, findCursor, offerOf } from './cursor.ts'
import { acceptedIds, groupNames, idsFor, jobIds } from './live.ts'

/** Candidates, or what the shell itself knows. */
export type Candidates = readonly Candidate[] | 'files' | 'folders'

const functionKinds = ['functions', 'runners', 'wheel functions'] as const
type FunctionKind = (typeof functionKinds)[number]
type DocumentedKind = FunctionKind | 'states'

/** @param words of a command line behind `salt`, the last one up to the cursor. */
export async function candidates(words: readonly string[]): Promise<Candidates> {
  const before = words.slice(0, -1)
  if (before[0] === 'help') return before.length === 1 ? begunBy(words.at(-1) ?? '', commandWords()) : []
  const chosen = before.length === 0 ? undefined : route(before, () => false)
  if (chosen?.kind === 'command') {
    const { spec } = await chosen.command.load()
    return spec === undefined ? [] : await offered(spec, findCursor(spec, words.slice(1)))
  }
  const { spec } = await import('../salt.ts')
  const found = await offered(spec, findCursor(spec, words))
  const typed = words.at(-1) ?? ''
  if (before.length > 0 || typed.startsWith('-') || typeof found === 'string') return found
  return [...begunBy(typed, [...commandWords(), { word: 'help', doc: 'Print help' }]), ...found]
}

async function offered(spec: CommandSpec, cursor: Cursor): Promise<Candidates> {
  const { pending, isAfterEnd, typed, prefix, operands } = cursor
  if (pending === undefined && !isAfterEnd && typed.startsWith('-')) return begunBy(typed, optionWords(spec))
  const offer = pending === undefined ? operandOffer(spec, operands) : offerOf(pending)
  if (offer === 'files' || offer === 'folders') return offer
  const found = typeof offer === 'object' && 'call' in offer ? await parameters(offer) : await things(offer, cursor)
  return found
    .filter(({ word }) => word.startsWith(typed))
    .map((candidate) => ({ ...candidate, word: prefix + candidate.word }))
}

/** A function whose arguments come next. */
interface Call {
  readonly kind: FunctionKind
  readonly call: string
  /** Words behind its name. */
  readonly given: readonly string[]
}

/** Functions whose first argument names a state, and those that go on with the arguments of that state. */
const ofStates = new Set(['sys.state_doc', 'sys.state_argspec', 'sys.state_schema'])
const runningStates = new Set(['state.single', 'state.orchestrate_single'])

function operandOffer(spec: CommandSpec, words: readonly string[]): Offer | Call {
  const offers = spec.operands ?? []
  const last = offers.at(-1)
  const isCall = words.length >= offers.length && functionKinds.some((kind) => kind === last)
  if (isCall) {
    const [call = '', ...given] = words.slice(offers.length - 1)
    return { kind: last as FunctionKind, call, given }
  }
  return offers[words.length] ?? last ?? []
}

async function things(
  offer: Exclude<Offer, 'files' | 'folders'>,
  { given, typed, pending }: Cursor,
): Promise<readonly Candidate[]> {
  switch (offer) {
    case 'targets':
      return await targets(given, typed)
    case 'keys':
      return await idsFor(given, pending === undefined ? '' : optionKey(pending))
    case 'nodegroups':
      return await groupNames(given)
    case 'jobs':
      return await jobIds(given)
    case 'functions':
    case 'runners':
    case 'wheel functions':
      return lastOfList(typed, await functionNames(offer))
    default:
      return offer.map((word) => ({ word }))
  }
}

/** By the kind of the target; there is nothing to be offered for an expression. */
async function targets(given: Cursor['given'], typed: string): Promise<readonly Candidate[]> {
  const type = Object.keys(targetTypeOptions).find((option) => given.has(option))
  if (type === 'nodegroup') return await groupNames(given)
  if (type === 'list') {
    const named = typed.split(',').slice(0, -1)
    return lastOfList(
      typed,
      (await acceptedIds(given)).filter(({ word }) => !named.includes(word)),
    )
  }
  return type === undefined || type === 'compound' || type === 'pcre' ? await acceptedIds(given) : []
}

/** `a,b,` goes before each word: several with commas between them count as one. */
function lastOfList(typed: string, words: readonly Candidate[]): readonly Candidate[] {
  const before = typed.slice(0, typed.lastIndexOf(',') + 1)
  return before === '' ? words : words.map((candidate) => ({ ...candidate, word: before + candidate.word }))
}

async function registryOf(kind: DocumentedKind): Promise<Pick<Registry<unknown>, 'entries' | 'loadDocs'>> {
  const { moduleRegistry, runnerRegistry, stateRegistry, wheelRegistry } = await import('../../plugins/registry.ts')
  const registries = { functions: moduleRegistry, runners: runnerRegistry, states: stateRegistry }
  return { ...registries, 'wheel functions': wheelRegistry }[kind]
}

async function functionNames(kind: DocumentedKind): Promise<readonly Candidate[]> {
  const registry = await registryOf(kind)
  const docs = await registry.loadDocs()
  const names = registry.entries.flatMap(({ name, functions }) => functions.map((fun) => [name, fun] as const))
  const found = new Map(names.map(([module, fun]) => [`${module}.${fun}`, docs[module]?.functions[fun]?.doc ?? '']))
  return [...found].map(([word, doc]) => ({ word, doc })).sort((left, right) => (left.word < right.word ? -1 : 1))
}

/** The arguments of a function by their names; for a function that runs a state, those of the state first. */
async function parameters({ kind, call, given }: Call): Promise<readonly Candidate[]> {
  const [state] = given
  if (state === undefined && (ofStates.has(call) || runningStates.has(call))) return await functionNames('states')
  const own = await argumentsOf(kind, call)
  if (state === undefined || !runningStates.has(call)) return own
  const taken = await argumentsOf('states', state)
  return [...taken, ...own.filter(({ word }) => taken.every((other) => other.word !== word))]
}

async function argumentsOf(kind: DocumentedKind, name: string): Promise<readonly Candidate[]> {
  const [module = '', fun = ''] = name.split('.')
  const docs = await (await registryOf(kind)).loadDocs()
  const args = docs[module]?.functions[fun]?.args ?? {}
  return Object.entries(args).map(([arg, { description = '' }]) => ({ word: `${arg}=`, doc: description }))
}

function optionWords(spec: CommandSpec): readonly Candidate[] {
  return spec.groups.flatMap(({ options }) =>
    options.filter(({ refused }) => refused === undefined).flatMap((option) => namesOf(option)),
  )
}

function namesOf({ names, doc }: OptionSpec): readonly Candidate[] {
  return names.filter((name) => !name.includes('_')).map((word) => ({ word, doc }))
}

function commandWords(): readonly Candidate[] {
  return commands.map(({ name, doc }) => ({ word: name, doc }))
}

function begunBy(typed: string, words: readonly Candidate[]): readonly Candidate[] {
  return words.filter(({ word }) => word.startsWith(typed))
}
