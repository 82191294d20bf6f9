import { lstatSync, readlinkSync } from 'node:fs'
import { SaltError } from '../../base/errors.ts'
import { readFileIfExists } from '../../base/files.ts'
import { s } from '../../base/schema.ts'
import { defineModule, type ExecResult, type FunctionContext, fn } from '../../engine/plugin.ts'

const name = s.string('Name of the group of alternatives, such as editor')
const path = s.path('Path of an alternative')

function program(ctx: FunctionContext): string {
  return ctx.grains.os_family === 'RedHat' ? 'alternatives' : 'update-alternatives'
}

function run(ctx: FunctionContext, argv: readonly string[]): Promise<ExecResult> {
  return ctx.exec([program(ctx), ...argv])
}

/** Where the program keeps what it knows, a file for each group. */
const databases: Readonly<Record<string, string>> = {
  RedHat: '/var/lib/alternatives',
  Suse: '/var/lib/rpm/alternatives',
}

/** What the program says about a change: its errors where it failed. */
async function change(ctx: FunctionContext, argv: readonly string[]): Promise<string> {
  const result = await run(ctx, argv)
  ctx.setRetcode(result.retcode)
  return result.retcode !== 0 && result.stderr !== '' ? result.stderr.trimEnd() : result.stdout.trimEnd()
}

function linkTarget(ctx: FunctionContext, link: string): string | undefined {
  const status = lstatSync(ctx.at(link), { throwIfNoEntry: false })
  return status?.isSymbolicLink() === true ? readlinkSync(ctx.at(link)) : undefined
}

/** The paths of a group, as its display names them. */
async function alternativesOf(ctx: FunctionContext, group: string): Promise<string[]> {
  const { stdout } = await run(ctx, ['--display', group])
  return [...stdout.matchAll(/^(\/.*?) - (?:family \S+ )?priority -?\d+/gm)].map(([, found = '']) => found)
}

export const alternatives = defineModule({
  name: 'alternatives',
  doc: 'Chooses among programs that serve the same purpose: update-alternatives, or alternatives of Red Hat.',
  available: ({ grains }) =>
    ['RedHat', 'Suse', 'Debian'].includes(String(grains.os_family)) ||
    'only Debian, Red Hat, SUSE and their families have alternatives',
  functions: {
    display: fn({
      doc: 'Show what the program tells about a group.',
      args: { name },
      returns: s.text(),
      examples: ["salt '*' alternatives.display awk"],
      async run(ctx, args) {
        const result = await run(ctx, ['--display', args.name])
        return result.retcode > 0 && result.stderr !== '' ? result.stderr.trimEnd() : result.stdout.trimEnd()
      },
    }),
    list: fn({
      doc: 'List the alternatives of a group.',
      args: { name },
      returns: s.array(s.path()),
      examples: ["salt '*' alternatives.list awk"],
      run: (ctx, args) => alternativesOf(ctx, args.name),
    }),
    show_link: fn({
      doc: 'Show the link that a group is used by; false where there is no such group.',
      args: { name },
      returns: s.union([s.path(), s.boolean()]),
      examples: ["salt '*' alternatives.show_link awk"],
      run(ctx, args) {
        const folder = databases[String(ctx.grains.os_family)] ?? '/var/lib/dpkg/alternatives'
        // The state of the group, then the link.
        return readFileIfExists(ctx.at(`${folder}/${args.name}`))?.split('\n')[1] || false
      },
    }),
    show_current: fn({
      doc: 'Show the alternative that is in use; false where there is no such group.',
      args: { name },
      returns: s.union([s.path(), s.boolean()]),
      examples: ["salt '*' alternatives.show_current awk"],
      run: (ctx, args) => linkTarget(ctx, `/etc/alternatives/${args.name}`) ?? false,
    }),
    check_exists: fn({
      doc: 'Tell whether a path is one of the alternatives of a group.',
      args: { name, path },
      returns: s.boolean(),
      examples: ["salt '*' alternatives.check_exists awk /usr/bin/mawk"],
      run: async (ctx, args) => (await alternativesOf(ctx, args.name)).includes(args.path),
    }),
    check_installed: fn({
      doc: 'Tell whether a path is the alternative that is in use.',
      args: { name, path },
      returns: s.boolean(),
      examples: ["salt '*' alternatives.check_installed awk /usr/bin/mawk"],
      run: (ctx, args) => linkTarget(ctx, `/etc/alternatives/${args.name}`) === args.path,
    }),
    install: fn({
      doc: 'Make a path an alternative of a group, with a priority.',
      args: {
        name,
        link: s.path('Link that the group is used by'),
        path,
        priority: s.integer('Greater numbers come first'),
      },
      returns: s.text(),
      examples: ["salt '*' alternatives.install editor /usr/bin/editor /usr/bin/emacs23 50"],
      run: (ctx, args) => change(ctx, ['--install', args.link, args.name, args.path, String(args.priority)]),
    }),
    remove: fn({
      doc: 'Take a path out of the alternatives of a group.',
      args: { name, path },
      returns: s.text(),
      examples: ["salt '*' alternatives.remove editor /usr/bin/emacs23"],
      run: (ctx, args) => change(ctx, ['--remove', args.name, args.path]),
    }),
    auto: fn({
      doc: 'Let the alternative with the greatest priority be used.',
      args: { name },
      returns: s.text(),
      examples: ["salt '*' alternatives.auto editor"],
      run: (ctx, args) => change(ctx, ['--auto', args.name]),
    }),
    set: fn({
      doc: 'Let one alternative be used, whatever the priorities.',
      args: { name, path },
      returns: s.text(),
      examples: ["salt '*' alternatives.set editor /usr/bin/vim.basic"],
      run: (ctx, args) => change(ctx, ['--set', args.name, args.path]),
    }),
    config: fn({
      doc: 'Choose by the number that update-alternatives --config shows; 0 is the automatic choice.',
      args: { name, choice: s.optional(s.integer('The number; without it the choices are shown', { minimum: 0 })) },
      returns: s.union([s.text(), s.record(s.path())]),
      examples: ["salt '*' alternatives.config awk", "salt '*' alternatives.config awk choice=0"],
      async run(ctx, args) {
        const choices = await alternativesOf(ctx, args.name)
        if (choices.length === 0) throw new SaltError('execution-failed', `There are no alternatives for ${args.name}.`)
        if (args.choice === undefined) return Object.fromEntries(choices.map((one, index) => [String(index + 1), one]))
        if (args.choice === 0) return change(ctx, ['--auto', args.name])
        const chosen = choices[args.choice - 1]
        if (chosen === undefined) throw new SaltError('bad-arguments', `The choices are 0 to ${choices.length}.`)
        return change(ctx, ['--set', args.name, chosen])
      },
    }),
  },
})
