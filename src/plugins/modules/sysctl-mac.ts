import { s } from '../../base/schema.ts'
import { assertOperand, mustRun } from '../../engine/functions/host-programs.ts'
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

/** `kern.ostype: Darwin`; what does not begin with a name goes on with the value before it. */
function parseAll(text: string): Record<string, string> {
  const settings: Record<string, string> = {}
  let last = ''
  for (const line of text.split('\n')) {
    const found = /^([a-z]\w*(?:\.[\w%-]+)+): ?(.*)$/.exec(line)
    if (found !== null) {
      last = found[1] ?? ''
      settings[last] = found[2] ?? ''
    } else if (last !== '' && line !== '') settings[last] += `\n${line}`
  }
  return settings
}

async function assign(ctx: FunctionContext, name: string, value: string): Promise<Record<string, string>> {
  assertOperand(name, 'the name of a setting')
  const { stdout } = await mustRun(ctx, ['sysctl', '-w', `${name}=${value}`])
  const [key = '', ...rest] = stdout.trimEnd().split(':')
  return { [key]: rest.join(':').split(' -> ').at(-1)?.trim() ?? '' }
}

export const sysctlMac = defineModule({
  name: 'sysctl',
  doc: sysctlDoc,
  available: ({ grains }) => grains.kernel === 'Darwin' || 'sysctl: the system is not macOS',
  functions: {
    show: fn({
      doc: 'Tell all settings of the kernel, or those in a file.',
      args: { config_file: s.withDefault(s.union([s.path(), s.boolean()], 'The file'), false) },
      returns: s.union([s.record(s.string()), s.array(s.any())], 'Values by name; an empty list without the file'),
      examples: ["salt '*' sysctl.show"],
      async run(ctx, { config_file }) {
        if (typeof config_file !== 'string') return parseAll((await mustRun(ctx, ['sysctl', '-a'])).stdout)
        const text = readSystemFile(ctx, config_file)
        return text === undefined ? [] : parseSysctlFile(text)
      },
    }),
    get: fn({
      doc: 'Tell a setting of the kernel.',
      args: { name: settingName },
      returns: s.string(),
      examples: ["salt '*' sysctl.get hw.physmem"],
      async run(ctx, { name }) {
        assertOperand(name, 'the name of a setting')
        return (await mustRun(ctx, ['sysctl', '-n', name])).stdout.trimEnd()
      },
    }),
    assign: fn({
      doc: 'Set a setting of the kernel until the next boot.',
      args: { name: settingName, value: settingValue },
      returns: s.record(s.string(), 'The new value, by its name'),
      examples: ["salt '*' sysctl.assign net.inet.icmp.icmplim 50"],
      run: (ctx, { name, value }) => assign(ctx, name, String(value)),
    }),
    persist: fn({
      doc: 'Set a setting of the kernel at every boot, and now where it is asked for.',
      args: {
        name: settingName,
        value: settingValue,
        config: s.withDefault(s.path('The file to keep it in'), '/etc/sysctl.conf'),
        apply_change: s.withDefault(s.boolean('Set it now, too'), false),
      },
      returns: s.string('Updated, or Already set'),
      examples: ["salt '*' sysctl.persist net.inet.icmp.icmplim 50"],
      async run(ctx, { name, value, config, apply_change }) {
        assertOperand(name, 'the name of a setting')
        const text = readSystemFile(ctx, config) ?? newFile
        let found: string | undefined
        const lines = text.split('\n').map((line) => {
          const at = line.indexOf('=')
          if (!isConfigLine(line) || line.slice(0, at).trim() !== name) return line
          found = line
            .slice(at + 1)
            .trim()
            .replace(/^"(.*)"$/, '$1')
          return `${name}=${value}`
        })
        if (found === String(value)) return 'Already set'
        const edited = found === undefined ? `${withLineEnd(text)}${name}=${value}\n` : lines.join('\n')
        writeSystemFile(ctx, config, edited)
        if (apply_change) await assign(ctx, name, String(value))
        return 'Updated'
      },
    }),
  },
})
