/** Pillar from a web server. */
import { SaltError } from '../../../base/errors.ts'
import { isRecord } from '../../../base/narrow.ts'
import { pythonString } from '../../../base/python-repr.ts'
import { readJson } from '../../render/data/json-read.ts'
import { loadYaml } from '../../render/data/yaml-load.ts'
import type { Value } from '../../render/values/kinds.ts'
import { traverse } from '../../target/traverse.ts'
import { mappingFrom } from './command-source.ts'
import { namedOptions, type PillarSource, type SourceRequest } from './pillar-source.ts'

const optionNames = ['url', 'with_grains', 'username', 'password', 'header_dict', 'ca_bundle', 'verify_ssl'] as const

export const httpJson: PillarSource = (request, options) => fetchFor(request, options, 'JSON', readJson)

export const httpYaml: PillarSource = (request, options) => fetchFor(request, options, 'YAML', loadYaml)

async function fetchFor(
  request: SourceRequest,
  options: unknown,
  format: string,
  read: (text: string) => Value,
): Promise<Value> {
  const { url, with_grains: withGrains, ...more } = namedOptions(options, optionNames)
  if (typeof url !== 'string' || !/^https?:\/\//.test(url))
    throw new SaltError('configuration', 'it needs the url of a web server')
  const address = addressFor(request, url, withGrains === true)
  const shown = address.replace(/\/\/[^@/]*@/, '//').replace(/\?.*/s, '')
  const seconds = request.settings.sourceTimeoutMs / 1000
  const answer = await request.ctx.salt('http.query', [address], {
    ...more,
    status: true,
    text: true,
    opts: { http_connect_timeout: seconds, http_request_timeout: seconds },
  })
  const { status, body, text, error } = isRecord(answer) ? answer : {}
  if (error !== undefined) throw new SaltError('execution-failed', `${shown} cannot be read: ${pythonString(error)}`)
  if (Number(status) >= 300)
    throw new SaltError('execution-failed', `${shown} answered with the status ${pythonString(status)}`)
  return mappingFrom(String(body ?? text ?? ''), `the answer of ${shown}`, format, read)
}

/** `%s` is the id; with `with_grains`, `<os>` the grain of this name. */
function addressFor({ id, ctx }: SourceRequest, url: string, withGrains: boolean): string {
  const address = url.replaceAll('%s', encodeURIComponent(id))
  if (!withGrains) return address
  return address.replaceAll(/<(.*?)>/g, (_, name: string) => {
    const value = traverse(ctx.grains, name)
    if (value === undefined || value === null || value === '')
      throw new SaltError('execution-failed', `the minion has no grain '${name}', which the address needs`)
    return encodeURIComponent(pythonString(value))
  })
}
