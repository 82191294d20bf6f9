/** Salt's `stack`: a list of YAML templates, each merged into what those before it gave, as a `__` in it says. */
import { readFile } from 'node:fs/promises'
import { basename, dirname } from 'node:path'
import { SaltError, systemCode } from '../../../base/errors.ts'
import { resolveInside } from '../../../base/files.ts'
import { isRecord } from '../../../base/narrow.ts'
import { pythonString } from '../../../base/python-repr.ts'
import { FileRoots, filesOfRoots } from '../../files/file-roots.ts'
import { loadYaml } from '../../render/data/yaml-load.ts'
import { TemplateWorld } from '../../render/template-world.ts'
import { Dict } from '../../render/values/dict.ts'
import { isTrue } from '../../render/values/iterate.ts'
import type { Value } from '../../render/values/kinds.ts'
import { str } from '../../render/values/print.ts'
import { traverse } from '../../target/traverse.ts'
import { withFiles } from '../pillar-context.ts'
import { expandGlob } from './glob-files.ts'
import type { PillarSource, SourceRequest } from './pillar-source.ts'
import { mergeStack } from './stack-merge.ts'

export const stack: PillarSource = async (request, options) => {
  let data: Dict = new Dict()
  for (const file of configFiles(request, options)) data = await throughConfig(request, file, data)
  return data
}

/** Plain paths first, then those that a value of pillar, grains or options chooses: `grains:os: {Debian: [/a.cfg]}`. */
function configFiles({ pillar, ctx }: SourceRequest, options: unknown): readonly string[] {
  const places: Readonly<Record<string, unknown>> = { pillar, grains: ctx.grains, opts: ctx.config.all }
  const files: string[] = []
  for (const part of Array.isArray(options) ? options : [options]) {
    if (typeof part === 'string') files.push(part)
    for (const [place, choices] of isRecord(part) ? Object.entries(part) : []) {
      const [name = '', ...path] = place.split(':')
      if (!Object.hasOwn(places, name) || !isRecord(choices))
        throw new SaltError('configuration', `'${place}' must begin with pillar:, grains: or opts:, and name a mapping`)
      const value = traverse(places[name], path.join(':'))
      const chosen = value === undefined ? undefined : choices[pythonString(value)]
      files.push(...(Array.isArray(chosen) ? chosen : [chosen]).filter((file) => typeof file === 'string'))
    }
  }
  return files
}

async function throughConfig(request: SourceRequest, file: string, before: Dict): Promise<Dict> {
  const { log } = request
  const list = await textOf(file)
  if (list === undefined) {
    log.info('a list of stack is not there', { file })
    return before
  }
  const folder = dirname(file)
  const saltenv = request.question.saltenv ?? 'base'
  const world = new TemplateWorld(withFiles(request.ctx, filesOfRoots(new FileRoots({ [saltenv]: [folder] }))))
  let data = before
  const lines = (await renderWith(request, world, { text: list, file, stack: data })).split('\n')
  for (const line of lines.map((one) => one.trim()).filter((one) => one !== '')) {
    const paths = await expandGlob(folder, line)
    if (paths.length === 0) log.info('stack found no such template', { file: line, folder })
    for (const path of paths) {
      const text = (await textOf(resolveInside(folder, path))) ?? ''
      const value = loadYaml(await renderWith(request, world, { text, file: path, stack: data }))
      if (value instanceof Dict) data = mergeStack(data, value)
      else if (isTrue(value))
        log.info('a template of stack gives no mapping', { file: path, gives: str(value).slice(0, 20) })
    }
  }
  return data
}

async function renderWith(
  { id, pillar, ctx, question }: SourceRequest,
  world: TemplateWorld,
  { text, file, stack: data }: { text: string; file: string; stack: Value },
): Promise<string> {
  const variables = { minion_id: id, pillar, stack: data, __grains__: ctx.grains, __opts__: ctx.config.all }
  const saltenv = question.saltenv ?? 'base'
  return (await world.render({ text, file: basename(file), saltenv, variables })).text
}

async function textOf(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8')
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return undefined
    throw error
  }
}
