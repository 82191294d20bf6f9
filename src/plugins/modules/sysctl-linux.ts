import * as fs from 'node:fs'
import { SaltError } from '../../base/errors.ts'
import { s } from '../../base/schema.ts'
import { assertOperand, complaintOf, linesOf } from '../../engine/functions/host-programs.ts'
import {
  isConfigLine,
  parseSysctlFile,
  settingName,
  settingValue,
  sysctlDoc,
} from '../../engine/functions/sysctl-settings.ts'
import { readSystemFile, withLineEnd, writeSystemFile } from '../../engine/functions/system-files.ts'
import { defineModule, type FunctionContext, fn } from '../../engine/plugin.ts'

const newFile = '#\n# Kernel sysctl configuration\n#\n'

/** systemd reads no other file than those below /etc/sysctl.d since version 207. */
function defaultConfig(ctx: FunctionContext): string {
  return ctx.grains.init === 'systemd' ? '/etc/sysctl.d/99-salt.conf' : '/etc/sysctl.conf'
}

/** The kernel separates the values of one setting with tabs; people write blanks. */
function normal(value: string): string {
  return value.trim().replace(/\s+/g, '\t')
}

/** Where the kernel shows a setting; a dot inside a name is written as a slash. */
function kernelPath(name: string): string {
  return `/proc/sys/${name.replace(/[./]/g, (mark) => (mark === '.' ? '/' : '.'))}`
}

async function read(ctx: FunctionContext, name: string): Promise<string> {
  assertOperand(name, 'the name of a setting')
  const result = await ctx.exec(['sysctl', '-n', name])
  ctx.setRetcode(result.retcode)
  return (result.stdout || result.stderr).trimEnd()
}

async function assign(ctx: FunctionContext, name: string, value: string): Promise<Record<string, string>> {
  assertOperand(name, 'the name of a setting')
  const path = kernelPath(name)
  if (path.split('/').includes('..') || !fs.existsSync(ctx.at(path))) {
    throw new SaltError('execution-failed', `sysctl ${name} does not exist`)
  }
  const argv = ['sysctl', '-w', `${name}=${value}`]
  const result = await ctx.exec(argv)
  const [, shown = '', now = ''] = /^(.+?) = (.*)$/s.exec(result.stdout.trimEnd()) ?? []
  if (result.retcode !== 0 || normal(now) !== normal(value) || result.stderr.includes('Invalid argument')) {
    throw new SaltError('execution-failed', `sysctl -w failed: ${complaintOf(argv, result)}`)
  }
  return { [shown]: now }
}

async function persist(ctx: FunctionContext, name: string, given: string, config: string): Promise<string> {
  const value = normal(given)
  const text = readSystemFile(ctx, config) ?? newFile
  let found: string | undefined
  const lines = text.split('\n').map((line) => {
    if (!isConfigLine(line)) return line
    const [key = '', ...rest] = line.split('=')
    if (key.trim() !== name) return line
    found = normal(rest.join('='))
    return found === value ? line : `${name} = ${value}`
  })
  if (found === value) {
    if (normal(await read(ctx, name)) === value) return 'Already set'
  } else {
    const edited = found === undefined ? `${withLineEnd(text)}${name} = ${value}\n` : lines.join('\n')
    writeSystemFile(ctx, config, edited)
  }
  await assign(ctx, name, value)
  return 'Updated'
}

export const sysctlLinux = defineModule({
  name: 'sysctl',
  doc: sysctlDoc,
  available: ({ grains }) => grains.kernel !== 'Darwin' || 'sysctl: the system is not Linux',
  functions: {
    default_config: fn({
      doc: 'Tell the file in which settings of the kernel are kept.',
      returns: s.string(),
      examples: ["salt '*' sysctl.default_config"],
      run: defaultConfig,
    }),
    show: fn({
      doc: 'Tell all settings of the kernel, or those in a file.',
      args: { config_file: s.withDefault(s.union([s.path(), s.boolean()], 'The file'), false) },
      returns: s.union([s.record(s.string()), s.array(s.any())], 'Values by name; an empty list without the file'),
      examples: ["salt '*' sysctl.show", "salt '*' sysctl.show config_file=/etc/sysctl.conf"],
      async run(ctx, { config_file }) {
        if (typeof config_file === 'string') {
          const text = readSystemFile(ctx, config_file)
          return text === undefined ? [] : parseSysctlFile(text)
        }
        const { stdout } = await ctx.exec(['sysctl', '-a'])
        const lines = linesOf(stdout).map((line) => /^(\S+) = (.*)$/.exec(line))
        return Object.fromEntries(lines.filter((line) => line !== null).map(([, key = '', value = '']) => [key, value]))
      },
    }),
    get: fn({
      doc: 'Tell a setting of the kernel.',
      args: { name: settingName },
      returns: s.string(),
      examples: ["salt '*' sysctl.get net.ipv4.ip_forward"],
      run: (ctx, { name }) => read(ctx, name),
    }),
    assign: fn({
      doc: 'Set a setting of the kernel until the next boot.',
      args: { name: settingName, value: settingValue },
      returns: s.record(s.string(), 'The new value, by its name'),
      examples: ["salt '*' sysctl.assign net.ipv4.ip_forward 1"],
      run: (ctx, { name, value }) => assign(ctx, name, String(value)),
    }),
    persist: fn({
      doc: 'Set a setting of the kernel, now and at every boot.',
      args: {
        name: settingName,
        value: settingValue,
        config: s.optional(s.path('The file to keep it in; the one of default_config by default')),
      },
      returns: s.string('Updated, or Already set'),
      examples: ["salt '*' sysctl.persist net.ipv4.ip_forward 1"],
      run(ctx, { name, value, config }) {
        assertOperand(name, 'the name of a setting')
        return persist(ctx, name, String(value), config ?? defaultConfig(ctx))
      },
    }),
  },
})
