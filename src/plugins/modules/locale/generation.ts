/** Making locales that can then be used. */
import { SaltError } from '../../../base/errors.ts'
import { complaintOf, linesOf, runIfInstalled } from '../../../engine/functions/host-programs.ts'
import {
  listSystemFolder,
  readSystemFile,
  withLineEnd,
  writeSystemFile,
} from '../../../engine/functions/system-files.ts'
import type { ExecResult, FunctionContext } from '../../../engine/plugin.ts'
import { type LocaleName, normalLocale, parseLocale, showLocale } from './locale-name.ts'

const list = '/etc/locale.gen'
const supported = '/usr/share/i18n/SUPPORTED'

function isSupported(ctx: FunctionContext, name: LocaleName): boolean {
  const { os, os_family: family } = ctx.grains
  if (os === 'Debian' || family === 'Gentoo') {
    return linesOf(readSystemFile(ctx, supported) ?? '').includes(showLocale(name))
  }
  const folder = family === 'Suse' ? '/usr/share/locale' : '/usr/share/i18n/locales'
  const source = showLocale({ ...name, codeset: '', modifier: '', charmap: '' })
  return listSystemFolder(ctx, folder).includes(source)
}

/** Takes away what comments the line out, or adds it. */
function enable(ctx: FunctionContext, path: string, line: string): void {
  const text = readSystemFile(ctx, path) ?? ''
  const lines = text.split('\n')
  const at = lines.findIndex((old) => old.replace(/^\s*#/, '').trim() === line)
  if (at >= 0 && lines[at]?.trim() === line) return
  writeSystemFile(ctx, path, at < 0 ? `${withLineEnd(text)}${line}\n` : lines.with(at, line).join('\n'))
}

/** Undefined where there is no such locale. Throws `execution-failed` where no program can make it. */
export async function generateLocale(ctx: FunctionContext, given: string): Promise<ExecResult | undefined> {
  if (!/^\w[\w.@-]*(?: [\w-]+)?$/.test(given)) {
    throw new SaltError('bad-arguments', `${JSON.stringify(given)} cannot be the name of a locale`)
  }
  const { os, os_family: family } = ctx.grains
  const parsed = parseLocale(given)
  const name = parsed.charmap === '' && os !== 'Ubuntu' ? { ...parsed, charmap: parsed.codeset } : parsed
  const full = showLocale(name)
  if (!isSupported(ctx, name)) {
    ctx.log.error('There is no such locale', { locale: full })
    return undefined
  }
  if (readSystemFile(ctx, list) !== undefined) enable(ctx, list, full)
  else if (os === 'Ubuntu') enable(ctx, `/var/lib/locales/supported.d/${name.language}`, full)
  const words = family === 'Gentoo' ? ['--generate'] : []
  const generated = await runIfInstalled(ctx, ['locale-gen', ...words, os === 'Ubuntu' ? normalLocale(full) : full])
  const result = generated ?? (await defineLocale(ctx, name))
  if (result === undefined) {
    throw new SaltError('execution-failed', 'Command "locale-gen" or "localedef" was not found on this system.')
  }
  if (result.retcode !== 0) ctx.log.error(complaintOf(['locale-gen', full], result))
  ctx.setRetcode(result.retcode)
  return result
}

function defineLocale(ctx: FunctionContext, name: LocaleName): Promise<ExecResult | undefined> {
  const source = showLocale({ ...name, codeset: '', modifier: '', charmap: '' })
  return runIfInstalled(ctx, ['localedef', '--force', '-i', source, '-f', name.codeset, `${source}.${name.codeset}`])
}
