import { s } from '../../base/schema.ts'
import { defineStates, type StateContext, state } from '../../engine/plugin.ts'
import { done, failed, pending, right, type StateOutcome, type StatePlan } from '../../engine/state/plan.ts'

interface Wishes {
  readonly name: string
  readonly persist: boolean
  readonly mods: readonly string[] | undefined
}

interface Words {
  /** Behind "Kernel module … is" where nothing is to do. */
  readonly already: string
  readonly will: string
  readonly did: string
  readonly fails: string
  readonly change: string
}

const loading: Words = { already: 'present', will: 'loaded', did: 'Loaded', fails: 'load', change: 'loaded' }
const removing: Words = { already: 'removed', will: 'removed', did: 'Removed', fails: 'remove', change: 'removed' }

async function names(ctx: StateContext, onlyPersist: boolean): Promise<string[]> {
  const found = await ctx.salt('kmod.mod_list', [onlyPersist])
  return Array.isArray(found) ? found.map(String) : []
}

/** What the kernel calls a module whose file has dashes in its name. */
function isAmong(list: readonly string[], name: string): boolean {
  return list.includes(name) || list.includes(name.replaceAll('-', '_'))
}

function modules(list: readonly string[], one: string, many: string): string[] {
  if (list.length === 0) return []
  return [list.length === 1 ? `Kernel module ${list[0]} is ${one}` : `Kernel modules ${list.join(', ')} are ${many}`]
}

async function planPresent(ctx: StateContext, want: Wishes): Promise<StatePlan> {
  const wanted = want.mods ?? [want.name]
  const loaded = await names(ctx, false)
  const kept = want.persist ? await names(ctx, true) : loaded
  const already = wanted.filter((mod) => isAmong(loaded, mod) && isAmong(kept, mod))
  return planned(ctx, {
    wanted,
    already,
    words: loading,
    act: (mod) => ctx.salt('kmod.load', [mod, want.persist]),
  })
}

async function planAbsent(ctx: StateContext, want: Wishes & { readonly comment: boolean }): Promise<StatePlan> {
  const wanted = want.mods ?? [want.name]
  const loaded = await names(ctx, false)
  const kept = want.persist ? await names(ctx, true) : []
  const already = wanted.filter((mod) => !isAmong(loaded, mod) && !isAmong(kept, mod))
  const act = (mod: string) => ctx.salt('kmod.remove', [mod, want.persist, want.comment])
  return planned(ctx, { wanted, already, words: removing, act })
}

interface Work {
  readonly wanted: readonly string[]
  readonly already: readonly string[]
  readonly words: Words
  act(mod: string): Promise<unknown>
}

function planned(ctx: StateContext, work: Work): StatePlan {
  const { wanted, already, words } = work
  const before = modules(already, `already ${words.already}`, `already ${words.already}`)
  if (already.length === wanted.length) return right(before.join('\n'))
  const left = wanted.filter((mod) => !already.includes(mod))
  return pending({
    comment: [...before, ...modules(left, `set to be ${words.will}`, `set to be ${words.will}`)].join('\n'),
    changes: {},
    apply: () => change(ctx, work, left, before),
  })
}

async function change(
  ctx: StateContext,
  { words, act }: Work,
  left: readonly string[],
  before: readonly string[],
): Promise<StateOutcome> {
  const available = words === loading ? await ctx.salt('kmod.available') : undefined
  const unavailable = Array.isArray(available) ? left.filter((mod) => !isAmong(available.map(String), mod)) : []
  const changes: Record<string, string> = {}
  const well: string[] = []
  const comments = [...before, ...modules(unavailable, 'unavailable', 'unavailable')]
  const lost: string[] = []
  for (const mod of left.filter((one) => !unavailable.includes(one))) {
    // Another module may have brought it.
    const answer = isAmong(Object.keys(changes), mod) ? [mod] : await act(mod)
    if (Array.isArray(answer) && answer.length > 0) {
      for (const one of answer) changes[String(one)] = words.change
      well.push(mod)
    } else lost.push(`Failed to ${words.fails} kernel module ${mod}${typeof answer === 'string' ? `: ${answer}` : ''}`)
  }
  if (well.length > 0) comments.push(`${words.did} kernel module${well.length === 1 ? '' : 's'} ${well.join(', ')}`)
  const isWell = unavailable.length === 0 && lost.length === 0
  return (isWell ? done : failed)([...comments, ...lost].join('\n'), changes)
}

const args = {
  name: s.string('Name of the module'),
  persist: s.withDefault(s.boolean('Also at every boot'), false),
  mods: s.optional(s.array(s.string(), 'Several modules; name is then ignored')),
}

export const kmod = defineStates({
  name: 'kmod',
  doc: 'Loads and removes modules of the kernel.',
  functions: {
    present: state({
      doc: 'Let modules of the kernel be loaded.',
      args,
      examples: ['br_netfilter:\n  kmod.present:\n    - persist: true'],
      plan: planPresent,
    }),
    absent: state({
      doc: 'Let modules of the kernel not be loaded.',
      args: {
        ...args,
        comment: s.withDefault(s.boolean('Comment out what loads them at boot, rather than remove it'), true),
      },
      examples: ['pcspkr:\n  kmod.absent:\n    - persist: true'],
      plan: planAbsent,
    }),
  },
})
