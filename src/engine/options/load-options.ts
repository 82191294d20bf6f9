/** From files and overrides to checked options: the part that master and minion share. */

import { existsSync } from 'node:fs'
import { isAbsolute, join, resolve, sep } from 'node:path'
import { type ConfigFiles, readConfigFiles } from '../../base/config-file.ts'
import { SaltError } from '../../base/errors.ts'
import { definedOnly } from '../../base/narrow.ts'
import { didYouMean, nearest } from '../../base/text.ts'
import { coerceArgument, formatPath, type ValuePath } from '../../base/validate.ts'
import type { ConfigView } from '../plugin.ts'
import { matchGlob } from '../target/glob.ts'
import { acceptedSaltKeys, isAcceptedSaltKey } from './accepted-salt-keys.ts'
import type { OptionTable, OptionValues } from './option.ts'

export interface LoadRequest {
  /** Folder of the configuration; `$SALT_CONFIG_DIR` or `/etc/salt` when left out. */
  readonly configDir?: string | undefined
  /** Values from the command line by option name; they win over the files. Undefined ones do not count. */
  readonly overrides?: Readonly<Record<string, unknown>>
}

export interface LoadedOptions<T extends OptionTable> {
  readonly values: OptionValues<T>
  /** Every key, those without an own meaning here included; what `config.get` reads. */
  readonly view: ConfigView
  readonly configDir: string
  /** The main file, whether it exists or not. */
  readonly configFile: string
  /** Files that were read, in the order of their weight. */
  readonly files: readonly string[]
  readonly warnings: readonly string[]
  /** `file:line` of a value. */
  where(path: ValuePath): string | undefined
}

export interface Role<T extends OptionTable> {
  /** Name of the main file. */
  readonly name: 'master' | 'minion'
  readonly table: T
  /** Keys that the other daemon has a use for. */
  readonly otherTable: OptionTable
}

const windowsRoot = 'C:\\ProgramData\\Salt Project\\Salt'

function defaultConfigDir(): string {
  const chosen = process.env.SALT_CONFIG_DIR
  if (chosen !== undefined && chosen !== '') return chosen
  return process.platform === 'win32' ? join(windowsRoot, 'conf') : '/etc/salt'
}

/** Reads, checks and completes the options of a role. Throws `configuration` with `file:line` for all that is wrong. */
export async function loadOptions<T extends OptionTable>(
  role: Role<T>,
  request: LoadRequest,
): Promise<LoadedOptions<T>> {
  const configDir = resolve(request.configDir ?? defaultConfigDir())
  if (request.configDir !== undefined && !existsSync(configDir)) {
    throw new SaltError('configuration', `there is no folder ${configDir} with a configuration`, {
      hint: 'Name the folder in which the files `master` and `minion` lie, or leave -c out.',
    })
  }
  const configFile = join(configDir, role.name)
  const files = await readConfigFiles({ file: configFile, defaultInclude: defaultInclude(role) })
  const values = checkAll(role, files, request.overrides ?? {})
  placePaths(role.table, values)
  const all = Object.freeze({ ...files.values, ...definedOnly(request.overrides ?? {}), ...values })
  return {
    // Every key of the table was just checked against the schema that its type comes from.
    values: values as OptionValues<T>,
    view: { all, get: (name) => (Object.hasOwn(all, name) ? all[name as keyof typeof all] : undefined) },
    configDir,
    configFile,
    files: files.sources.map(({ file }) => file),
    warnings: files.warnings,
    where: files.where,
  }
}

/** Glob of the files that are read beside the main one, unless that says otherwise. */
export function defaultInclude<T extends OptionTable>({ name, table }: Role<T>): string {
  const standard = table.default_include?.initial
  return typeof standard === 'string' ? standard : `${name}.d/*.conf`
}

interface Problem {
  readonly where: string | undefined
  readonly message: string
  readonly hint?: string
}

/** The options with their defaults. Throws `configuration` with all that is wrong. */
export function checkAll<T extends OptionTable>(
  role: Role<T>,
  files: Pick<ConfigFiles, 'values' | 'where'>,
  overrides: Readonly<Record<string, unknown>>,
): Record<string, unknown> {
  const problems: Problem[] = []
  const result: Record<string, unknown> = {}
  for (const [name, { initial }] of Object.entries(role.table)) result[name] = initial
  for (const [name, value] of Object.entries(files.values)) {
    if (Object.hasOwn(role.table, name)) checkOne(role.table, name, value, { result, problems, where: files.where })
    else if (!isKnown(role, name, files.values.custom_options))
      problems.push(unknownKey(role, name, files.where([name])))
  }
  for (const [name, value] of Object.entries(definedOnly(overrides))) {
    if (Object.hasOwn(role.table, name))
      checkOne(role.table, name, value, { result, problems, where: () => 'the command line' })
  }
  report(problems)
  return result
}

interface Check {
  readonly result: Record<string, unknown>
  readonly problems: Problem[]
  where(path: ValuePath): string | undefined
}

function checkOne(table: OptionTable, name: string, given: unknown, { result, problems, where }: Check): void {
  const option = table[name]
  if (option === undefined) return
  const { value, issues } = coerceArgument(option.schema, given)
  // `key:` with nothing behind it: the default, where null means nothing of its own.
  if (issues.length > 0 && given === null) return
  for (const { path, message } of issues) {
    problems.push({ where: where([name, ...path]), message: `${formatPath([name, ...path])} ${message}` })
  }
  if (issues.length > 0) return
  const refusal = option.refuse?.(value)
  if (refusal === undefined) result[name] = value
  else problems.push({ where: where([name]), message: `${name} ${refusal.reason}`, hint: refusal.hint })
}

function isKnown<T extends OptionTable>(role: Role<T>, name: string, custom: unknown): boolean {
  if (Object.hasOwn(role.otherTable, name) || isAcceptedSaltKey(name)) return true
  const patterns: readonly unknown[] = Array.isArray(custom) ? custom : []
  return patterns.some((pattern) => typeof pattern === 'string' && matchGlob(pattern, name))
}

function unknownKey<T extends OptionTable>(role: Role<T>, name: string, where: string | undefined): Problem {
  const own = nearest(name, Object.keys(role.table))
  const words = own.length > 0 ? own : nearest(name, [...Object.keys(role.otherTable), ...acceptedSaltKeys])
  return {
    where,
    message: `'${name}' is not an option of the ${role.name}.${didYouMean(words)}`,
    hint: 'If one of your own modules reads this key, name it in the list custom_options.',
  }
}

/** All problems at once: nobody wants to start a daemon ten times to find ten typing mistakes. */
function report(problems: readonly Problem[]): void {
  const [first, ...others] = problems
  if (first === undefined) return
  const lines = others.map(({ where, message }) => `\n${where === undefined ? '' : `${where}: `}${message}`)
  throw new SaltError('configuration', first.message + lines.join(''), {
    ...(first.where === undefined ? {} : { where: first.where }),
    ...(first.hint === undefined ? {} : { hint: first.hint }),
  })
}

function placePaths(table: OptionTable, values: Record<string, unknown>): void {
  const onWindows = process.platform === 'win32'
  const root = resolve(onWindows && values.root_dir === '/' ? windowsRoot : String(values.root_dir))
  values.root_dir = root
  for (const [name, option] of Object.entries(table)) {
    const path = values[name]
    if (option.isPath !== true || typeof path !== 'string' || path === '') continue
    const isDefault = path === option.initial
    values[name] = below(root, onWindows && isDefault ? path.replace(/^\/etc\/salt/, '/conf') : path)
  }
}

/** Salt's rule: every path lies below `root_dir`, an absolute one too, unless it already begins with it. */
function below(root: string, path: string): string {
  if (isAbsolute(path)) {
    const full = resolve(path)
    if (full === root || full.startsWith(root.endsWith(sep) ? root : root + sep)) return full
  }
  return join(root, path)
}
