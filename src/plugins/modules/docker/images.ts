/** Images: their names, pulling them, and what the Engine tells of them. */
import { isRecord } from '../../../base/narrow.ts'
import type { FunctionContext } from '../../../engine/plugin.ts'
import { recordOf } from './containers.ts'
import { engineList, engineMessages, engineRecord, type Fields } from './engine.ts'

export interface ImageName {
  /** With the registry, if it has one. */
  readonly repository: string
  readonly tag: string
  /** `@sha256:…` names one image for good. */
  readonly digest?: string
}

/** `nginx` means `nginx:latest`; a colon before a slash is a port. */
export function imageName(text: string): ImageName {
  const at = text.indexOf('@')
  if (at > 0) return { repository: text.slice(0, at), tag: '', digest: text.slice(at + 1) }
  const colon = text.lastIndexOf(':')
  if (colon < 0 || text.indexOf('/', colon) >= 0) return { repository: text, tag: 'latest' }
  return { repository: text.slice(0, colon), tag: text.slice(colon + 1) }
}

export function fullName(text: string): string {
  const { repository, tag, digest } = imageName(text)
  return digest === undefined ? `${repository}:${tag}` : `${repository}@${digest}`
}

/** A path to an image: slashes are part of its name, and the Engine wants them as they are. */
export function imagePath(name: string): string {
  return name.split('/').map(encodeURIComponent).join('/').replaceAll('%3A', ':').replaceAll('%40', '@')
}

export function inspectImage(ctx: FunctionContext, name: string): Promise<Fields> {
  return engineRecord(ctx, 'GET', `/images/${imagePath(name)}/json`)
}

export async function listTags(ctx: FunctionContext): Promise<string[]> {
  const tags = (await engineList(ctx, '/images/json')).flatMap(({ RepoTags }) =>
    Array.isArray(RepoTags) ? RepoTags.map(String) : [],
  )
  return [...new Set(tags)].filter((tag) => tag !== '<none>:<none>').sort()
}

/** The registry that an image comes from; undefined for the usual one. */
function registryOf(repository: string): string | undefined {
  const [first = '', ...rest] = repository.split('/')
  return rest.length > 0 && (/[.:]/.test(first) || first === 'localhost') ? first : undefined
}

/** Credentials of the pillar's or the configuration's `docker-registries`: registry → username, password, email. */
function registryHeaders(ctx: FunctionContext, repository: string): Record<string, string> {
  const wanted = registryOf(repository)
  for (const source of [ctx.pillar['docker-registries'], ctx.config.get('docker-registries')]) {
    for (const [address, login] of Object.entries(isRecord(source) ? source : {})) {
      const host = address.replace(/^https?:\/\//, '').split('/')[0]
      const isUsual = wanted === undefined && (address === 'hub' || /docker\.io$/.test(host ?? ''))
      if (!isRecord(login) || (host !== wanted && !isUsual)) continue
      const { username, password, email } = login
      const account = { username, password, email, serveraddress: address }
      return { 'x-registry-auth': Buffer.from(JSON.stringify(account)).toString('base64url') }
    }
  }
  return {}
}

/** Layers, and what the Engine says of the whole. */
export async function pullImage(ctx: FunctionContext, name: string): Promise<Fields> {
  const { repository, tag, digest } = imageName(name)
  const started = performance.now()
  const query = { fromImage: repository, tag: digest ?? tag }
  const messages = await engineMessages(ctx, 'POST', '/images/create', {
    query,
    headers: registryHeaders(ctx, repository),
  })
  const layers = (pattern: RegExp): string[] => [
    ...new Set(
      messages.flatMap(({ id, status }) => (typeof id === 'string' && pattern.test(String(status)) ? [id] : [])),
    ),
  ]
  const last = messages.findLast(({ status }) => /^Status: /.test(String(status)))
  const [there, fresh] = [layers(/^Already exists/), layers(/^Pull complete|^Download complete/)]
  return {
    Layers: {
      ...(there.length === 0 ? {} : { Already_Pulled: there }),
      ...(fresh.length === 0 ? {} : { Pulled: fresh }),
    },
    ...(last === undefined ? {} : { Status: String(last.status).replace(/^Status: /, '') }),
    Time_Elapsed: (performance.now() - started) / 1000,
  }
}

/** Whether pulling brought something that was not there. */
export function hasNews(pulled: Fields): boolean {
  return recordOf(pulled.Layers).Pulled !== undefined
}
