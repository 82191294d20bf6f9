/** `file.find`: the paths below a folder that meet criteria, and what is done with them. */
import * as fs from 'node:fs'
import { pythonString } from '../../../base/python-repr.ts'
import { s } from '../../../base/schema.ts'
import { compareText } from '../../../base/text.ts'
import { groupName, userName } from '../../../engine/functions/accounts.ts'
import { type FunctionContext, fn } from '../../../engine/plugin.ts'
import { splitShellWords } from '../cmd/shell-words.ts'
import {
  type Criterion,
  criteria,
  type FoundPath,
  OptionError,
  optionText,
  typeCriterion,
  typeLetter,
} from './find-options.ts'
import { hashOf } from './hash.ts'
import { expandUser, globPaths, joinPath, splitPath } from './paths.ts'

type Action = (found: FoundPath) => Promise<unknown>

interface Search {
  readonly criteria: readonly Criterion[]
  readonly actions: readonly Action[]
  readonly least: number
  readonly most: number
}

/** Depths, a test run, and actions are no criteria. */
const others = ['maxdepth', 'mindepth', 'test', 'print', 'delete', 'exec']

function searchOf(ctx: FunctionContext, options: Readonly<Record<string, unknown>>): Search {
  const given = Object.entries(options).filter(([name]) => !name.startsWith('_'))
  for (const [name] of given) {
    if (!others.includes(name) && criteria[name] === undefined) throw new OptionError(`invalid option "${name}"`)
  }
  const test = options.test === true
  const actions: Action[] = []
  const tests: Criterion[] = Object.entries(criteria).flatMap(([name, make]) =>
    Object.hasOwn(options, name) ? [make(optionText(name, options[name]))] : [],
  )
  for (const [name, value] of given) {
    if (name === 'print') actions.push(printing(optionText(name, value)))
    if (name === 'exec') actions.push(running(ctx, optionText(name, value)))
    if (name !== 'delete') continue
    tests.push(typeCriterion(optionText(name, value)))
    actions.push(test ? async ({ path }) => path : deleting)
  }
  if (actions.length === 0) actions.push(printing('path'))
  return {
    criteria: tests,
    actions,
    least: depth(options.mindepth, 0),
    most: depth(options.maxdepth, Number.MAX_VALUE),
  }
}

function depth(value: unknown, otherwise: number): number {
  if (value === undefined || value === null) return otherwise
  const number = Number(value)
  if (!Number.isFinite(number)) throw new OptionError(`invalid depth: ${pythonString(value)}`)
  return number
}

function printing(value: string): Action {
  const names = value.split(/[\s,]+/).filter((name) => name !== '')
  return async (found) => {
    const parts: unknown[] = []
    for (const name of names) if (Object.hasOwn(facts, name)) parts.push(await facts[name]?.(found))
    return parts.length === 1 ? parts[0] : parts
  }
}

const facts: Readonly<Record<string, (found: FoundPath) => unknown>> = {
  path: ({ path }) => path,
  name: ({ name }) => name,
  size: ({ status }) => Number(status.size),
  type: typeLetter,
  mode: ({ status }) => Number(status.mode) & 0o777,
  mtime: ({ status }) => Math.trunc(Number(status.mtimeMs) / 1000),
  user: ({ status }) => userName(Number(status.uid)) ?? Number(status.uid),
  group: ({ status }) => groupName(Number(status.gid)) ?? Number(status.gid),
  md5: ({ path, status }) => (status.isFile() ? hashOf(path, 'md5') : ''),
}

async function deleting({ path, isLink }: FoundPath): Promise<string | null> {
  try {
    await fs.promises.rm(path, isLink ? {} : { recursive: true })
    return path
  } catch {
    return null
  }
}

/** Runs a command for each path, which stands where `{}` is. */
function running(ctx: FunctionContext, command: string): Action {
  const words = splitShellWords(command)
  return async ({ path }) => {
    const { stderr } = await ctx.exec(words.map((word) => word.replaceAll('{}', path)))
    if (stderr !== '') ctx.log.error('A command of file.find says', { path, stderr: stderr.trimEnd() })
    return path
  }
}

async function look(path: string): Promise<FoundPath | undefined> {
  try {
    const itself = await fs.promises.lstat(path, { bigint: true })
    const isLink = itself.isSymbolicLink()
    const status = isLink ? await fs.promises.stat(path, { bigint: true }).catch(() => itself) : itself
    return { path, name: splitPath(path)[1], status, isLink }
  } catch {
    // It went away meanwhile.
    return undefined
  }
}

async function* below(root: string, search: Search, signal: AbortSignal): AsyncGenerator<FoundPath> {
  const open = [{ path: root, depth: 0 }]
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    signal.throwIfAborted()
    const found = await look(next.path)
    if (found === undefined) continue
    // Listed before an action can remove the folder.
    const names =
      found.status.isDirectory() && (next.depth === 0 || !found.isLink) && next.depth < search.most
        ? await fs.promises.readdir(next.path).catch(() => [])
        : []
    for (const name of names) open.push({ path: joinPath(next.path, name), depth: next.depth + 1 })
    if (next.depth >= search.least) yield found
  }
}

function inOrder(a: unknown, b: unknown): number {
  if (Array.isArray(a) && Array.isArray(b)) {
    for (const [index, one] of a.entries()) {
      const order = inOrder(one, b[index])
      if (order !== 0) return order
    }
    return 0
  }
  if (typeof a === 'number' && typeof b === 'number') return a - b
  return compareText(pythonString(a), pythonString(b))
}

export const findFunctions = {
  find: fn({
    doc: 'Find paths below a folder, much as find(1) does, and list them or do something with them.',
    args: { path: s.path('The folder, or a pattern of folders') },
    rest: s.any('`delete` or `print`: as the option of that name'),
    extra: s.any(
      'name, iname: pattern of the name; regex, iregex: expression for it; type: any of abcdflps; owner, group: names or ids; ' +
        'size: [+-]number[bkmgt]; mtime: [+-] and a time such as 1w2d3h; grep: expression for the content; mindepth, maxdepth; ' +
        'print: any of group, md5, mode, mtime, name, path, size, type, user; delete: types; exec: a command with {}; test',
    ),
    returns: s.union([s.array(s.any()), s.string()], 'What was found, or what is wrong with an option'),
    examples: [
      `salt '*' file.find /etc type=f name='*.conf' maxdepth=1`,
      `salt '*' file.find /etc mtime=+30d size=+10k maxdepth=1 print=path,size,mtime`,
    ],
    async run(ctx, args, { rest, extra }) {
      const added = rest.includes('delete') ? { delete: 'f' } : rest.includes('print') ? { print: 'path' } : {}
      let search: Search
      try {
        search = searchOf(ctx, { ...extra, ...added })
      } catch (error) {
        if (error instanceof OptionError) return `error: ${error.message}`
        throw error
      }
      const results: unknown[] = []
      for (const root of globPaths(expandUser(args.path))) {
        for await (const found of below(root, search, ctx.signal)) {
          if (!search.criteria.every((criterion) => criterion(found))) continue
          for (const action of search.actions) {
            const result = await action(found)
            if (result !== null) results.push(result)
          }
        }
      }
      return results.sort(inOrder)
    },
  }),
}
