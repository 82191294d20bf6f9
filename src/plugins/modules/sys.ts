import { type Schema, s } from '../../base/schema.ts'
import { compareText } from '../../base/text.ts'
import { argspecOf, argumentSchema, renderDoc } from '../../engine/functions/doc-text.ts'
import { type Catalogue, defineModule, type FunctionContext, fn } from '../../engine/plugin.ts'
import { allReturners, returnerDoc, returnerFunctions } from '../../engine/returners/returner-doc.ts'
import { matchGlob } from '../../engine/target/glob.ts'

/** Either kind of catalogue: only names and docs are read here. */
type Described = Pick<Catalogue, 'names' | 'availableNames' | 'describe' | 'moduleDoc'>

const names = s.string('Names of modules or functions, with shell-style patterns; all when there is none')

function moduleOf(name: string): string {
  return name.slice(0, name.indexOf('.'))
}

/** Functions that the words name: a module, a function, the beginning of one with a dot, or a pattern. */
async function select(catalogue: Described, words: readonly unknown[]): Promise<string[]> {
  return [...chosen(await catalogue.availableNames(), words)]
}

function chosen(all: readonly string[], words: readonly unknown[]): readonly string[] {
  return words.length === 0 ? all : all.filter((name) => words.some((word) => fits(name, String(word))))
}

function fits(name: string, word: string): boolean {
  if (/[*?[]/.test(word)) return matchGlob(word, name)
  return word.includes('.') ? name === word || (word.endsWith('.') && name.startsWith(word)) : moduleOf(name) === word
}

async function docs(catalogue: Described, words: readonly unknown[]): Promise<Record<string, string>> {
  const result: Record<string, string> = {}
  for (const name of await select(catalogue, words)) {
    const doc = await catalogue.describe(name)
    if (doc !== undefined) result[name] = renderDoc(name, doc)
  }
  return result
}

async function modules(catalogue: Described, words: readonly unknown[]): Promise<string[]> {
  const all = [...new Set((await catalogue.availableNames()).map(moduleOf))]
  return words.length === 0 ? all : all.filter((module) => words.some((word) => matchGlob(String(word), module)))
}

async function argspecs(catalogue: Described, word: string): Promise<Record<string, ReturnType<typeof argspecOf>>> {
  const result: Record<string, ReturnType<typeof argspecOf>> = {}
  for (const name of await select(catalogue, word === '' ? [] : [word])) {
    const doc = await catalogue.describe(name)
    if (doc !== undefined) result[name] = argspecOf(doc)
  }
  return result
}

/** Docs of states, and of a module that is named alone its own words, too. */
async function stateDocs(ctx: FunctionContext, words: readonly unknown[]): Promise<Record<string, string>> {
  const result: Record<string, string> = {}
  for (const module of await modules(ctx.states, words)) {
    const doc = await ctx.states.moduleDoc(module)
    if (doc !== undefined) result[module] = doc
  }
  for (const name of await select(ctx.states, words)) {
    const doc = await ctx.states.describe(name)
    if (doc !== undefined) result[name] = renderDoc(name, doc, 'Example')
  }
  return result
}

/** The arguments of each as a schema that other programs understand. */
async function schemas(catalogue: Described, word: string): Promise<Record<string, Schema>> {
  const result: Record<string, Schema> = {}
  for (const name of await select(catalogue, word === '' ? [] : [word])) {
    const doc = await catalogue.describe(name)
    if (doc !== undefined) result[name] = argumentSchema(doc)
  }
  return result
}

const docTexts = s.record(s.text(), 'Function → its documentation')
const specifications = s.record(s.any(), 'Function → its arguments, their defaults, and whether it takes more')
const specificationName = s.withDefault(s.string('A module, a function or a pattern; all when it is empty'), '')

/** Runs on the catalogue of the execution modules or of the runners. */
const runnersOf = (ctx: FunctionContext): Described => ctx.runners

export const sys = defineModule({
  name: 'sys',
  doc: 'Tells what this minion can do: functions, their arguments and their documentation.',
  functions: {
    doc: fn({
      doc: 'Show the documentation of functions.',
      rest: names,
      returns: docTexts,
      examples: [
        "salt '*' sys.doc",
        "salt '*' sys.doc test",
        "salt '*' sys.doc cmd.run test.ping",
        "salt '*' sys.doc 'test.arg*'",
      ],
      run: (ctx, _args, { rest }) => docs(ctx.functions, rest),
    }),
    argspec: fn({
      doc: 'Show the arguments of functions and their defaults.',
      args: { module: specificationName },
      returns: specifications,
      examples: ["salt '*' sys.argspec cmd.run", "salt '*' sys.argspec 'test.arg*'"],
      run: (ctx, { module }) => argspecs(ctx.functions, module),
    }),
    list_functions: fn({
      doc: 'List functions.',
      rest: names,
      returns: s.array(s.string()),
      examples: [
        "salt '*' sys.list_functions",
        "salt '*' sys.list_functions test",
        "salt '*' sys.list_functions 'sys.list_*'",
      ],
      run: (ctx, _args, { rest }) => select(ctx.functions, rest),
    }),
    list_modules: fn({
      doc: 'List execution modules.',
      rest: s.string('Shell-style patterns; all when there is none'),
      returns: s.array(s.string()),
      examples: ["salt '*' sys.list_modules", "salt '*' sys.list_modules 's*'"],
      run: (ctx, _args, { rest }) => modules(ctx.functions, rest),
    }),
    runner_doc: fn({
      doc: 'Show the documentation of runners.',
      rest: names,
      returns: docTexts,
      examples: ["salt '*' sys.runner_doc", "salt '*' sys.runner_doc manage.up"],
      run: (ctx, _args, { rest }) => docs(runnersOf(ctx), rest),
    }),
    runner_argspec: fn({
      doc: 'Show the arguments of runners and their defaults.',
      args: { module: specificationName },
      returns: specifications,
      examples: ["salt '*' sys.runner_argspec jobs"],
      run: (ctx, { module }) => argspecs(runnersOf(ctx), module),
    }),
    list_runners: fn({
      doc: 'List runner modules.',
      rest: s.string('Shell-style patterns; all when there is none'),
      returns: s.array(s.string()),
      examples: ["salt '*' sys.list_runners"],
      run: (ctx, _args, { rest }) => modules(runnersOf(ctx), rest),
    }),
    list_runner_functions: fn({
      doc: 'List the functions of runners.',
      rest: names,
      returns: s.array(s.string()),
      examples: ["salt '*' sys.list_runner_functions", "salt '*' sys.list_runner_functions jobs"],
      run: (ctx, _args, { rest }) => select(runnersOf(ctx), rest),
    }),
    state_doc: fn({
      doc: 'Show the documentation of states.',
      rest: names,
      returns: docTexts,
      examples: ["salt '*' sys.state_doc", "salt '*' sys.state_doc test", "salt '*' sys.state_doc test.nop"],
      run: (ctx, _args, { rest }) => stateDocs(ctx, rest),
    }),
    state_argspec: fn({
      doc: 'Show the arguments of states.',
      args: { module: specificationName },
      returns: specifications,
      examples: ["salt '*' sys.state_argspec test.nop"],
      run: (ctx, { module }) => argspecs(ctx.states, module),
    }),
    state_schema: fn({
      doc: 'Show the arguments of states as JSON Schema.',
      args: { module: specificationName },
      returns: s.record(s.any(), 'State → the schema of its arguments'),
      examples: ["salt '*' sys.state_schema test.nop"],
      run: (ctx, { module }) => schemas(ctx.states, module),
    }),
    list_state_modules: fn({
      doc: 'List the modules that have states.',
      rest: s.string('Shell-style patterns; all when there is none'),
      returns: s.array(s.string()),
      examples: ["salt '*' sys.list_state_modules", "salt '*' sys.list_state_modules 'te*'"],
      run: (ctx, _args, { rest }) => modules(ctx.states, rest),
    }),
    list_state_functions: fn({
      doc: 'List states.',
      rest: names,
      returns: s.array(s.string()),
      examples: ["salt '*' sys.list_state_functions", "salt '*' sys.list_state_functions test"],
      run: (ctx, _args, { rest }) => select(ctx.states, rest),
    }),
    returner_doc: fn({
      doc: 'Show the documentation of returners: what they do, and their options.',
      rest: names,
      returns: docTexts,
      examples: ["salt '*' sys.returner_doc", "salt '*' sys.returner_doc sqlite", "salt '*' sys.returner_doc 's*'"],
      async run(ctx, _args, { rest }) {
        const result: Record<string, string> = {}
        for (const definition of await allReturners(ctx.returners)) {
          const doc = returnerDoc(definition)
          for (const name of chosen(returnerFunctions(definition), rest)) result[name] = renderDoc(name, doc)
        }
        return result
      },
    }),
    list_returners: fn({
      doc: 'List returners.',
      rest: s.string('Shell-style patterns; all when there is none'),
      returns: s.array(s.string()),
      examples: ["salt '*' sys.list_returners", "salt '*' sys.list_returners 's*'"],
      run(ctx, _args, { rest }) {
        const all = Object.keys(ctx.returners).sort(compareText)
        return rest.length === 0 ? all : all.filter((name) => rest.some((word) => matchGlob(String(word), name)))
      },
    }),
    list_returner_functions: fn({
      doc:
        'List what returners take, by the names that Salt has for it: `returner` for returns, `event_return` for events, ' +
        '`save_load` for jobs.',
      rest: names,
      returns: s.array(s.string()),
      examples: ["salt '*' sys.list_returner_functions", "salt '*' sys.list_returner_functions sqlite"],
      async run(ctx, _args, { rest }) {
        const all = (await allReturners(ctx.returners)).flatMap(returnerFunctions)
        return [...chosen(all, rest)]
      },
    }),
    reload_modules: fn({
      doc: 'Load the user modules of this minion anew.',
      returns: s.boolean('Always true'),
      examples: ["salt '*' sys.reload_modules"],
      async run(ctx) {
        await ctx.services.refreshModules?.()
        return true
      },
    }),
  },
})
