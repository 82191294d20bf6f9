/** `file.serialize` */
import { isRecord } from '../../../base/narrow.ts'
import { pythonString } from '../../../base/python-repr.ts'
import { readWhole } from '../../../base/read-whole.ts'
import { type StaticProperties, s } from '../../../base/schema.ts'
import { Secret } from '../../../base/secret.ts'
import type { Serializer, SerializerOptions } from '../../../engine/functions/serialization/serializers.ts'
import { type StateContext, state } from '../../../engine/plugin.ts'
import { impossible, right } from '../../../engine/state/plan.ts'
import { traverse } from '../../../engine/target/traverse.ts'
import { encodeContents } from '../../modules/file/managing/contents-encoding.ts'
import type { BytesContent } from '../../modules/file/managing/new-content.ts'
import { planFile } from '../../modules/file/managing/plan-file.ts'
import { reasonOf } from '../../modules/file/managing/plan-words.ts'
import { isFolder, isRegularFile } from '../../modules/file/status.ts'
import { fileMode, isPlan, makedirs, owner, ownerOf, owners, pathName, showChanges, targetPath } from './arguments.ts'
import { planForOwners } from './unknown-owners.ts'

const options = (what: string) => s.optional(s.any(`Options of the ${what}: a mapping, or a list of them`))

const serializeArguments = {
  name: pathName,
  dataset: s.optional(s.any('The data')),
  dataset_pillar: s.optional(s.string('Path of the data in the pillar')),
  ...owners,
  owner,
  mode: fileMode,
  backup: s.withDefault(s.union([s.string(), s.boolean(), s.null()], '`minion`: keep a copy of the old file'), ''),
  makedirs,
  show_changes: showChanges,
  create: s.withDefault(s.boolean('Make it where it is missing'), true),
  merge_if_exists: s.withDefault(s.boolean('Keep what the file has besides'), false),
  encoding: s.optional(s.string('Encoding of the file, as Python calls it; UTF-8 by default')),
  encoding_errors: s.withDefault(s.string('What becomes of characters that it does not have'), 'strict'),
  serializer: s.optional(s.string('yaml, json, python, configparser, keyvalue, toml or msgpack; yaml when left out')),
  serializer_opts: options('writer'),
  deserializer_opts: options('reader'),
  formatter: s.optional(s.string('Another name of `serializer`')),
}

type SerializeArguments = StaticProperties<typeof serializeArguments>

export const serializeState = {
  serialize: state({
    doc: 'Make sure that a file holds data in a format such as YAML or JSON.',
    args: serializeArguments,
    examples: [
      '/etc/app/config.json:\n  file.serialize:\n    - dataset:\n        workers: 4\n        listen: [127.0.0.1]\n    - serializer: json',
    ],
    async plan(ctx, want) {
      const path = targetPath(want.name, 'serialize')
      if (isPlan(path)) return path
      if (!want.create && !isRegularFile(path)) {
        return right(`File ${path} is not present and is not set for creation`)
      }
      const data = dataOf(ctx, want)
      if (typeof data === 'string') return impossible(data)
      const name = (want.serializer || want.formatter || 'yaml').toLowerCase()
      const { serializers } = await import('../../../engine/functions/serialization/serializers.ts')
      const serializer = Object.hasOwn(serializers, name) ? serializers[name] : undefined
      if (serializer === undefined) {
        return impossible(
          `The ${name} serializer could not be found. It either does not exist or its prerequisites are not installed.`,
        )
      }
      if (isFolder(path)) return impossible(`Specified target ${path} is a directory`)
      const request = { ...want, user: ownerOf(want) }
      const plan = await planForOwners(ctx, request, async (metadata) => {
        const written = await writtenData(path, want, { ...data, name, serializer })
        if (written === 'same') return right(`The file ${path} is in the correct state`)
        if (typeof written === 'string') return impossible(written)
        return await planFile(ctx, {
          path,
          content: { ...written, isSecret: data.isSecret },
          isSourced: false,
          metadata,
          makedirs: want.makedirs,
          backup: typeof want.backup === 'string' ? want.backup : undefined,
          showChanges: want.show_changes,
          isTemplate: false,
          followLinks: true,
          changeComment: `Dataset will be serialized and stored into ${path}`,
        })
      })
      const warnings = warningsOf(want, serializer)
      return warnings.length === 0 ? plan : { ...plan, warnings: [...warnings, ...(plan.warnings ?? [])] }
    },
  }),
}

interface Dataset {
  readonly data: unknown
  readonly isSecret: boolean
}

/** The data, or why there is none. */
function dataOf(ctx: StateContext, { dataset, dataset_pillar: path, ...want }: SerializeArguments): Dataset | string {
  if (want.serializer && want.formatter) return 'Only one of serializer and formatter are allowed'
  if (path && dataset) return "Only one of 'dataset' and 'dataset_pillar' is permitted"
  const data = path ? (traverse(ctx.pillar, path) ?? '') : dataset
  if (data === undefined || data === null) return "Neither 'dataset' nor 'dataset_pillar' was defined"
  return { data, isSecret: holdsSecret(data) }
}

function holdsSecret(value: unknown): boolean {
  if (value instanceof Secret) return true
  if (Array.isArray(value)) return value.some(holdsSecret)
  return isRecord(value) && Object.values(value).some(holdsSecret)
}

/** What the file shall hold, `same` where merging changes nothing, or why it cannot be told. */
async function writtenData(
  path: string,
  want: SerializeArguments,
  { data, name, serializer }: { readonly data: unknown; readonly name: string; readonly serializer: Serializer },
): Promise<BytesContent | string> {
  const { fromPlain, deepCopy } = await import('../../../engine/render/values/plain.ts')
  const hasEncoding = want.encoding !== undefined && want.encoding !== ''
  const given = { ...(hasEncoding ? { ensure_ascii: false } : {}), ...optionsOf(want.serializer_opts) }
  let value = fromPlain(data)
  if (want.merge_if_exists && isRegularFile(path)) {
    if (serializer.read === undefined) return `merge_if_exists is not supported for the ${name} serializer`
    const { updateDict } = await import('../../../engine/render/functions/dict-update.ts')
    try {
      const existing = serializer.read(readWhole(path))
      const merged = existing === null ? value : updateDict(deepCopy(existing), value)
      if (existing !== null && textOf(serializer.write(existing, given)) === textOf(serializer.write(merged, given))) {
        return 'same'
      }
      value = merged
    } catch (error) {
      return `Failed to deserialize existing data: ${reasonOf(error)}`
    }
  }
  const written = serializer.write(value, given)
  if (typeof written !== 'string') return { kind: 'bytes', bytes: Buffer.from(written) }
  return { kind: 'bytes', bytes: encodeContents(`${written}\n`, want.encoding, want.encoding_errors) }
}

function textOf(written: string | Uint8Array): string {
  return typeof written === 'string' ? written : Buffer.from(written).toString('latin1')
}

/** `[{indent: 4}, {sort_keys: false}]` or `{indent: 4, sort_keys: false}`. */
function optionsOf(given: unknown): SerializerOptions {
  const parts = Array.isArray(given) ? given : [given]
  return Object.assign({}, ...parts.filter(isRecord))
}

function warningsOf(want: SerializeArguments, serializer: Serializer): string[] {
  const unknown = Object.keys(optionsOf(want.serializer_opts)).filter((name) => !serializer.options.includes(name))
  return [
    ...unknown.map((name) => `'${pythonString(name)}' of serializer_opts has no effect here`),
    ...(want.deserializer_opts === undefined || want.merge_if_exists
      ? []
      : ["The 'deserializer_opts' option is ignored unless merge_if_exists is set to True."]),
  ]
}
