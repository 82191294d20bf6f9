import { readdirSync } from 'node:fs'
import { basename } from 'node:path'
import { s } from '../../base/schema.ts'
import { assertOperand, complaintOf, linesOf, wordsOf } from '../../engine/functions/host-programs.ts'
import { onlyOn } from '../../engine/functions/kernels.ts'
import { readSystemFile, withLineEnd, writeSystemFile } from '../../engine/functions/system-files.ts'
import { defineModule, type FunctionContext, fn } from '../../engine/plugin.ts'

const mod = s.string('Name of the module, for loading also with its parameters')
const persist = s.withDefault(s.boolean('Also at every boot'), false)
const changed = s.union([s.array(s.string()), s.string()], 'Modules that came or went; a sentence where it failed')

interface LoadedModule {
  readonly module: string
  readonly size: string
  readonly depcount: string
  readonly deps: string[]
}

/** `nf_tables 270336 1 nft_compat, Live 0x0000000000000000` */
function listLoaded(ctx: FunctionContext): LoadedModule[] {
  const rows = linesOf(readSystemFile(ctx, '/proc/modules') ?? '').map(wordsOf)
  return rows.map(([module = '', size = '', depcount = '', users = '-']) => ({
    size,
    module,
    depcount,
    deps: users.split(',').filter((user) => user !== '' && user !== '-'),
  }))
}

function loadedNames(ctx: FunctionContext): string[] {
  return listLoaded(ctx)
    .map(({ module }) => module)
    .sort()
}

/** What the kernel calls a module whose file has dashes in its name. */
function kernelName(name: string): string {
  return name.replaceAll('-', '_')
}

function listAvailable(ctx: FunctionContext): string[] {
  const release = (readSystemFile(ctx, '/proc/sys/kernel/osrelease') ?? '').trim()
  const folder = `/lib/modules/${release}`
  const builtIn = linesOf(readSystemFile(ctx, `${folder}/modules.builtin`) ?? '')
  const names = [...builtIn, ...filesBelow(ctx.at(folder))].map((path) => /^(.+)\.ko/.exec(basename(path))?.[1])
  return [...new Set(names.filter((name) => name !== undefined).map(kernelName))].sort()
}

function filesBelow(folder: string): string[] {
  try {
    return readdirSync(folder, { recursive: true, encoding: 'utf8' })
  } catch {
    return []
  }
}

/** The file whose modules are loaded at boot. */
function bootFile(ctx: FunctionContext): string {
  const systemd = ctx.grains.init === 'systemd' || 'systemd' in ctx.grains
  return systemd ? '/etc/modules-load.d/salt_managed.conf' : '/etc/modules'
}

function nameOn(line: string): string {
  return wordsOf(line.trim())[0] ?? ''
}

function bootNames(ctx: FunctionContext): string[] {
  const lines = linesOf(readSystemFile(ctx, bootFile(ctx)) ?? '')
  return [...new Set(lines.map(nameOn).filter((name) => name !== '' && !name.startsWith('#')))].sort()
}

/** A line that is only commented out is taken again. */
function loadAtBoot(ctx: FunctionContext, line: string): string[] {
  const name = nameOn(line)
  if (bootNames(ctx).includes(name) || !listAvailable(ctx).includes(kernelName(name))) return []
  const text = readSystemFile(ctx, bootFile(ctx)) ?? ''
  const lines = text.split('\n')
  const at = lines.findIndex((old) => old.startsWith('#') && old.slice(1).trim() === line)
  const edited = at < 0 ? `${withLineEnd(text)}${line}\n` : lines.with(at, line).join('\n')
  writeSystemFile(ctx, bootFile(ctx), edited)
  return [name]
}

function dropAtBoot(ctx: FunctionContext, line: string, comment: boolean): string[] {
  const name = nameOn(line)
  if (!bootNames(ctx).includes(name)) return []
  const lines = (readSystemFile(ctx, bootFile(ctx)) ?? '').split('\n')
  const left = comment
    ? lines.map((old) => (nameOn(old) === name ? `#${old}` : old))
    : lines.filter((old) => nameOn(old) !== name)
  writeSystemFile(ctx, bootFile(ctx), left.join('\n'))
  return [name]
}

function sortedUnion(...lists: readonly (readonly string[])[]): string[] {
  return [...new Set(lists.flat())].sort()
}

export const kmod = defineModule({
  name: 'kmod',
  doc: 'Loads and removes modules of the kernel.',
  available: onlyOn('Linux'),
  functions: {
    available: fn({
      doc: 'List the modules that this kernel has, also those built into it.',
      returns: s.array(s.string()),
      examples: ["salt '*' kmod.available"],
      run: listAvailable,
    }),
    check_available: fn({
      doc: 'Tell whether this kernel has a module.',
      args: { mod: s.string('Name of the module') },
      returns: s.boolean(),
      examples: ["salt '*' kmod.check_available kvm"],
      run: (ctx, args) => listAvailable(ctx).includes(kernelName(args.mod)),
    }),
    lsmod: fn({
      doc: 'List the modules that are loaded: size, how many use each, and which modules do.',
      returns: s.array(
        s.object({ size: s.string(), module: s.string(), depcount: s.string(), deps: s.array(s.string()) }),
      ),
      examples: ["salt '*' kmod.lsmod"],
      run: listLoaded,
    }),
    mod_list: fn({
      doc: 'List the names of the modules that are loaded.',
      args: { only_persist: s.withDefault(s.boolean('Those that are loaded at boot instead'), false) },
      returns: s.array(s.string()),
      examples: ["salt '*' kmod.mod_list"],
      run: (ctx, { only_persist }) => (only_persist ? bootNames(ctx) : loadedNames(ctx)),
    }),
    is_loaded: fn({
      doc: 'Tell whether a module is loaded.',
      args: { mod: s.string('Name of the module') },
      returns: s.boolean(),
      examples: ["salt '*' kmod.is_loaded kvm"],
      run: (ctx, args) => loadedNames(ctx).includes(kernelName(args.mod)),
    }),
    load: fn({
      doc: 'Load a module and what it needs.',
      args: { mod, persist },
      returns: changed,
      examples: ["salt '*' kmod.load kvm", "salt '*' kmod.load 'bonding mode=1' persist=true"],
      async run(ctx, args) {
        assertOperand(args.mod, 'the name of a module')
        const before = loadedNames(ctx)
        const argv = ['modprobe', ...wordsOf(args.mod)]
        const result = await ctx.exec(argv)
        ctx.setRetcode(result.retcode)
        if (result.retcode !== 0) return `Error loading module ${args.mod}: ${complaintOf(argv, result)}`
        const came = loadedNames(ctx).filter((name) => !before.includes(name))
        return sortedUnion(came, args.persist ? loadAtBoot(ctx, args.mod.trim()) : [])
      },
    }),
    remove: fn({
      doc: 'Remove a module from the kernel.',
      args: {
        mod: s.string('Name of the module'),
        persist,
        comment: s.withDefault(s.boolean('Comment out what loads it at boot, rather than remove it'), true),
      },
      returns: changed,
      examples: ["salt '*' kmod.remove kvm"],
      async run(ctx, args) {
        assertOperand(args.mod, 'the name of a module')
        const before = loadedNames(ctx)
        const argv = ['rmmod', args.mod]
        const result = await ctx.exec(argv)
        ctx.setRetcode(result.retcode)
        if (result.retcode !== 0) return `Error removing module ${args.mod}: ${complaintOf(argv, result)}`
        const now = loadedNames(ctx)
        const went = before.filter((name) => !now.includes(name))
        return sortedUnion(went, args.persist ? dropAtBoot(ctx, args.mod, args.comment) : [])
      },
    }),
  },
})
