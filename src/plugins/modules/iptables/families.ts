/** Which program, tables and files the functions of iptables are about. */
import { SaltError } from '../../../base/errors.ts'
import { s } from '../../../base/schema.ts'
import { mustRun } from '../../../engine/functions/host-programs.ts'
import type { FunctionContext } from '../../../engine/plugin.ts'
import { parseSavedRules, type RuleTables } from './saved-rules.ts'

export const table = s.withDefault(s.string('The table'), 'filter')
export const chain = s.optional(s.string('The chain'))
export const family = s.withDefault(s.string('ipv4 or ipv6'), 'ipv4')
export const confFile = s.optional(s.path('The file with the rules; that of this system by default'))
export const rule = s.optional(s.string('The rule, as iptables takes it'))

export const missingChain = 'Error: Chain needs to be specified'
export const missingRule = 'Error: Rule needs to be specified'

export function programOf(family: string): string {
  return family === 'ipv6' ? 'ip6tables' : 'iptables'
}

/** Where each family of systems keeps its rules: of IPv4 and of IPv6. */
const savedFiles: Readonly<Record<string, readonly [string, string]>> = {
  RedHat: ['/etc/sysconfig/iptables', '/etc/sysconfig/ip6tables'],
  Arch: ['/etc/iptables/iptables.rules', '/etc/iptables/ip6tables.rules'],
  Debian: ['/etc/iptables/rules.v4', '/etc/iptables/rules.v6'],
  Gentoo: ['/var/lib/iptables/rules-save', '/var/lib/ip6tables/rules-save'],
  Suse: ['/etc/sysconfig/scripts/SuSEfirewall2-custom', '/etc/sysconfig/scripts/SuSEfirewall2-custom'],
  Alpine: ['/etc/iptables/rules-save', '/etc/iptables/rules6-save'],
  Void: ['/etc/iptables/iptables.rules', '/etc/iptables/ip6tables.rules'],
}

export function savedFile(ctx: FunctionContext, family: string): string {
  const { os, os_family: osFamily } = ctx.grains
  const files = savedFiles[String(osFamily)] ?? savedFiles[String(os)]
  if (files !== undefined) return family === 'ipv6' ? files[1] : files[0]
  throw new SaltError('execution-failed', `It is not known where ${String(os)} keeps its rules.`, {
    hint: 'Name the file.',
  })
}

export async function runningRules(ctx: FunctionContext, family: string): Promise<RuleTables> {
  return parseSavedRules((await mustRun(ctx, [`${programOf(family)}-save`])).stdout)
}
