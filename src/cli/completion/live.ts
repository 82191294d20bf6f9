/** What there is on this host to be offered; whoever may not read it is offered nothing. */
import { homedir } from 'node:os'
import type { MoreStates } from '../../engine/keys/key-ring.ts'
import type { KeyState } from '../../engine/keys/key-store.ts'
import type { MasterOptions } from '../../engine/options/master-options.ts'
import type { Candidate } from './candidate.ts'

/** Nobody waits longer for a word to be completed. */
const busTimeoutMs = 500

type Given = ReadonlyMap<string, string>

/** Minions that the master accepts. The master need not run. */
export async function acceptedIds(given: Given): Promise<readonly Candidate[]> {
  return await ids(given, ['accepted'])
}

/** The minions whose keys the option of `salt key` would act on. */
export async function idsFor(given: Given, option: string): Promise<readonly Candidate[]> {
  const { keyChanges, statesFor } = await import('../../engine/keys/key-ring.ts')
  const { keyStates } = await import('../../engine/keys/key-store.ts')
  const change = keyChanges.find((name) => name === option)
  return await ids(given, change === undefined ? keyStates : statesFor(change, moreStates(given)))
}

export async function groupNames(given: Given): Promise<readonly Candidate[]> {
  const { values } = await masterOptions(given)
  return Object.keys(values.nodegroups).map((word) => ({ word }))
}

/** Jobs that a running master knows, the newest first. */
export async function jobIds(given: Given): Promise<readonly Candidate[]> {
  const { connectMasterBus } = await import('../../client/master-bus.ts')
  const { paths } = await masterOptions(given)
  await using bus = await connectMasterBus({ sockDir: paths.sock_dir, timeoutMs: busTimeoutMs })
  const jobs = await bus.call('jobs', {}, { timeoutMs: busTimeoutMs })
  return jobs.toReversed().map(({ jid, fun, tgt }) => ({ word: jid, doc: `${fun} on ${tgt}` }))
}

async function ids(given: Given, states: readonly KeyState[]): Promise<readonly Candidate[]> {
  const { KeyStore } = await import('../../engine/keys/key-store.ts')
  const store = new KeyStore((await masterOptions(given)).paths.pki_dir)
  const found = new Map<string, string>()
  for (const state of states) for (const id of store.ids(state)) found.set(id, found.get(id) ?? state)
  return [...found].map(([word, state]) => ({ word, doc: `${state} minion` }))
}

async function masterOptions(given: Given): Promise<MasterOptions> {
  const { loadMasterOptions } = await import('../../engine/options/master-options.ts')
  // A shell hands over the word as it was typed.
  const configDir = given.get('config-dir')?.replace(/^~(?=\/|$)/, homedir())
  return await loadMasterOptions({ configDir })
}

function moreStates(given: Given): MoreStates {
  const asked = (state: string): boolean => given.has('include-all') || given.has(`include-${state}`)
  return { accepted: asked('accepted'), rejected: asked('rejected'), denied: asked('denied') }
}
