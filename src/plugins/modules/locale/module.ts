import { s } from '../../../base/schema.ts'
import { linesOf, mustRun } from '../../../engine/functions/host-programs.ts'
import { onlyOn } from '../../../engine/functions/kernels.ts'
import { defineModule, type FunctionContext, fn } from '../../../engine/plugin.ts'
import { generateLocale } from './generation.ts'
import { normalLocale } from './locale-name.ts'
import { readLocale, writeLocale } from './setting.ts'

const localeName = s.string('Name of the locale, such as en_US.UTF-8')

async function listAvailable(ctx: FunctionContext): Promise<string[]> {
  return linesOf((await mustRun(ctx, ['locale', '-a'])).stdout).map((line) => line.trim())
}

export const locale = defineModule({
  name: 'locale',
  doc: 'Tells, sets and makes locales.',
  available: onlyOn('Linux'),
  functions: {
    list_avail: fn({
      doc: 'List the locales that can be used.',
      returns: s.array(s.string()),
      examples: ["salt '*' locale.list_avail"],
      run: listAvailable,
    }),
    avail: fn({
      doc: 'Tell whether a locale can be used.',
      args: { locale: localeName },
      returns: s.boolean(),
      examples: ["salt '*' locale.avail 'en_US.UTF-8'"],
      async run(ctx, args) {
        const wanted = normalLocale(args.locale)
        return (await listAvailable(ctx)).some((name) => normalLocale(name) === wanted)
      },
    }),
    get_locale: fn({
      doc: 'Tell the locale of this host.',
      returns: s.string('Empty where none is set'),
      examples: ["salt '*' locale.get_locale"],
      run: readLocale,
    }),
    set_locale: fn({
      doc: 'Set the locale of this host.',
      args: { locale: localeName },
      returns: s.boolean('Whether it worked'),
      examples: ["salt '*' locale.set_locale 'en_US.UTF-8'"],
      run: (ctx, args) => writeLocale(ctx, args.locale),
    }),
    gen_locale: fn({
      doc: 'Make a locale, so that it can be used.',
      args: {
        locale: s.string('Name of the locale, with its character set where that differs: en_US.UTF-8 UTF-8'),
        verbose: s.withDefault(s.boolean('Tell all that the program wrote'), false),
      },
      extra: s.any('Accepted, and without effect'),
      returns: s.any('Whether it worked; what the program wrote where verbose'),
      examples: ["salt '*' locale.gen_locale 'en_IE.UTF-8 UTF-8'", "salt '*' locale.gen_locale en_IE.UTF-8"],
      async run(ctx, args) {
        const result = await generateLocale(ctx, args.locale)
        if (result === undefined || !args.verbose) return result?.retcode === 0
        const { pid, retcode, stdout, stderr } = result
        return { pid, retcode, stdout: stdout.trimEnd(), stderr: stderr.trimEnd() }
      },
    }),
  },
})
