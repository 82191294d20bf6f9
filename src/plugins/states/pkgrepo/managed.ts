/** pkgrepo.managed. */
import { existsSync } from 'node:fs'
import { isDeepStrictEqual } from 'node:util'
import { definedOnly, isRecord } from '../../../base/narrow.ts'
import { saysAll } from '../../../engine/functions/packages/repo-functions.ts'
import { writeSystemFile } from '../../../engine/functions/system-files.ts'
import type { StateContext } from '../../../engine/plugin.ts'
import { hasFunction } from '../../../engine/state/functions-here.ts'
import {
  type Changes,
  done,
  failed,
  impossible,
  pending,
  right,
  type StateOutcome,
  type StatePlan,
} from '../../../engine/state/plan.ts'
import { aptArguments, given, type ManagedWishes, rpmArguments } from './arguments.ts'

/** What pkg.mod_repo is asked for, and what it will have made of it. */
interface Configuration {
  readonly repo: string
  readonly keywords: Readonly<Record<string, unknown>>
  readonly before: Readonly<Record<string, unknown>>
  /** Undefined where the source is right as it is. */
  readonly isRight: boolean
  readonly compared: readonly string[]
}

export const noManagement = 'Repo management not implemented on this platform'

export function testNote(what: string): string {
  return `${what}. This may cause pkg states to behave differently than stated if this action is repeated without test=True, due to the differences in the configured repositories.`
}

export async function planManaged(ctx: StateContext, want: ManagedWishes): Promise<StatePlan> {
  if (!(await hasFunction(ctx, 'pkg.get_repo'))) return impossible(noManagement)
  const fault = faultOf(ctx, want)
  if (fault !== undefined) return impossible(fault)
  const configuration =
    ctx.grains.os_family === 'Debian' ? await configureApt(ctx, want) : await configureRpm(ctx, want)
  const { name } = want
  if (configuration.isRight) return right(`Package repo '${name}' already configured`)
  return pending({
    comment: testNote(`Package repo '${name}' will be configured`),
    changes: {},
    apply: () => configure(ctx, want, configuration),
  })
}

function faultOf(ctx: StateContext, want: ManagedWishes): string | undefined {
  if (want.key_url !== undefined && (want.keyid !== undefined || want.keyserver !== undefined)) {
    return 'You may not use both "keyid"/"keyserver" and "key_url" argument.'
  }
  if (want.repo !== undefined) {
    return "'repo' is not a supported argument for this state. The 'name' argument is probably what was intended."
  }
  if (want.enabled !== undefined && want.disabled !== undefined) return 'Only one of enabled/disabled is allowed'
  if (want.ppa === undefined && !want.name.startsWith('ppa:')) return undefined
  if (!['Ubuntu', 'Mint', 'Linux Mint'].includes(String(ctx.grains.os)))
    return 'Only Ubuntu has archives of the kind ppa.'
  const hasKey = [want.key_url, want.key_text, want.keyid, want.signedby, want.trusted].some((one) => one !== undefined)
  if (hasKey) return undefined
  return 'The key of a ppa is not looked up. Give key_url, or keyid with keyserver, as the page of the archive names them.'
}

/** `name` as the functions take it, where a ppa is meant. */
export function repoOf({ name, ppa }: { readonly name: string; readonly ppa?: string | undefined }): string {
  if (ppa === undefined) return name
  return ppa.startsWith('ppa:') ? ppa : `ppa:${ppa}`
}

async function configureApt(ctx: StateContext, want: ManagedWishes): Promise<Configuration> {
  const repo = repoOf(want)
  const { clean_file: _clean, aptkey: _aptkey, ppa: _ppa, keyid, ...options } = given(aptArguments, want)
  const { key_url, key_text, keyserver, ...change } = options
  const comments = want.comments === undefined ? {} : { comments: want.comments }
  const disabled = want.disabled ?? want.enabled === false
  const shape = { ...change, ...comments, disabled }
  const before = recordOf(await ctx.salt('pkg.get_repo', [repo]))
  const after = recordOf(await ctx.salt('pkg.expand_repo_def', [repo], shape))
  const compared = Object.keys(after).filter((key) => key !== 'file')
  const isSame = compared.every((key) => isDeepStrictEqual(sorted(key, before[key]), sorted(key, after[key])))
  const signedby = typeof after.signedby === 'string' ? after.signedby : ''
  const needsKey = [key_url, key_text, keyid].some((one) => one !== undefined)
  const hasKey = !needsKey || signedby === '' || existsSync(ctx.at(signedby))
  const keys = { key_url, key_text, keyserver, keyid: keyid === undefined ? undefined : [keyid].flat().join(' ') }
  const keywords = { ...shape, ...keys, saltenv: ctx.saltenv, refresh: want.refresh }
  return { repo, keywords: definedOnly(keywords), before, isRight: isSame && hasKey, compared }
}

/** Their order means nothing. */
function sorted(key: string, value: unknown): unknown {
  return key === 'comps' || key === 'architectures' ? [...((value as string[] | undefined) ?? [])].sort() : value
}

function recordOf(value: unknown): Record<string, unknown> {
  return isRecord(value) ? value : {}
}

async function configureRpm(ctx: StateContext, want: ManagedWishes): Promise<Configuration> {
  const { humanname, ...values } = given(rpmArguments, want)
  const before = recordOf(await ctx.salt('pkg.get_repo', [want.name]))
  const wanted = {
    name: humanname ?? (before.name === undefined ? want.name : undefined),
    ...values,
    enabled: want.disabled === undefined ? (want.enabled ?? true) : !want.disabled,
  }
  const keys = definedOnly(wanted)
  const isSame = Object.keys(before).length > 0 && saysAll(before, keys) && hasComments(before, want.comments)
  const comments = want.comments === undefined ? {} : { comments: want.comments }
  return {
    repo: want.name,
    keywords: { ...keys, ...comments, refresh: want.refresh },
    before,
    isRight: isSame,
    compared: [...Object.keys(keys), ...Object.keys(comments)],
  }
}

function hasComments(before: Readonly<Record<string, unknown>>, comments: ManagedWishes['comments']): boolean {
  return comments === undefined || String(before.comments ?? '') === [comments].flat().join('\n')
}

async function configure(
  ctx: StateContext,
  want: ManagedWishes,
  { repo, keywords, before, compared }: Configuration,
): Promise<StateOutcome> {
  const { name } = want
  if (want.clean_file && want.file !== undefined && existsSync(ctx.at(want.file))) writeSystemFile(ctx, want.file, '')
  try {
    await ctx.salt('pkg.mod_repo', [repo], keywords)
  } catch (error) {
    ctx.signal.throwIfAborted()
    return failed(`Failed to configure repo '${name}': ${error instanceof Error ? error.message : String(error)}`)
  }
  // What was known of packages may be of yesterday now.
  if (!want.refresh) ctx.run.memory.delete('pkg.refreshed')
  const after = recordOf(await ctx.salt('pkg.get_repo', [repo]))
  return done(`Configured package repo '${name}'`, changesOf(repo, before, after, compared))
}

function changesOf(
  repo: string,
  before: Readonly<Record<string, unknown>>,
  after: Readonly<Record<string, unknown>>,
  compared: readonly string[],
): Changes {
  if (Object.keys(before).length === 0) return { repo }
  const changed = compared.filter((key) => !isDeepStrictEqual(before[key], after[key]))
  return Object.fromEntries(changed.map((key) => [key, { new: after[key] ?? null, old: before[key] ?? null }]))
}
