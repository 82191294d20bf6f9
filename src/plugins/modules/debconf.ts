import { readFile } from 'node:fs/promises'
import { SaltError } from '../../base/errors.ts'
import { pythonString } from '../../base/python-repr.ts'
import { s } from '../../base/schema.ts'
import { faultText } from '../../engine/functions/packages/package-table.ts'
import { defineModule, type FunctionContext, fn } from '../../engine/plugin.ts'

/** Question, its type, and the answer. */
type Selection = [question: string, type: string, value: string]

/** Package → its selections, as `debconf-get-selections` prints them. */
function parseSelections(text: string, fetchEmpty: boolean): Record<string, Selection[]> {
  const found: Record<string, Selection[]> = {}
  for (const line of text.split('\n')) {
    if (line === '' || line.startsWith('#')) continue
    const [, owner, question, type, value = ''] = /^(\S+)\s+(\S+)\s+(\S+)(?:[ \t](.*))?$/.exec(line) ?? []
    if (owner === undefined || question === undefined || type === undefined) continue
    if (value !== '' || fetchEmpty) found[owner] = [...(found[owner] ?? []), [question, type, value]]
  }
  return found
}

async function selections(ctx: FunctionContext, fetchEmpty: boolean): Promise<Record<string, Selection[]>> {
  const { stdout } = await ctx.exec(['debconf-get-selections'])
  return parseSelections(stdout, fetchEmpty)
}

/** Answers may be secrets, so they go in through the standard input and never onto a command line. */
async function load(ctx: FunctionContext, lines: string): Promise<void> {
  const result = await ctx.exec(['debconf-set-selections'], { stdin: lines.endsWith('\n') ? lines : `${lines}\n` })
  if (result.retcode !== 0) throw new SaltError('execution-failed', `debconf-set-selections: ${faultText(result)}`)
}

/** Content of a file of this host or of the file server. */
async function contentOf(ctx: FunctionContext, path: string, saltenv: string): Promise<string> {
  const local = path.startsWith('/') ? path : await ctx.salt('cp.cache_file', [path, saltenv])
  if (typeof local !== 'string' || local === '')
    throw new SaltError('execution-failed', `${path} could not be fetched.`)
  return readFile(local, 'utf8')
}

const saltenv = s.withDefault(s.string('Environment of the file'), 'base')

export const debconf = defineModule({
  name: 'debconf',
  doc: 'Reads and sets the answers that packages of Debian ask for when they are installed.',
  available: ({ grains }) => grains.os_family === 'Debian' || 'the system is not of the Debian family',
  functions: {
    get_selections: fn({
      doc: 'Show all answers, package by package, each with its question and type.',
      args: { fetchempty: s.withDefault(s.boolean('Also questions without an answer'), true) },
      returns: s.record(s.array(s.array(s.string()))),
      examples: ["salt '*' debconf.get_selections"],
      run: (ctx, { fetchempty }) => selections(ctx, fetchempty),
    }),
    show: fn({
      doc: 'Show the answers for one package; null where there are none.',
      args: { name: s.string('Name of the package') },
      returns: s.union([s.array(s.array(s.string())), s.null()]),
      examples: ["salt '*' debconf.show postfix"],
      async run(ctx, { name }) {
        const found = await selections(ctx, true)
        return found[name] ?? null
      },
    }),
    set: fn({
      doc: 'Set the answer to a question of a package.',
      args: {
        package: s.string('Name of the package'),
        question: s.string('The question'),
        type: s.string('boolean, select, string, password, …'),
        value: s.any('The answer'),
      },
      rest: s.any('Further words of the answer'),
      returns: s.boolean(),
      examples: ["salt '*' debconf.set postfix postfix/mailname string mail.example.org"],
      async run(ctx, args, { rest }) {
        const value = [args.value, ...rest].map(answerText).join(' ')
        const line = [args.package, args.question, args.type, value].join(' ')
        if (/[\r\n]/.test(line)) throw new SaltError('bad-arguments', 'Answers for debconf are one line each.')
        await load(ctx, line)
        return true
      },
    }),
    set_file: fn({
      doc: 'Set answers from a file, as debconf-get-selections prints them.',
      args: { path: s.string('Path or URL of the file'), saltenv },
      extra: s.any('Further arguments, without effect here'),
      returns: s.boolean(),
      examples: ["salt '*' debconf.set_file salt://postfix.selections"],
      async run(ctx, args) {
        await load(ctx, await contentOf(ctx, args.path, args.saltenv))
        return true
      },
    }),
    set_template: fn({
      doc: 'Set answers from a template.',
      args: {
        path: s.string('Path or URL of the template'),
        template: s.string('Its language: jinja'),
        context: s.optional(s.record(s.any(), 'Variables for the template')),
        defaults: s.optional(s.record(s.any(), 'Variables where context has none')),
        saltenv,
      },
      extra: s.any('Further variables'),
      returns: s.boolean(),
      examples: ["salt '*' debconf.set_template salt://postfix.selections.jinja jinja"],
      async run(ctx, args, { extra }) {
        const further = Object.fromEntries(Object.entries(extra).filter(([key]) => !key.startsWith('__')))
        const path = await ctx.salt('cp.get_template', [args.path, ''], {
          template: args.template,
          saltenv: args.saltenv,
          context: { ...args.defaults, ...args.context, ...further },
        })
        if (typeof path !== 'string' || path === '')
          throw new SaltError('execution-failed', `${args.path} could not be rendered.`)
        await load(ctx, await readFile(path, 'utf8'))
        return true
      },
    }),
  },
})

/** debconf knows true and false in small letters only. */
function answerText(value: unknown): string {
  return typeof value === 'boolean' ? String(value) : pythonString(value)
}
