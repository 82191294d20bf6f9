/** What the modules named `sysctl` have in common. */
import { s } from '../../base/schema.ts'

export const sysctlDoc = 'Tells and sets settings of the kernel, for now or for good.'
export const settingName = s.string('Name of the setting')
export const settingValue = s.union([s.string(), s.integer()], 'The value')

/** Whether a line of sysctl.conf(5) sets something. */
export function isConfigLine(line: string): boolean {
  return !/^\s*[#;]/.test(line) && line.includes('=')
}

/** Values by name, of a file as sysctl.conf(5). */
export function parseSysctlFile(text: string): Record<string, string> {
  const lines = text.split('\n').filter(isConfigLine)
  return Object.fromEntries(
    lines.map((line) => {
      const at = line.indexOf('=')
      return [line.slice(0, at).trim(), line.slice(at + 1).trim()]
    }),
  )
}
