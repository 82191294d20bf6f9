/** Functions of `file` on whole contents: the difference of two files, and templates. */
import { SaltError } from '../../../base/errors.ts'
import { s } from '../../../base/schema.ts'
import { unifiedDiff } from '../../../engine/functions/unified-diff.ts'
import { fn } from '../../../engine/plugin.ts'
import { renderText, templateVariables } from '../../../engine/render/text-template.ts'
import { decode, splitFeeds } from './content.ts'
import { binaryChange } from './managing/difference.ts'
import { localPath, readSource } from './source.ts'

const file = (which: string) => s.string(`The ${which} file: a path or a URL`)
const sourceHash = s.optional(s.string('Accepted, and without effect'))

export const compareFunctions = {
  get_diff: fn({
    doc: 'Give the difference of two files; nothing where they are the same.',
    args: {
      file1: file('first'),
      file2: file('second'),
      saltenv: s.withDefault(s.string('Environment of salt:// files'), 'base'),
      show_filenames: s.withDefault(s.boolean('Name the files at the top'), true),
      show_changes: s.withDefault(s.boolean('Give the difference, not just that there is one'), true),
      template: s.withDefault(s.boolean('It comes from a template, which `obfuscate_templates` hides'), false),
      source_hash_file1: sourceHash,
      source_hash_file2: sourceHash,
    },
    returns: s.text(),
    examples: [`salt '*' file.get_diff /etc/passwd /etc/group`],
    async run(ctx, args) {
      const names = [args.file1, args.file2] as const
      const [from, to] = await Promise.all(names.map((name) => readSource(ctx, name, args.saltenv)))
      const missing = names.filter((_, index) => (index === 0 ? from : to) === undefined)
      if (from === undefined || to === undefined) {
        throw new SaltError('execution-failed', 'Failed to cache one or more files', {
          hint: `(${missing.map((name) => `File ${name} not found`).join('; ')})`,
        })
      }
      if (from.equals(to)) return ''
      if (args.template && ctx.config.get('obfuscate_templates') === true) return '<Obfuscated Template>'
      if (!args.show_changes) return '<show_changes=False>'
      const shown = args.show_filenames
        ? { from: localPath(args.file1) ?? args.file1, to: localPath(args.file2) ?? args.file2 }
        : {}
      return binaryChange(from, to) ?? unifiedDiff(splitFeeds(decode(from).text), splitFeeds(decode(to).text), shown)
    },
  }),
  apply_template_on_contents: fn({
    doc: 'Render a template. Without an engine for its format the result says so.',
    args: {
      contents: s.text('The template'),
      template: s.string('Its format: jinja'),
      context: s.any('Variables of the template'),
      defaults: s.any('Variables where the context has none'),
      saltenv: s.string('Environment of what it includes'),
    },
    returns: s.union([s.text(), s.object({ result: s.boolean(), comment: s.string() })]),
    examples: [`salt '*' file.apply_template_on_contents 'A {{ word }}.' jinja '{word: text}' '{}' base`],
    async run(ctx, { contents: text, template: engine, context, defaults, saltenv }) {
      if (engine !== 'jinja') return { result: false, comment: `Specified template format ${engine} is not supported` }
      const variables = templateVariables(context, defaults)
      return await renderText(ctx, { text, file: '<contents>', saltenv, engine, variables })
    },
  }),
}
