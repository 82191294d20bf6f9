/** file_list and file_dict of `pkg`, from what a package manager knows about the files of packages. */
import { s } from '../../../base/schema.ts'
import { compareText } from '../../../base/text.ts'
import { type FunctionContext, fn } from '../../plugin.ts'
import { otherArguments, texts } from './answers.ts'

export interface PackageFiles {
  errors: string[]
  /** Name → paths. */
  packages: Record<string, string[]>
}

const names = s.string('Names of packages; none for all that are installed')

/** @param filesOf with no names it tells about all that are installed. */
export function fileFunctions(filesOf: (ctx: FunctionContext, names: readonly string[]) => Promise<PackageFiles>) {
  return {
    file_list: fn({
      doc: 'List the files of packages.',
      rest: names,
      extra: otherArguments,
      returns: s.object({ errors: s.array(s.string()), files: s.array(s.path()) }),
      examples: ["salt '*' pkg.file_list dash", "salt '*' pkg.file_list dash base-files"],
      async run(ctx, _args, { rest }) {
        const { errors, packages } = await filesOf(ctx, texts(rest))
        return { errors, files: [...new Set(Object.values(packages).flat())].sort(compareText) }
      },
    }),
    file_dict: fn({
      doc: 'List the files of packages, package by package.',
      rest: names,
      extra: otherArguments,
      returns: s.object({ errors: s.array(s.string()), packages: s.record(s.array(s.path())) }),
      examples: ["salt '*' pkg.file_dict dash"],
      run: (ctx, _args, { rest }) => filesOf(ctx, texts(rest)),
    }),
  }
}
