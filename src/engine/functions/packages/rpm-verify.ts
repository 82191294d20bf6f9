/** pkg.verify: which files of rpm packages are not as the packages brought them. */
import { SaltError } from '../../../base/errors.ts'
import { s } from '../../../base/schema.ts'
import { type FunctionContext, fn } from '../../plugin.ts'
import { assertOperand } from '../host-programs.ts'
import { texts } from './answers.ts'

/** Letters of `rpm --verify`, as rpm(8) has them. */
const mismatches: readonly (readonly [string, string])[] = [
  ['S', 'size'],
  ['M', 'mode'],
  ['5', 'md5sum'],
  ['D', 'device major/minor number'],
  ['L', 'readlink path'],
  ['U', 'user'],
  ['G', 'group'],
  ['T', 'mtime'],
  ['P', 'capabilities'],
]

const types: Readonly<Record<string, string>> = { c: 'config', d: 'doc', g: 'ghost', l: 'license', r: 'readme' }

type AlteredFile = {
  readonly type?: string
  readonly missing?: boolean
  readonly mismatch?: readonly string[]
}

/** `S.5....T.  c /etc/foo.conf`, `missing     /usr/bin/foo`. */
function parseLine(line: string): readonly [string, AlteredFile] | undefined {
  const [, flags = '', letter = '', path] =
    /^(\S{8,9}|missing)\s+(?:([cdglr])\s+)?(\/.*?)(?:\s+\(.*\))?$/.exec(line) ?? []
  if (path === undefined) return undefined
  const type = types[letter]
  const known = type === undefined ? {} : { type }
  if (flags === 'missing') return [path, { ...known, missing: true }]
  return [path, { ...known, mismatch: mismatches.flatMap(([flag, name]) => (flags.includes(flag) ? [name] : [])) }]
}

const verifyFunction = fn({
  doc: 'Tell which files of packages are not as the packages brought them.',
  rest: s.string('Names of packages; none for all'),
  extra: s.any(
    'ignore_types: kinds of files to leave out (config, doc, ghost …); verify_options: further options of rpm',
  ),
  returns: s.record(s.record(s.any()), 'Path → what differs'),
  examples: ["salt '*' pkg.verify bash", "salt '*' pkg.verify bash ignore_types='[config]'"],
  run: (ctx, _args, { rest, extra }) => verify(ctx, texts(rest), extra),
})

async function verify(ctx: FunctionContext, names: readonly string[], extra: Readonly<Record<string, unknown>>) {
  for (const name of names) assertOperand(name, 'the name of a package')
  const ignored = listed(extra.ignore_types).map((type) => types[type] ?? type)
  const unknown = ignored.filter((type) => !Object.values(types).includes(type))
  if (unknown.length > 0) {
    throw new SaltError('bad-arguments', `Unknown types of files: ${unknown.join(', ')}`, {
      hint: `Use ${Object.values(types).join(', ')}.`,
    })
  }
  const options = listed(extra.verify_options).map((option) => `--${option}`)
  const { stdout } = await ctx.exec(['rpm', '-V', ...options, ...(names.length === 0 ? ['-a'] : names)])
  const files = stdout.split('\n').flatMap((line) => {
    const file = parseLine(line)
    return file === undefined || ignored.includes(file[1].type ?? '') ? [] : [file]
  })
  return Object.fromEntries(files)
}

function listed(value: unknown): string[] {
  if (value === undefined || value === null) return []
  return (Array.isArray(value) ? value : String(value).split(',')).map((one) => String(one).trim())
}

export const verifyFunctions = { verify: verifyFunction }
