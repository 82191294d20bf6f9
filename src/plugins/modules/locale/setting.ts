/** The locale of the system: what localectl, or the file of the distribution, says. */
import { SaltError } from '../../../base/errors.ts'
import { changes, mustRun, runIfInstalled, wordsOf } from '../../../engine/functions/host-programs.ts'
import { readSystemFile, setLine, writeSystemFile } from '../../../engine/functions/system-files.ts'
import type { FunctionContext } from '../../../engine/plugin.ts'

interface Place {
  readonly path: string
  readonly key: string
}

/** Where each family keeps it without systemd. */
const places: Readonly<Record<string, Place>> = {
  Debian: { path: '/etc/default/locale', key: 'LANG' },
  RedHat: { path: '/etc/sysconfig/i18n', key: 'LANG' },
  Suse: { path: '/etc/sysconfig/language', key: 'RC_LANG' },
  Arch: { path: '/etc/locale.conf', key: 'LANG' },
  Alpine: { path: '/etc/locale.conf', key: 'LANG' },
}

function placeOf(ctx: FunctionContext): Place {
  const family = String(ctx.grains.os_family ?? '')
  const place = Object.hasOwn(places, family) ? places[family] : undefined
  if (place === undefined) throw new SaltError('execution-failed', `"${family}" is unsupported!`)
  return place
}

const isGentoo = (ctx: FunctionContext): boolean => ctx.grains.os_family === 'Gentoo'

/** Variables such as LANG, as localectl tells them; undefined where systemd does not run. */
async function askLocalectl(ctx: FunctionContext): Promise<Map<string, string> | undefined> {
  const result = ctx.grains.init === 'systemd' ? await runIfInstalled(ctx, ['localectl']) : undefined
  const listed = /^ *System Locale: (.*(?:\n {10,}\S+=.*)*)/m.exec(result?.stdout ?? '')?.[1]
  if (result?.retcode !== 0 || listed === undefined) return undefined
  const pairs = wordsOf(listed).filter((word) => word.includes('='))
  return new Map(pairs.map((pair) => [pair.slice(0, pair.indexOf('=')), pair.slice(pair.indexOf('=') + 1)]))
}

export async function readLocale(ctx: FunctionContext): Promise<string> {
  const variables = await askLocalectl(ctx)
  if (variables !== undefined) return variables.get('LANG') ?? ''
  if (isGentoo(ctx)) return (await mustRun(ctx, ['eselect', '--brief', 'locale', 'show'])).stdout.trim()
  const { path, key } = placeOf(ctx)
  const text = readSystemFile(ctx, path) ?? readSystemFile(ctx, '/etc/locale.conf') ?? ''
  return new RegExp(`^${key}=["']?([^"'\\n]*)`, 'm').exec(text)?.[1] ?? ''
}

/** Other variables stay as they are. */
export async function writeLocale(ctx: FunctionContext, locale: string): Promise<boolean> {
  if (!/^[\w.@-]+$/.test(locale)) {
    throw new SaltError('bad-arguments', `${JSON.stringify(locale)} cannot be the name of a locale`)
  }
  const variables = await askLocalectl(ctx)
  if (variables !== undefined) {
    const pairs = [...variables.set('LANG', locale)].map(([name, value]) => `${name}=${value}`)
    return changes(ctx, ['localectl', 'set-locale', ...pairs])
  }
  if (isGentoo(ctx)) return changes(ctx, ['eselect', '--brief', 'locale', 'set', locale])
  const { path, key } = placeOf(ctx)
  const before = readSystemFile(ctx, path)
  writeSystemFile(ctx, path, setLine(before ?? '', new RegExp(`^${key}=`), `${key}="${locale}"`))
  if (ctx.grains.os_family !== 'Debian') return true
  try {
    await mustRun(ctx, ['update-locale'])
  } catch (error) {
    // It refuses a locale that was not generated, which then must not stand in the file.
    writeSystemFile(ctx, path, before ?? '')
    throw error
  }
  return true
}
