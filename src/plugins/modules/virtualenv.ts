import { statSync } from 'node:fs'
import { join } from 'node:path'
import { SaltError } from '../../base/errors.ts'
import { s } from '../../base/schema.ts'
import { complaintOf, runIfInstalled } from '../../engine/functions/host-programs.ts'
import { defineModule, type ExecOptions, type FunctionContext, fn } from '../../engine/plugin.ts'

const venv = s.path('The virtual environment')
const distribution = s.string('Name of an installed package')
const packageName = s.string('Name of a module that can be imported')
const resource = s.path('Path of a file, relative to the module')

interface CreateArguments {
  readonly path: string
  readonly venv_bin?: string | undefined
  readonly system_site_packages: boolean
  readonly clear: boolean
  readonly python?: string | undefined
  readonly extra_search_dir?: readonly string[] | string | undefined
  readonly never_download?: boolean | undefined
  readonly prompt?: string | undefined
  readonly symlinks?: boolean | undefined
  readonly upgrade?: boolean | undefined
  readonly user?: string | undefined
}

/** The words that start the program: virtualenv where there is one, or the module venv of Python. */
async function programOf(ctx: FunctionContext, args: CreateArguments): Promise<readonly string[]> {
  const configured = args.venv_bin ?? ctx.config.get('venv_bin')
  if (typeof configured === 'string' && configured !== '') {
    return configured === 'venv' || configured === 'pyvenv' ? venvOf(args) : [configured]
  }
  const version = await runIfInstalled(ctx, ['virtualenv', '--version'])
  return version?.retcode === 0 ? ['virtualenv'] : venvOf(args)
}

function venvOf({ python }: CreateArguments): readonly string[] {
  return [python ?? 'python3', '-m', 'venv']
}

/** Throws `bad-arguments` for options that the program does not have. */
function optionsOf(args: CreateArguments, isVenv: boolean): string[] {
  const { extra_search_dir: folders = [], never_download: offline = false } = args
  const searched = typeof folders === 'string' ? folders.split(',') : folders
  const refused = isVenv
    ? [...(searched.length === 0 ? [] : ['extra_search_dir']), ...(offline ? ['never_download'] : [])]
    : [...(args.symlinks === true ? ['symlinks'] : []), ...(args.upgrade === true ? ['upgrade'] : [])]
  const [first] = refused
  if (first !== undefined) {
    const program = isVenv ? 'venv' : 'virtualenv'
    throw new SaltError('bad-arguments', `The \`${first}\` option is not supported by '${program}'`)
  }
  return [
    ...(isVenv || args.python === undefined ? [] : [`--python=${args.python}`]),
    ...searched.map((folder) => `--extra-search-dir=${folder}`),
    ...(offline ? ['--no-download'] : []),
    ...(args.prompt === undefined ? [] : [`--prompt=${args.prompt}`]),
    ...(args.symlinks === true ? ['--symlinks'] : []),
    ...(args.upgrade === true ? ['--upgrade'] : []),
    ...(args.clear ? ['--clear'] : []),
    ...(args.system_site_packages ? ['--system-site-packages'] : []),
  ]
}

/** Runs a program of ours in the Python of an environment; its arguments go in as words. */
async function askPython(ctx: FunctionContext, place: string, code: string, ...words: readonly string[]) {
  const python = join(place, 'bin/python')
  if (statSync(ctx.at(python), { throwIfNoEntry: false }) === undefined) {
    throw new SaltError('execution-failed', `Path does not appear to be a virtualenv: '${place}'`)
  }
  const argv = [python, '-c', code, ...words]
  const result = await ctx.exec(argv)
  if (result.retcode !== 0) throw new SaltError('execution-failed', complaintOf([python], result))
  return result.stdout.replace(/\n$/, '')
}

const sitePackages = "import sysconfig; print(sysconfig.get_path('purelib'))"
const distributionPath = "import importlib.metadata as m, sys; print(m.distribution(sys.argv[1]).locate_file(''))"
const resourcePath =
  'import importlib.util as u, os, sys; p = u.find_spec(sys.argv[1]); ' +
  "p or sys.exit('No module named ' + sys.argv[1]); print(os.path.join(os.path.dirname(p.origin), sys.argv[2]))"
const resourceContent =
  'import pkgutil, sys; sys.stdout.buffer.write(pkgutil.get_data(sys.argv[1], sys.argv[2]) or b"")'

export const virtualenv = defineModule({
  name: 'virtualenv',
  doc: 'Makes virtual environments of Python, and looks into them.',
  functions: {
    create: fn({
      doc: 'Make a virtual environment, with virtualenv where that is installed, or with the venv of Python.',
      args: {
        path: s.path('Folder of the environment'),
        venv_bin: s.optional(
          s.string('Program to make it with, venv for that of Python; venv_bin of the minion by default'),
        ),
        system_site_packages: s.withDefault(s.boolean('Let it see the packages of the system'), false),
        distribute: s.withDefault(s.boolean('Accepted, and without effect here'), false),
        clear: s.withDefault(s.boolean('Empty the folder first'), false),
        python: s.optional(s.string('The Python to make it for')),
        extra_search_dir: s.optional(s.union([s.array(s.string()), s.string()], 'More folders to look for wheels in')),
        never_download: s.optional(s.boolean('Do not fetch anything')),
        prompt: s.optional(s.string('What the shell shows when the environment is active')),
        pip: s.withDefault(s.boolean('Accepted, and without effect here: pip is always there'), false),
        symlinks: s.optional(s.boolean('Link to the files of Python instead of copying them')),
        upgrade: s.optional(s.boolean('Take over a newer Python')),
        user: s.optional(s.string('User to make it as')),
        use_vt: s.withDefault(s.boolean('Accepted, and without effect here'), false),
      },
      extra: s.any('Further arguments, without effect here'),
      returns: s.object({ pid: s.integer(), retcode: s.integer(), stdout: s.text(), stderr: s.text() }),
      examples: [
        "salt '*' virtualenv.create /srv/app/venv",
        "salt '*' virtualenv.create /srv/venv venv_bin=venv clear=true",
      ],
      async run(ctx, args) {
        const program = await programOf(ctx, args)
        const isVenv = program.at(-1) === 'venv'
        const options: ExecOptions = args.user === undefined ? {} : { runas: args.user }
        const result = await ctx.exec([...program, ...optionsOf(args, isVenv), args.path], options)
        if (result.retcode !== 0) ctx.setRetcode(result.retcode)
        const { pid, retcode, stdout, stderr } = result
        return { pid, retcode, stdout: stdout.trimEnd(), stderr: stderr.trimEnd() }
      },
    }),
    get_site_packages: fn({
      doc: 'Tell where the packages of an environment lie.',
      args: { venv },
      returns: s.path(),
      examples: ["salt '*' virtualenv.get_site_packages /srv/app/venv"],
      run: (ctx, args) => askPython(ctx, args.venv, sitePackages),
    }),
    get_distribution_path: fn({
      doc: 'Tell where an installed package lies.',
      args: { venv, distribution },
      returns: s.path(),
      examples: ["salt '*' virtualenv.get_distribution_path /srv/app/venv flask"],
      run: (ctx, args) => askPython(ctx, args.venv, distributionPath, args.distribution),
    }),
    get_resource_path: fn({
      doc: 'Tell where a file of a module lies.',
      args: { venv, package: packageName, resource },
      returns: s.path(),
      examples: ["salt '*' virtualenv.get_resource_path /srv/app/venv flask py.typed"],
      run: (ctx, args) => askPython(ctx, args.venv, resourcePath, args.package, args.resource),
    }),
    get_resource_content: fn({
      doc: 'Show the content of a file of a module.',
      args: { venv, package: packageName, resource },
      returns: s.text(),
      examples: ["salt '*' virtualenv.get_resource_content /srv/app/venv flask sansio/README.md"],
      run: (ctx, args) => askPython(ctx, args.venv, resourceContent, args.package, args.resource),
    }),
  },
})
