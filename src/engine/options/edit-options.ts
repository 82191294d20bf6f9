/** Changes to the files of a configuration: checked like a start of the daemon before a byte is written. */
import { existsSync, mkdirSync, rmSync, statSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { isDeepStrictEqual } from 'node:util'
import { readConfigFiles } from '../../base/config-file.ts'
import { SaltError } from '../../base/errors.ts'
import { readFileIfExists, writeFileAtomic } from '../../base/files.ts'
import { isRecord } from '../../base/narrow.ts'
import type { ValuePath } from '../../base/validate.ts'
import { checkAll, defaultInclude, type Role } from './load-options.ts'
import type { OptionTable } from './option.ts'

/** Where there is no file yet whose mode can be kept. */
const fileMode = 0o640
const folderMode = 0o755

/**
 * Sets one option in the main file of a configuration, and leaves all else in it as it is: comments, order, other options.
 * Throws `configuration` for an option or a value that a start would refuse, or where another file has the last word.
 */
export async function setOption<T extends OptionTable>(
  role: Role<T>,
  configFile: string,
  [name, value]: readonly [name: string, value: unknown],
): Promise<void> {
  const before = await readConfigFiles({ file: configFile, defaultInclude: defaultInclude(role) })
  const stronger = before.sources.findLast(({ file, values }) => file !== configFile && Object.hasOwn(values, name))
  if (stronger !== undefined) {
    throw new SaltError('configuration', `${name} is set in a file that wins over ${configFile}`, {
      where: before.where([name]) ?? stronger.file,
      hint: 'Change it there.',
    })
  }
  const where = (path: ValuePath): string | undefined => (path[0] === name ? undefined : before.where(path))
  checkAll(role, { values: { ...before.values, [name]: value }, where }, {})
  const text = readFileIfExists(configFile) ?? ''
  await write(role, configFile, configFile, await withOption(text, configFile, name, value))
}

/**
 * Writes options into a file of their own beside the main one: `NAME.conf` in the folder of `default_include`. Answers the file.
 * Throws `configuration` as `setOption`, `bad-path` for a name with a folder in it.
 */
export async function writeInclude<T extends OptionTable>(
  role: Role<T>,
  configFile: string,
  [name, values]: readonly [name: string, values: Readonly<Record<string, unknown>>],
): Promise<string> {
  if (basename(name) !== name || !/^\w[\w.-]*$/.test(name)) {
    throw new SaltError('bad-path', `'${name}' cannot be the name of a configuration file`, {
      hint: 'Letters, digits, dots, dashes and underscores; `.conf` is added.',
    })
  }
  const before = await readConfigFiles({ file: configFile, defaultInclude: defaultInclude(role) })
  const where = (path: ValuePath): string | undefined =>
    Object.hasOwn(values, String(path[0])) ? undefined : before.where(path)
  checkAll(role, { values: { ...before.values, ...values }, where }, {})
  const pattern = before.values.default_include ?? defaultInclude(role)
  const folder = join(dirname(configFile), dirname(typeof pattern === 'string' ? pattern : defaultInclude(role)))
  if (!existsSync(folder)) mkdirSync(folder, { recursive: true, mode: folderMode })
  const file = join(folder, `${name}.conf`)
  const { emitYaml } = await import('../../base/yaml-emit.ts')
  await write(role, configFile, file, Object.keys(values).length === 0 ? '' : emitYaml(values))
  return file
}

/** An option that names other files changes more than itself: what a start would refuse with it is taken back. */
async function write<T extends OptionTable>(
  role: Role<T>,
  configFile: string,
  file: string,
  text: string,
): Promise<void> {
  const former = readFileIfExists(file)
  // Users of publisher_acl read the configuration too: a new file shuts out nobody who may read the main one.
  const mode = (modeOf(file) ?? modeOf(configFile) ?? fileMode) & 0o777
  await writeFileAtomic(file, text, mode, { sync: true })
  try {
    checkAll(role, await readConfigFiles({ file: configFile, defaultInclude: defaultInclude(role) }), {})
  } catch (error) {
    if (former === undefined) rmSync(file)
    else await writeFileAtomic(file, former, mode, { sync: true })
    throw error
  }
}

function modeOf(file: string): number | undefined {
  return statSync(file, { throwIfNoEntry: false })?.mode
}

/** The text with the lines of one option replaced, or with the option at its end. */
async function withOption(text: string, file: string, name: string, value: unknown): Promise<string> {
  const { parseYaml, parseYamlWithMarks } = await import('../../base/yaml.ts')
  const { emitYaml } = await import('../../base/yaml-emit.ts')
  const parsed = parseYamlWithMarks(text, { file })
  const values = isRecord(parsed.value) ? parsed.value : {}
  const lines = text === '' ? [] : text.replace(/\n$/, '').split('\n')
  const line = Object.hasOwn(values, name) ? parsed.marks.line([name]) : undefined
  const start = line === undefined ? lines.length : line - 1
  const length = line === undefined ? 0 : lengthOfOption(lines, start)
  const edited = lines.toSpliced(start, length, emitYaml({ [name]: value }).replace(/\n$/, ''))
  const result = `${edited.join('\n')}\n`
  if (isDeepStrictEqual(parseYaml(result, { file }), { ...values, [name]: value })) return result
  throw new SaltError('configuration', `${name} cannot be changed without a change to other options`, {
    where: line === undefined ? file : `${file}:${line}`,
    hint: 'Write each option on lines of its own, or edit the file by hand.',
  })
}

/** Comments and empty lines behind an option belong to the next one. */
function lengthOfOption(lines: readonly string[], start: number): number {
  const next = lines.findIndex((line, index) => index > start && /^[^\s#\-\]}]/.test(line))
  const block = lines.slice(start, next < 0 ? lines.length : next)
  return block.findLastIndex((line, index) => index === 0 || !/^\s*(#|$)/.test(line)) + 1
}
