import { SaltError } from '../../base/errors.ts'
import { isRecord } from '../../base/narrow.ts'

/** A value that must be a YAML mapping, for the option that is named. */
export async function mapping(
  option: string,
  value: string | undefined,
): Promise<Readonly<Record<string, unknown>> | undefined> {
  if (value === undefined) return undefined
  const { parseYaml } = await import('../../base/yaml.ts')
  const parsed = parseYaml(value, { file: option })
  if (isRecord(parsed)) return parsed
  throw new SaltError('usage', `${option} takes a mapping such as '{ticket: 42}', not '${value}'`)
}
