/** Functions of `pkg` about the selection states of dpkg: hold, install, deinstall, purge. */
import { readFile } from 'node:fs/promises'
import { SaltError } from '../../../base/errors.ts'
import { isRecord } from '../../../base/narrow.ts'
import { s } from '../../../base/schema.ts'
import { holdFunctions } from '../../../engine/functions/packages/holds.ts'
import { faultText } from '../../../engine/functions/packages/package-table.ts'
import { type ExecResult, type FunctionContext, fn } from '../../../engine/plugin.ts'
import { nativeArchitecture, normalizeName } from './dpkg.ts'

type Selections = Record<string, string[]>
type SelectionChanges = Record<string, { old: string | null; new: string }>

const states = ['install', 'hold', 'deinstall', 'purge']

/** Selection state → packages. */
async function selections(ctx: FunctionContext, pattern?: string): Promise<Selections> {
  const { stdout } = await ctx.exec(['dpkg', '--get-selections', ...(pattern === undefined ? [] : [pattern])])
  const found: Selections = {}
  for (const line of stdout.split('\n')) {
    const [one, state] = line.trim().split(/\s+/)
    if (one === undefined || state === undefined) continue
    found[state] = [...(found[state] ?? []), one]
  }
  return found
}

export async function heldPackages(ctx: FunctionContext): Promise<readonly string[]> {
  return ((await selections(ctx)).hold ?? []).map((full) => normalizeName(ctx, full))
}

/** State of each package; one of the system's architecture is there with and without it. */
async function currentStates(ctx: FunctionContext): Promise<ReadonlyMap<string, string>> {
  const entries = Object.entries(await selections(ctx))
  return new Map(
    entries.flatMap(([state, names]) =>
      names.flatMap((full) => [[full, state] as const, [normalizeName(ctx, full), state] as const]),
    ),
  )
}

/** dpkg does not know which one is meant where a package is there for several architectures. */
async function setStates(ctx: FunctionContext, names: readonly string[], state: string): Promise<ExecResult> {
  const known = new Set(Object.values(await selections(ctx)).flat())
  const native = nativeArchitecture(ctx)
  const full = names.map((one) => (native !== undefined && known.has(`${one}:${native}`) ? `${one}:${native}` : one))
  return ctx.exec(['dpkg', '--set-selections'], { stdin: full.map((one) => `${one} ${state}\n`).join('') })
}

/** Puts the packages into the state, whatever they were in before. */
export async function changeHolds(ctx: FunctionContext, names: readonly string[], state: string): Promise<void> {
  const result = await setStates(ctx, names, state)
  if (result.retcode !== 0) throw new SaltError('execution-failed', faultText(result))
}

function isTest(ctx: FunctionContext): boolean {
  return ctx.config.get('test') === true
}

/** `name state` lines, or a mapping of states to packages. */
function parseSelection(given: unknown): Selections {
  if (!isRecord(given))
    throw new SaltError('bad-arguments', 'The selection must be a mapping of states to lists of packages.')
  return Object.fromEntries(
    Object.entries(given).map(([state, names]) => [state, Array.isArray(names) ? names.map(String) : [String(names)]]),
  )
}

async function readSelections(ctx: FunctionContext, path: string, saltenv: string): Promise<Selections> {
  const local = path.startsWith('/') ? path : await ctx.salt('cp.cache_file', [path, saltenv])
  if (typeof local !== 'string' || local === '')
    throw new SaltError('execution-failed', `${path} could not be fetched.`)
  const found: Selections = {}
  for (const line of (await readFile(local, 'utf8')).split('\n')) {
    const [one, state] = line.trim().split(/\s+/)
    if (one === undefined || state === undefined || one.startsWith('#')) continue
    found[state] = [...(found[state] ?? []), one]
  }
  return found
}

export const selectionFunctions = {
  ...holdFunctions({
    normalize: normalizeName,
    async states(ctx) {
      const states = await currentStates(ctx)
      return (name) => states.get(name)
    },
    set: (ctx, name, hold) => setStates(ctx, [name], hold ? 'hold' : 'install'),
    released: 'install',
  }),
  list_holds: fn({
    doc: 'List the packages that are held.',
    returns: s.array(s.string()),
    examples: ["salt '*' pkg.list_holds"],
    run: async (ctx) => [...(await heldPackages(ctx))],
  }),
  get_selections: fn({
    doc: 'Show the packages by the state that dpkg wants them in.',
    args: {
      pattern: s.optional(s.string('Only packages that this shell-style pattern fits')),
      state: s.optional(s.string('Only this state: install, hold, deinstall or purge')),
    },
    returns: s.record(s.array(s.string()), 'State → packages'),
    examples: ["salt '*' pkg.get_selections", "salt '*' pkg.get_selections 'bas*' hold"],
    async run(ctx, { pattern, state }) {
      const found = await selections(ctx, pattern)
      if (state === undefined) return found
      return found[state] === undefined ? {} : { [state]: found[state] }
    },
  }),
  set_selections: fn({
    doc: 'Set the states that dpkg wants packages in, from a mapping or from a file as dpkg --get-selections prints it.',
    args: {
      path: s.optional(s.string('Path or URL of a file with a package and a state in each line')),
      selection: s.optional(s.record(s.any(), 'State → packages')),
      clear: s.withDefault(s.boolean('Forget all states first'), false),
      saltenv: s.withDefault(s.string('Environment of the file'), 'base'),
    },
    returns: s.record(s.any(), 'Name → `old` and `new` state'),
    examples: [
      "salt '*' pkg.set_selections selection='{hold: [bash]}'",
      "salt '*' pkg.set_selections salt://states.txt",
    ],
    run: (ctx, args) => setSelections(ctx, args),
  }),
}

async function setSelections(
  ctx: FunctionContext,
  given: { path?: string | undefined; selection?: unknown; clear: boolean; saltenv: string },
): Promise<SelectionChanges> {
  if (given.path === undefined && given.selection === undefined) return {}
  if (given.path !== undefined && given.selection !== undefined) {
    throw new SaltError(
      'bad-arguments',
      "The arguments 'selection' and 'path' of pkg.set_selections exclude each other.",
    )
  }
  const wanted =
    given.path === undefined ? parseSelection(given.selection) : await readSelections(ctx, given.path, given.saltenv)
  const bad = Object.keys(wanted).filter((state) => !states.includes(state))
  if (bad.length > 0) throw new SaltError('bad-arguments', `Invalid state(s): ${bad.join(', ')}`)
  if (given.clear && !isTest(ctx)) {
    const result = await ctx.exec(['dpkg', '--clear-selections'])
    if (result.retcode !== 0) {
      throw new SaltError('execution-failed', `dpkg --clear-selections failed: ${faultText(result)}`)
    }
  }
  const current = await currentStates(ctx)
  const changes: SelectionChanges = {}
  for (const [state, names] of Object.entries(wanted)) {
    const changed = names.filter((one) => current.get(one) !== state)
    if (changed.length === 0) continue
    if (!isTest(ctx)) await changeHolds(ctx, changed, state)
    for (const one of changed) changes[one] = { old: current.get(one) ?? null, new: state }
  }
  return changes
}
