/** What templates see while SLS files are checked: grains and pillar of files or of this host, and functions that do nothing. */
import { readFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { SaltError, systemCode } from '../../base/errors.ts'
import { silentLog } from '../../base/log.ts'
import { isRecord } from '../../base/narrow.ts'
import { parseYaml } from '../../base/yaml.ts'
import type { ConfigView } from '../../engine/config-view.ts'
import { createFunctionContext } from '../../engine/functions/context.ts'
import { GrainsSource } from '../../engine/functions/grains.ts'
import type { FunctionContext, Grains } from '../../engine/plugin.ts'
import { HarmlessFunctions } from '../../engine/state/lint/harmless-functions.ts'
import { createCatalogues } from '../../plugins/catalogues.ts'
import { grainsRegistry } from '../../plugins/registry.ts'
import type { OptionValues } from '../parse-command.ts'

type Mapping = Readonly<Record<string, unknown>>

/** A context for the files below some roots. */
export async function lintContext(options: OptionValues): Promise<(roots: readonly string[]) => FunctionContext> {
  const pillar = await mappingIn(options.text('pillar'), '--pillar')
  const grains = (await mappingIn(options.text('grains'), '--grains')) ?? (await hostGrains())
  const id = options.text('id') ?? (typeof grains.id === 'string' ? grains.id : 'minion')
  const saltenv = options.text('saltenv') ?? 'base'
  const catalogues = createCatalogues({ grains })
  return (roots) =>
    createFunctionContext({
      ...{ id, pillar: pillar ?? {}, log: silentLog, signal: new AbortController().signal, job: undefined },
      ...catalogues,
      catalogue: new HarmlessFunctions(catalogues.catalogue),
      grains: () => ({ ...grains, id }),
      config: viewOf({
        ...{ id, file_client: 'local', file_roots: { base: roots, [saltenv]: roots } },
        cachedir: join(tmpdir(), 'salt-lint'),
        renderer_blacklist: options.has('scripts') ? [] : ['ts'],
      }),
    }).context
}

function viewOf(all: Mapping): ConfigView {
  return { all, get: (name) => all[name] }
}

async function hostGrains(): Promise<Grains> {
  const source = new GrainsSource({ registry: grainsRegistry, config: viewOf({}), log: silentLog })
  await source.prepare()
  return source.read()
}

/** Throws `usage` for a file that cannot be read or has something else. JSON is YAML, too. */
async function mappingIn(file: string | undefined, option: string): Promise<Mapping | undefined> {
  if (file === undefined) return undefined
  let text: string
  try {
    text = await readFile(file, 'utf8')
  } catch (cause) {
    throw new SaltError('usage', `${file} cannot be read (${systemCode(cause) ?? 'unknown error'})`, { cause })
  }
  const value = parseYaml(text) ?? {}
  if (isRecord(value)) return value
  throw new SaltError('usage', `${option} needs a file with a mapping`, { where: file })
}
