/** The modules that a file of the user's exports: described ones, or functions as they are, which the name of the file holds together. */
import { SaltError } from '../../base/errors.ts'
import { isRecord } from '../../base/narrow.ts'
import { type Schema, s } from '../../base/schema.ts'
import {
  type CheckedFunction,
  type CheckedKind,
  type CheckedModule,
  checkUserModule,
  type UserSource,
} from './user-module-check.ts'
import type { ThreadExports } from './user-thread.ts'

interface ExportedModule {
  /** What the thread knows it by: null for functions that are exported as they are. */
  readonly module: string | null
  readonly checked: CheckedModule
}

interface Form {
  readonly maker: string
  readonly noun: string
  readonly checkedAs: CheckedKind
  /** What a function that is exported as it is takes, whatever else it says. */
  readonly args: Readonly<Record<string, Schema>>
  /** What it takes beside where its author names no arguments. */
  readonly open: Readonly<Record<string, Schema>>
}

const any = s.any('Any argument')
const callable = { noun: 'Function', checkedAs: 'function', args: {}, open: { rest: any, extra: any } } as const

const forms = {
  modules: { ...callable, maker: 'no module: export const x = defineModule({ … })' },
  runners: { ...callable, maker: 'no runner: export const x = defineRunner({ … })' },
  states: {
    maker: 'no states: export const x = defineStates({ … })',
    noun: 'State',
    checkedAs: 'state',
    args: { name: s.string('What it is about') },
    open: { extra: any },
  },
} as const satisfies Record<string, Form>

type Exports = Pick<ThreadExports, 'modules' | 'plain' | 'doc'>

interface Definition<F> {
  readonly name: string
  readonly doc: string
  readonly functions: Readonly<Record<string, F>>
}

/** The same as plugins, of what `make` makes of each function. Throws `bad-arguments` with the line where the file is faulty. */
export function pluginsIn<F>(
  exports: Exports,
  source: UserSource,
  kind: keyof typeof forms,
  make: (module: string | null, fun: string, described: CheckedFunction, name: string) => F,
): Definition<F>[] {
  return exportedModules(exports, source, kind).map(({ module, checked: { name, doc, functions } }) => {
    const made = Object.entries(functions).map(([fun, described]) => [fun, make(module, fun, described, name)])
    return { name, doc, functions: Object.fromEntries(made) }
  })
}

function exportedModules(
  { modules, plain, doc }: Exports,
  source: UserSource,
  kind: keyof typeof forms,
): ExportedModule[] {
  const { maker, noun, checkedAs, args, open } = forms[kind]
  if (modules.length > 0) {
    return modules.map((exported) => {
      const checked = checkUserModule(exported, source, checkedAs)
      return { module: checked.name, checked }
    })
  }
  if (Object.keys(plain).length === 0) {
    throw new SaltError('bad-arguments', `The file exports ${maker}, or functions.`, { where: source.file })
  }
  const name = source.file.replace(/^.*\//, '').replace(/\.[a-z]+$/, '')
  const functions = Object.entries(plain).map(([fun, facts]) => {
    const given = isRecord(facts) ? facts : {}
    const own = isRecord(given.args) ? given.args : {}
    return [
      fun,
      {
        doc: `${noun} of the file ${name}.`,
        ...(given.args === undefined ? open : {}),
        ...given,
        args: { ...args, ...own },
        runnable: true,
      },
    ]
  })
  const exported = { name, doc: doc ?? `${noun}s of the user.`, functions: Object.fromEntries(functions) }
  return [{ module: null, checked: checkUserModule(exported, source, checkedAs) }]
}
