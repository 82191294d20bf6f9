/** Runs that somebody wishes for and somebody else gives leave to. */
import { readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { SaltError, systemCode } from '../../../base/errors.ts'
import { ensurePrivateFolder, systemReason, writeFileAtomicSync } from '../../../base/files.ts'
import { toJson } from '../../../base/json.ts'
import { isRecord } from '../../../base/narrow.ts'
import { pythonString } from '../../../base/python-repr.ts'
import { s } from '../../../base/schema.ts'
import { type FunctionContext, type FunctionDefinition, fn } from '../../../engine/plugin.ts'
import { applyStates, stateResults } from './applying.ts'
import { furtherArguments, type GivenRun, runArguments, slsNames } from './arguments.ts'

interface StateRequest {
  /** What the dry run said. */
  readonly test_run: unknown
  readonly mods: readonly string[] | string | null
  readonly kwargs: Readonly<Record<string, unknown>>
}

type Requests = Record<string, StateRequest>

const requestName = s.withDefault(s.string('Name of the request'), 'default')

function folderOf({ config }: FunctionContext): string {
  return pythonString(config.get('cachedir') ?? '/var/cache/salt/minion')
}

function readRequests(ctx: FunctionContext): Requests {
  const path = join(folderOf(ctx), 'req_state.json')
  try {
    const content: unknown = JSON.parse(readFileSync(path, 'utf8'))
    return isRecord(content) ? (content as Requests) : {}
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return {}
    const reason = error instanceof SyntaxError ? 'it holds no requests' : systemReason(error)
    throw new SaltError('bad-arguments', `the requests cannot be read: ${reason}`, {
      where: path,
      hint: 'state.clear_request forgets them.',
    })
  }
}

function writeRequests(ctx: FunctionContext, requests: Requests): void {
  ensurePrivateFolder(folderOf(ctx))
  const path = join(folderOf(ctx), 'req_state.json')
  if (Object.keys(requests).length === 0) rmSync(path, { force: true })
  else writeFileAtomicSync(path, toJson(requests), 0o600)
}

export const requestFunctions: Readonly<Record<string, FunctionDefinition>> = {
  request: fn({
    doc: 'Show what `state.apply` would do, and keep it as a request that `state.run_request` carries out.',
    args: { mods: s.optional(slsNames), name: requestName, ...runArguments },
    extra: furtherArguments,
    returns: stateResults,
    outputter: 'highstate',
    examples: ["salt '*' state.request", "salt '*' state.request web name=friday"],
    async run(ctx, { name, ...given }, more) {
      const returns = await applyStates(ctx, 'state.request', { ...given, test: true }, more)
      const { mods, test: _test, ...kwargs } = given
      const wished = Object.fromEntries(Object.entries(kwargs).filter(([, value]) => value !== undefined))
      writeRequests(ctx, { ...readRequests(ctx), [name]: { test_run: returns, mods: mods ?? null, kwargs: wished } })
      return returns
    },
  }),
  check_request: fn({
    doc: 'Show the requests that wait for leave, or one of them.',
    args: { name: s.optional(s.string('Name of the request')) },
    returns: s.any('Name → what the dry run said, and what is wished for'),
    outputter: 'highstate',
    examples: ["salt '*' state.check_request"],
    run(ctx, { name }) {
      const requests = readRequests(ctx)
      return name === undefined ? requests : (requests[name] ?? {})
    },
  }),
  clear_request: fn({
    doc: 'Forget the requests, or one of them.',
    args: { name: s.optional(s.string('Name of the request')) },
    returns: s.boolean('Whether it is forgotten; false where there was none of that name'),
    examples: ["salt '*' state.clear_request", "salt '*' state.clear_request friday"],
    run(ctx, { name }) {
      if (name === undefined) {
        writeRequests(ctx, {})
        return true
      }
      const { [name]: known, ...rest } = readRequests(ctx)
      if (known === undefined) return false
      writeRequests(ctx, rest)
      return true
    },
  }),
  run_request: fn({
    doc: 'Carry out a request, and forget it.',
    args: { name: requestName, ...runArguments },
    extra: furtherArguments,
    returns: stateResults,
    outputter: 'highstate',
    examples: ["salt '*' state.run_request", "salt '*' state.run_request friday"],
    async run(ctx, { name, ...over }, more) {
      const { [name]: request, ...rest } = readRequests(ctx)
      if (request === undefined) return {}
      const wished = Object.fromEntries(Object.entries(over).filter(([, value]) => value !== undefined))
      const given = { ...(request.kwargs as GivenRun), ...wished }
      const mods = request.mods ?? undefined
      const returns = await applyStates(ctx, 'state.run_request', { ...given, mods }, more)
      writeRequests(ctx, rest)
      return returns
    },
  }),
}
