/** Functions of `file` that look for texts in files. */
import * as fs from 'node:fs'
import { SaltError } from '../../../base/errors.ts'
import { pythonString } from '../../../base/python-repr.ts'
import { s } from '../../../base/schema.ts'
import { PythonRegex } from '../../../engine/functions/python-regex.ts'
import { fn } from '../../../engine/plugin.ts'
import { matchGlob } from '../../../engine/target/glob.ts'
import { splitShellWords } from '../cmd/shell-words.ts'
import { fileContains, splitFeeds, textBlocks, withoutStart } from './content.ts'
import { expandUser, globPaths } from './paths.ts'
import { programResult, runAll } from './program.ts'
import { flagsSchema, searchFile, sizeSchema } from './replace.ts'

const path = s.path('The file')

/** False for a file that cannot be read. */
function inFile(given: string, test: (path: string) => boolean): boolean {
  const path = expandUser(given)
  if (!fs.existsSync(path)) return false
  try {
    return test(path)
  } catch (error) {
    if (error instanceof SaltError) throw error
    return false
  }
}

export const searchFunctions = {
  search: fn({
    doc: 'Tell whether a regular expression matches in a file.',
    args: {
      path,
      pattern: s.string("The expression, in Python's form"),
      flags: flagsSchema,
      bufsize: sizeSchema,
      ignore_if_missing: s.withDefault(s.boolean('A missing file is no error'), false),
      multiline: s.withDefault(s.boolean('Add MULTILINE to the flags'), false),
    },
    returns: s.boolean(),
    examples: [`salt '*' file.search /etc/passwd '^root:'`],
    run(_ctx, { path, pattern, flags, multiline, ignore_if_missing }) {
      const all = multiline ? [...(Array.isArray(flags) ? flags : [flags]), 'MULTILINE'] : flags
      return searchFile(path, pattern, all, ignore_if_missing)
    },
  }),
  contains: fn({
    doc: 'Tell whether a text occurs in a file; white space around the text does not count.',
    args: { path, text: s.text('The text') },
    returns: s.boolean(),
    examples: [`salt '*' file.contains /etc/passwd root`],
    run: (_ctx, args) => inFile(args.path, (full) => fileContains(full, Buffer.from(args.text.trim()))),
  }),
  contains_regex: fn({
    doc: 'Tell whether a regular expression matches in any line of a file.',
    args: {
      path,
      regex: s.string("The expression, in Python's form"),
      lchar: s.withDefault(s.string('Characters that do not count at the start of a line'), ''),
    },
    returns: s.boolean(),
    examples: [`salt '*' file.contains_regex /etc/passwd '^root:'`],
    run(_ctx, args) {
      const regex = new PythonRegex(args.regex)
      return inFile(args.path, (full) => {
        for (const block of textBlocks(full)) {
          const lines = splitFeeds(block).map((line) => withoutStart(line, args.lchar))
          if (regex.searchEach(lines).includes(true)) return true
        }
        return false
      })
    },
  }),
  contains_glob: fn({
    doc: 'Tell whether the content of a file matches a pattern with `*`, `?` and `[…]`.',
    args: { path, glob_expr: s.string('The pattern') },
    returns: s.boolean(),
    examples: [`salt '*' file.contains_glob /etc/passwd '*root*'`],
    run: (_ctx, args) =>
      inFile(args.path, (full) => {
        for (const block of textBlocks(full)) if (matchGlob(args.glob_expr, block)) return true
        return false
      }),
  }),
  grep: fn({
    doc: 'Search files with grep.',
    args: { path: s.path('The file, or a pattern of files'), pattern: s.string('The expression') },
    rest: s.any('Options of grep, each on its own'),
    returns: programResult,
    examples: [`salt '*' file.grep /etc/passwd nobody`, `salt '*' file.grep '/srv/docs/*.txt' open -- -i -l`],
    run(ctx, args, { rest }) {
      const full = expandUser(args.path)
      const found = globPaths(full)
      const options = rest.flatMap((option) => {
        const words = splitShellWords(pythonString(option))
        if (words.length < 2) return words
        throw new SaltError(
          'bad-arguments',
          `Passing multiple command line arguments in a single string is not supported, please pass the following arguments separately: ${option}`,
        )
      })
      return runAll(ctx, ['grep', ...options, args.pattern, ...(found.length > 0 ? found : [full])])
    },
  }),
}
