/** What the file of a returner or of a beacon says of itself: in exports of a script, in the description of an executable. */
import { SaltError } from '../../base/errors.ts'
import { isRecord } from '../../base/narrow.ts'
import type { Schema } from '../../base/schema.ts'
import type { PluginFile } from './plugin-files.ts'
import { isSchema, legalName } from './user-module-check.ts'
import { argumentsIn, assertExecutable, type Program, readSidecar, timeoutIn } from './user-program.ts'
import type { ThreadExports } from './user-thread.ts'

export interface Described {
  readonly file: string
  readonly name: string
  readonly doc: string
  readonly options: Readonly<Record<string, Schema>>
  /** Where it does not say which options it has, or allows for others. */
  readonly extra?: Schema
}

/** Throws `bad-arguments` in words for its author. */
export function describedByScript({ values, doc }: ThreadExports, { name: fileName, path }: PluginFile): Described {
  const wrong = (what: string): SaltError => new SaltError('bad-arguments', what, { where: path })
  const { options } = values
  if (options !== undefined && !isRecord(options)) throw wrong('Its options must be a mapping from name to schema.')
  const schemas = Object.entries(options ?? {}).map(([option, schema]) => {
    if (!isSchema(schema)) throw wrong(`The option ${option} needs a schema, such as s.string('What it is').`)
    return [option, schema] as const
  })
  return {
    file: path,
    name: nameIn(values.name, fileName, path),
    doc: doc ?? '',
    options: Object.fromEntries(schemas),
    ...(options === undefined ? { extra: {} } : {}),
  }
}

export interface DescribedProgram extends Described, Program {
  readonly sidecar: Readonly<Record<string, unknown>>
}

/** Throws `bad-arguments` in words for its author. */
export function describedByFile(file: PluginFile): DescribedProgram {
  const sidecar = readSidecar(file)
  const where = file.sidecar ?? file.path
  const { args: options, extra } = argumentsIn(sidecar.options ?? { additionalProperties: true }, 'options', where)
  assertExecutable(file.path)
  return {
    file: file.path,
    name: nameIn(sidecar.name, file.name, where),
    doc: typeof sidecar.doc === 'string' ? sidecar.doc : '',
    options,
    ...(extra === undefined ? {} : { extra }),
    timeoutMs: timeoutIn(sidecar),
    sidecar,
  }
}

function nameIn(given: unknown, fileName: string, where: string): string {
  const name = given ?? fileName
  if (typeof name === 'string' && legalName.test(name)) return name
  throw new SaltError('bad-arguments', 'Its name must be made of small letters, digits and _.', { where })
}
