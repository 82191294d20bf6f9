/** Runs zypper, and reads what it tells. */
import { SaltError } from '../../../base/errors.ts'
import type { PackageTool } from '../../../engine/functions/packages/common-functions.ts'
import { faultText } from '../../../engine/functions/packages/package-table.ts'
import { rpmTable } from '../../../engine/functions/packages/rpm.ts'
import type { ExecResult, FunctionContext } from '../../../engine/plugin.ts'

/** Codes that are no failures: updates are there, a reboot or a restart of the manager is needed, a capability is not found (of some). */
const harmless = new Set([0, 100, 101, 102, 103])

export function runZypper(ctx: FunctionContext, words: readonly string[]): Promise<ExecResult> {
  return ctx.exec(['zypper', '--non-interactive', ...words])
}

/** As `runZypper`, with a return code of 0 for all that is no failure. */
export async function runZypperChange(ctx: FunctionContext, words: readonly string[]): Promise<ExecResult> {
  const result = await runZypper(ctx, words)
  return harmless.has(result.retcode) ? { ...result, retcode: 0 } : result
}

/** Repository → true where it was fetched, false where it was up to date. */
export async function refreshRepositories(ctx: FunctionContext, force: boolean): Promise<Record<string, boolean>> {
  const result = await runZypper(ctx, ['refresh', ...(force ? ['--force'] : [])])
  if (!harmless.has(result.retcode)) throw new SaltError('execution-failed', faultText(result))
  const found: Record<string, boolean> = {}
  for (const line of result.stdout.split('\n')) {
    const [, kind, name] = /(Repository|Building repository) '([^']+)'/.exec(line) ?? []
    if (name === undefined) continue
    if (kind === 'Repository' && line.includes('is up to date')) found[name] = false
    else if (kind === 'Building repository') found[name] = true
  }
  return found
}

/** Name → field → text of `zypper info`, with the names of fields in small letters. */
export async function packageInfo(ctx: FunctionContext, names: readonly string[]) {
  const { stdout } = await runZypper(ctx, ['--no-refresh', 'info', '-t', 'package', ...names])
  const found = new Map<string, Record<string, string>>()
  // Names that are not found come behind the description of the last package.
  const parts = stdout.replace(/^package '.*' not found\.$/gm, '').split(/^Information for package /m)
  for (const part of parts.slice(1)) {
    const name = /^(.+?):\s*$/m.exec(part)?.[1] ?? ''
    const [head = '', description = ''] = part.split(/^Description\s*:\s*$/m, 2)
    const fields = [...head.matchAll(/^(\S[^:\n]*?)\s*: (.*)$/gm)].map(
      ([, field = '', value = '']) => [field.toLowerCase(), value.trim()] as const,
    )
    found.set(name, {
      ...Object.fromEntries(fields),
      ...(description.trim() === '' ? {} : { description: description.replace(/^ {2,}/gm, '').trim() }),
    })
  }
  return found
}

export const zypper: PackageTool = {
  installed: rpmTable,
  refresh: (ctx) => refreshRepositories(ctx, false),
  async latest(ctx, names) {
    const info = await packageInfo(ctx, names)
    return new Map(
      [...info].flatMap(([name, { version = '', status = '' }]) =>
        version !== '' && /^(?:not installed|out-of-date)/.test(status) ? [[name, version]] : [],
      ),
    )
  },
}

/** Values of the attributes of each `<update …>` of `zypper --xmlout list-updates`. */
export function parseUpdates(
  xml: string,
): { readonly name: string; readonly edition: string; readonly kind: string }[] {
  return [...xml.matchAll(/<update\s([^>]*)>/g)].map(([, attributes = '']) => {
    const values = Object.fromEntries(
      [...attributes.matchAll(/([\w-]+)="([^"]*)"/g)].map(([, key = '', value = '']) => [key, unescaped(value)]),
    )
    return { name: values.name ?? '', edition: values.edition ?? '', kind: values.kind ?? '' }
  })
}

const entities: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'" }

function unescaped(text: string): string {
  return text.replace(/&(amp|lt|gt|quot|apos);/g, (_, name: string) => entities[name] ?? '')
}
