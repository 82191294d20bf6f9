import { asSaltError } from '../../base/errors.ts'
import { s } from '../../base/schema.ts'
import type { ServedFiles } from '../../engine/files/served-files.ts'
import { defineRunner, type RunnerContext, type RunnerFunctionDefinition, runnerFn } from '../../engine/plugin.ts'

const list = s.union([s.string(), s.array(s.string())])
const backend = s.optional({
  ...list,
  description: 'Backends, as a list or with commas between them; all when left out',
})
const saltenv = s.withDefault(s.string('The environment'), 'base')
const remote = s.optional({ ...list, description: 'Globs for names or addresses of git remotes; all when left out' })
const names = s.array(s.string())

type Listed = string | readonly string[] | undefined

function listed(value: Listed): readonly string[] | undefined {
  if (value === undefined) return undefined
  return typeof value === 'string' ? value.split(',').map((item) => item.trim()) : value
}

function showing(
  what: string,
  doc: string,
  find: (files: ServedFiles, saltenv: string) => Promise<readonly string[]>,
): RunnerFunctionDefinition {
  return runnerFn({
    doc,
    args: { saltenv, backend },
    returns: names,
    examples: [`salt run fileserver.${what}`, `salt run fileserver.${what} saltenv=dev backend=git`],
    run: async (ctx, args) => [...(await find(ctx.files.only(listed(args.backend)), args.saltenv))],
  })
}

interface Chosen {
  readonly backend?: Listed
  readonly remote?: Listed
}

type Remotes = Awaited<ReturnType<RunnerContext['files']['remotes']>>

/** Does something with each remote; the addresses of those with which it was done, and what went wrong. */
async function withRemotes(
  { files }: RunnerContext,
  { backend: wanted, remote: globs }: Chosen,
  work: (remote: Remotes[number]) => Promise<boolean>,
): Promise<{ readonly done: string[]; readonly errors: string[] }> {
  const done: string[] = []
  const errors: string[] = []
  for (const one of await files.remotes(listed(wanted), listed(globs))) {
    try {
      if (await work(one)) done.push(one.repository.address)
    } catch (error) {
      errors.push(`${one.repository.address}: ${asSaltError(error).message}`)
    }
  }
  return { done, errors }
}

function shown(label: string, none: string, { done, errors }: Awaited<ReturnType<typeof withRemotes>>): unknown {
  if (done.length === 0 && errors.length === 0) return none
  return { ...(done.length > 0 ? { [label]: done } : {}), ...(errors.length > 0 ? { errors } : {}) }
}

const outcome = s.any('What was done, and what went wrong')

export const fileserver = defineRunner({
  name: 'fileserver',
  doc: 'Shows and manages the file server of the master.',
  functions: {
    envs: runnerFn({
      doc: 'List the environments.',
      args: { backend, sources: s.withDefault(s.boolean('Tell which backend has which'), false) },
      returns: s.any('Names; with sources, names by backend'),
      examples: ['salt run fileserver.envs', 'salt run fileserver.envs backend=git'],
      async run({ files }, args) {
        const chosen = listed(args.backend)
        if (!args.sources) return [...(await files.only(chosen).environments())]
        const each = (chosen ?? files.backends).map(async (name) => [name, await files.only([name]).environments()])
        return Object.fromEntries(await Promise.all(each))
      },
    }),
    file_list: showing(
      'file_list',
      'List the files of an environment.',
      async (files, env) => (await files.names(env)).files,
    ),
    dir_list: showing(
      'dir_list',
      'List the folders of an environment.',
      async (files, env) => (await files.names(env)).folders,
    ),
    empty_dir_list: showing(
      'empty_dir_list',
      'List the folders of an environment that hold nothing.',
      async (files, env) => {
        const all = await files.names(env)
        const filled = [...all.files, ...all.folders, ...Object.keys(all.links)]
        return all.folders.filter((folder) => !filled.some((path) => path.startsWith(`${folder}/`)))
      },
    ),
    symlink_list: runnerFn({
      doc: 'List the symbolic links of an environment.',
      args: { saltenv, backend },
      returns: s.record(s.string(), 'Link → where it leads'),
      examples: ['salt run fileserver.symlink_list', 'salt run fileserver.symlink_list saltenv=dev'],
      run: async ({ files }, args) => ({ ...(await files.only(listed(args.backend)).names(args.saltenv)).links }),
    }),
    update: runnerFn({
      doc: 'Bring what is new of the git remotes.',
      args: { backend, remotes: remote },
      returns: s.boolean('False where one of them could not be reached'),
      examples: ['salt run fileserver.update', "salt run fileserver.update git remotes='*formulas*'"],
      async run(ctx, args) {
        const { errors } = await withRemotes(ctx, { backend: args.backend, remote: args.remotes }, async (one) => {
          await one.update()
          return true
        })
        for (const error of errors) ctx.log.error('a git remote cannot be updated', { reason: error })
        if (errors.length > 0) ctx.progress(errors, { outputter: 'nested' })
        return errors.length === 0
      },
    }),
    clear_cache: runnerFn({
      doc: 'Remove the mirrors of git remotes: they are fetched anew when somebody asks for a file.',
      args: { backend },
      returns: outcome,
      examples: ['salt run fileserver.clear_cache', 'salt run fileserver.clear_cache backend=git'],
      async run(ctx, args) {
        const result = await withRemotes(ctx, { backend: args.backend }, (remote) => remote.clear())
        return shown('cleared', 'No cache was cleared', result)
      },
    }),
    clear_file_list_cache: runnerFn({
      doc: 'Accepted: lists of files are not cached.',
      args: { saltenv: s.optional(s.any('Accepted, and without effect here')), backend },
      returns: s.record(s.any(), 'Always empty'),
      examples: ['salt run fileserver.clear_file_list_cache'],
      run: () => ({}),
    }),
    clear_lock: runnerFn({
      doc: 'Take away locks of git remotes: those of fileserver.lock, and those that a git that was killed has left.',
      args: { backend, remote },
      returns: outcome,
      examples: ['salt run fileserver.clear_lock', "salt run fileserver.clear_lock git remote='*formulas*'"],
      run: async (ctx, args) =>
        shown(
          'cleared',
          'No locks were removed',
          await withRemotes(ctx, args, ({ repository }) => repository.unlock()),
        ),
    }),
    lock: runnerFn({
      doc: 'Keep git remotes as they are, until fileserver.clear_lock.',
      args: { backend, remote },
      returns: outcome,
      examples: ['salt run fileserver.lock', "salt run fileserver.lock git remote='*formulas*'"],
      run: async (ctx, args) =>
        shown('locked', 'No locks were set', await withRemotes(ctx, args, ({ repository }) => repository.lock())),
    }),
  },
})
