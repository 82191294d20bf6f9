/** The options of a returner: from the configuration, a profile of it, and the arguments of one job. */
import { SaltError } from '../../base/errors.ts'
import type { Schema } from '../../base/schema.ts'
import { Secret } from '../../base/secret.ts'
import { didYouMean, nearest } from '../../base/text.ts'
import { coerceArgument, formatPath, isMapping, type ValuePath } from '../../base/validate.ts'
import type { ReturnerDefinition } from '../returner.ts'
import { insteadOfOption } from './salt-names.ts'

/** How a job, a sink or the configuration names a returner. */
export interface ReturnerRequest {
  readonly name: string
  /** Salt's `--return_config`: a profile, whose options stand under `PROFILE.NAME.OPTION`. */
  readonly profile?: string
  /** Salt's `--return_kwargs`: they win over the configuration. */
  readonly kwargs?: Readonly<Record<string, unknown>>
}

export interface OptionSource {
  /** The whole configuration. */
  readonly all: Readonly<Record<string, unknown>>
  /** `file:line` of a value of it. */
  where?(path: ValuePath): string | undefined
}

type Described = Pick<ReturnerDefinition, 'name' | 'options' | 'extra' | 'listOption'>

interface Given {
  readonly value: unknown
  /** As a reader knows it: `redis.host`, or `return_kwargs: host`. */
  readonly shown: string
  readonly where: string | undefined
}

/**
 * The options that a returner is opened with: those of the profile win over those of the plain name, those of `kwargs` over both.
 * Throws `configuration` for what the configuration has, `bad-arguments` for what `kwargs` have; neither shows a secret.
 */
export function returnerOptions(
  { name, options, extra, listOption }: Described,
  request: Omit<ReturnerRequest, 'name'>,
  source: OptionSource,
): Readonly<Record<string, unknown>> {
  const configured = new Map<string, Given>()
  const list = Object.hasOwn(source.all, name) ? source.all[name] : undefined
  if (listOption !== undefined && Array.isArray(list))
    configured.set(listOption, { value: list, shown: name, where: source.where?.([name]) })
  for (const prefix of prefixes(name, request.profile)) {
    for (const [option, given] of under(source, prefix)) configured.set(option, given)
  }
  const result: Record<string, unknown> = {}
  const kwargs = request.kwargs ?? {}
  const given = new Set([...configured.keys(), ...Object.keys(kwargs)])
  const others = [...given].filter((option) => !Object.hasOwn(options, option))
  const schemas =
    extra === undefined ? options : { ...Object.fromEntries(others.map((one) => [one, extra])), ...options }
  for (const option of configured.keys()) assertKnown(name, schemas, option, configured.get(option))
  for (const option of Object.keys(kwargs)) assertKnown(name, schemas, option, undefined)
  for (const [option, schema] of Object.entries(schemas)) {
    const value = Object.hasOwn(kwargs, option)
      ? checked(schema, kwargs[option], (issue) => wrongArgument(name, option, issue))
      : checked(schema, configured.get(option)?.value, (issue) =>
          wrongValue(name, option, configured.get(option), issue),
        )
    if (value !== undefined) result[option] = value
  }
  return result
}

/** Later ones win. Some of Salt's returners read `returner.NAME.OPTION`. */
function prefixes(name: string, profile: string | undefined): readonly (readonly string[])[] {
  const plain = [['returner', name], [name]]
  return profile === undefined || profile === '' ? plain : [...plain, ...plain.map((prefix) => [profile, ...prefix])]
}

type AddOption = (option: string, value: unknown, path: ValuePath) => void

/** What the configuration has below a prefix: as keys with points, as mappings, and as a mixture of both. */
function under({ all, where }: OptionSource, prefix: readonly string[]): ReadonlyMap<string, Given> {
  const found = new Map<string, Given>()
  const shown = prefix.join('.')
  collect(all, prefix, [], (option, value, path) => {
    found.set(option, { value, shown: `${shown}.${option}`, where: where?.(path) })
  })
  return found
}

function collect(value: unknown, prefix: readonly string[], path: ValuePath, add: AddOption): void {
  if (!isMapping(value)) return
  for (let count = 1; count < prefix.length; count += 1) {
    const key = prefix.slice(0, count).join('.')
    if (Object.hasOwn(value, key)) collect(value[key], prefix.slice(count), [...path, key], add)
  }
  const whole = prefix.join('.')
  if (Object.hasOwn(value, whole)) addMapping(value[whole], [...path, whole], add)
  for (const [key, item] of Object.entries(value)) {
    if (key.startsWith(`${whole}.`)) add(key.slice(whole.length + 1), item, [...path, key])
  }
}

function addMapping(value: unknown, path: ValuePath, add: AddOption): void {
  if (!isMapping(value)) return
  for (const [option, item] of Object.entries(value)) add(option, item, [...path, option])
}

function assertKnown(
  name: string,
  options: Readonly<Record<string, Schema>>,
  option: string,
  given: Given | undefined,
): void {
  if (Object.hasOwn(options, option)) return
  const known = Object.keys(options)
  const list = known.length === 0 ? 'It has no options.' : `Its options are ${known.join(', ')}.`
  const instead = insteadOfOption(name, option)
  const hint = instead === undefined ? list : `${instead} ${list}`
  const near = instead === undefined ? didYouMean(nearest(option, known)) : ''
  if (given === undefined)
    throw new SaltError('bad-arguments', `the returner ${name} has no option '${option}'.${near}`, { hint })
  throw new SaltError('configuration', `'${given.shown}' is no option of the returner ${name}.${near}`, {
    hint,
    ...(given.where === undefined ? {} : { where: given.where }),
  })
}

/** With a message that names the value only where everybody may see it. */
function checked(schema: Schema, given: unknown, fault: (issue: string) => SaltError): unknown {
  const { value, issues } = coerceArgument(schema, given)
  const [issue] = issues
  if (issue !== undefined) {
    const place = formatPath(issue.path)
    const isMissing = given === undefined || given === null
    const words = holdsSecret(schema) && !isMissing ? 'does not have the right form' : issue.message
    throw fault(place === '' ? words : `(${place}) ${words}`)
  }
  return hidden(schema, value)
}

/** The schemas of what is inside. */
function parts({ items, properties, additionalProperties, anyOf }: Schema): readonly Schema[] {
  return [
    ...(items === undefined ? [] : [items]),
    ...Object.values(properties ?? {}),
    ...(typeof additionalProperties === 'object' ? [additionalProperties] : []),
    ...(anyOf ?? []),
  ]
}

function holdsSecret(schema: Schema): boolean {
  return schema.format === 'secret' || parts(schema).some(holdsSecret)
}

/** The value with each secret text of it wrapped. */
function hidden(schema: Schema | undefined, value: unknown): unknown {
  if (schema === undefined || value === undefined || !holdsSecret(schema)) return value
  const alternative = schema.anyOf?.find((one) => holdsSecret(one) && coerceArgument(one, value).issues.length === 0)
  if (alternative !== undefined) return hidden(alternative, value)
  if (schema.format === 'secret' && typeof value === 'string') return new Secret(value)
  if (Array.isArray(value)) return value.map((item) => hidden(schema.items, item))
  if (!isMapping(value)) return value
  const rest = typeof schema.additionalProperties === 'object' ? schema.additionalProperties : undefined
  return Object.fromEntries(
    Object.entries(value).map(([name, item]) => [name, hidden(schema.properties?.[name] ?? rest, item)]),
  )
}

function wrongArgument(name: string, option: string, issue: string): SaltError {
  return new SaltError('bad-arguments', `the option '${option}' of the returner ${name} ${issue}`)
}

function wrongValue(name: string, option: string, given: Given | undefined, issue: string): SaltError {
  if (given !== undefined) {
    const where = given.where === undefined ? {} : { where: given.where }
    return new SaltError('configuration', `${given.shown} ${issue}`, where)
  }
  return new SaltError('configuration', `the option '${option}' of the returner ${name} ${issue}`, {
    hint: `Set ${name}.${option} in the configuration, or give it with --return_kwargs.`,
  })
}
