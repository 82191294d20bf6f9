/** Functions of `docker` for images. */
import { createReadStream, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { SaltError } from '../../../base/errors.ts'
import { s } from '../../../base/schema.ts'
import { mustRun } from '../../../engine/functions/host-programs.ts'
import { type FunctionContext, fn } from '../../../engine/plugin.ts'
import { EngineError, engineJson, engineList, engineMessages, type Fields } from './engine.ts'
import { fullName, imageName, imagePath, inspectImage, listTags, pullImage } from './images.ts'

const name = s.string('Name of the image, with a tag as nginx:1.27, or its id')

async function imageTable(ctx: FunctionContext, all: boolean): Promise<Record<string, Fields>> {
  const found = await engineList(ctx, '/images/json', { all: all ? 1 : undefined })
  return Object.fromEntries(found.map(({ Id, ...rest }) => [String(Id), rest]))
}

/** Removes images; those that cannot go are told, and do not keep the others. */
async function removeImages(ctx: FunctionContext, names: readonly string[], force: boolean, prune: boolean) {
  const before = Object.keys(await imageTable(ctx, true))
  const tagsBefore = await listTags(ctx)
  const errors: string[] = []
  for (const one of names) {
    try {
      await engineJson(ctx, 'DELETE', `/images/${imagePath(one)}`, {
        query: { force: force ? 1 : undefined, noprune: prune ? undefined : 1 },
      })
    } catch (error) {
      if (!(error instanceof EngineError)) throw error
      errors.push(`Unable to remove image '${one}': ${error.message}`)
    }
  }
  const after = Object.keys(await imageTable(ctx, true))
  const tagsAfter = await listTags(ctx)
  return {
    Layers: before.filter((id) => !after.includes(id)),
    Tags: tagsBefore.filter((tag) => !tagsAfter.includes(tag)),
    ...(errors.length === 0 ? {} : { Errors: errors }),
  }
}

/** Id of the image that was built or loaded, and the name that it was given. */
async function nameImage(ctx: FunctionContext, id: string, image: string | undefined): Promise<Fields> {
  if (image === undefined) return { Id: id }
  const { repository, tag } = imageName(image)
  await engineJson(ctx, 'POST', `/images/${imagePath(id)}/tag`, { query: { repo: repository, tag } })
  return { Id: id, Image: fullName(image) }
}

interface BuildArguments {
  readonly path: string
  readonly image?: string | undefined
  readonly dockerfile?: string | undefined
  readonly cache: boolean
  readonly rm: boolean
  readonly network_mode?: string | undefined
  readonly labels?: Readonly<Record<string, unknown>> | undefined
  readonly buildargs?: Readonly<Record<string, unknown>> | undefined
}

async function buildImage(ctx: FunctionContext, args: BuildArguments): Promise<Fields> {
  const folder = mkdtempSync(join(tmpdir(), 'docker-'))
  try {
    const archive = join(folder, 'context.tar')
    await mustRun(ctx, ['tar', '-c', '-f', archive, '-C', ctx.at(args.path), '.'])
    const query = {
      ...{ t: args.image === undefined ? undefined : fullName(args.image), dockerfile: args.dockerfile },
      ...{ nocache: args.cache ? undefined : 1, rm: args.rm ? 1 : 0, networkmode: args.network_mode },
      ...{ labels: args.labels, buildargs: args.buildargs },
    }
    const messages = await engineMessages(ctx, 'POST', '/build', { query, body: createReadStream(archive) })
    const text = messages.map(({ stream }) => (typeof stream === 'string' ? stream : '')).join('')
    const id = messages.map(({ aux }) => (aux as Fields | undefined)?.ID).findLast((one) => typeof one === 'string')
    const short = /Successfully built ([0-9a-f]+)/.exec(text)?.[1]
    const found = id ?? short
    if (typeof found !== 'string')
      throw new SaltError('execution-failed', `The image was not built: ${text.trim().split('\n').at(-1) ?? ''}`)
    return { Id: found, ...(args.image === undefined ? {} : { Image: fullName(args.image) }) }
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

async function loadImage(ctx: FunctionContext, path: string, image: string | undefined): Promise<Fields> {
  const local = path.includes('://') ? await ctx.salt('cp.cache_file', [path]) : path
  if (typeof local !== 'string' || local === '')
    throw new SaltError('execution-failed', `Source file ${path} not found`)
  const before = Object.keys(await imageTable(ctx, true))
  const messages = await engineMessages(ctx, 'POST', '/images/load', {
    query: { quiet: 1 },
    body: createReadStream(ctx.at(local)),
  })
  const text = messages.map(({ stream }) => String(stream ?? '')).join('')
  const [, loaded] = /Loaded image(?: ID)?: (\S+)/.exec(text) ?? []
  if (loaded === undefined) throw new SaltError('execution-failed', `${path} holds no image`)
  const id = String((await inspectImage(ctx, loaded)).Id)
  const named = await nameImage(ctx, id, image)
  const layers = Object.keys(await imageTable(ctx, true)).filter((one) => !before.includes(one))
  return { Path: path, ...named, Layers: layers }
}

export const imageFunctions = {
  images: fn({
    doc: 'List the images.',
    args: {
      verbose: s.withDefault(s.boolean('Tell all that the Engine knows of each'), false),
      all: s.withDefault(s.boolean('Also layers without a name'), false),
    },
    returns: s.record(s.record(s.any()), 'Id → what is known'),
    examples: ["salt '*' docker.images"],
    async run(ctx, args) {
      const found = await imageTable(ctx, args.all)
      if (!args.verbose) return found
      return Object.fromEntries(
        await Promise.all(
          Object.entries(found).map(async ([id, one]) => [id, { ...one, Info: await inspectImage(ctx, id) }]),
        ),
      )
    },
  }),
  list_tags: fn({
    doc: 'List the names of all images, with their tags.',
    args: {},
    returns: s.array(s.string()),
    examples: ["salt '*' docker.list_tags"],
    run: (ctx) => listTags(ctx),
  }),
  inspect_image: fn({
    doc: 'Tell all that the Engine knows of an image.',
    args: { name },
    returns: s.record(s.any()),
    examples: ["salt '*' docker.inspect_image nginx:1.27"],
    run: async (ctx, args) => ({ ...(await inspectImage(ctx, args.name)) }),
  }),
  history: fn({
    doc: 'List the steps in which an image was made, the first one first.',
    args: { name },
    returns: s.array(s.record(s.any())),
    examples: ["salt '*' docker.history nginx:1.27"],
    run: async (ctx, args) =>
      (await engineList(ctx, `/images/${imagePath(args.name)}/history`)).map((one) => ({ ...one })).reverse(),
  }),
  pull: fn({
    doc: 'Fetch an image from its registry, with the credentials of docker-registries in the pillar or the configuration.',
    args: {
      image: s.string('Name of the image, with a tag as nginx:1.27'),
      insecure_registry: s.withDefault(s.boolean('Accepted, and without effect here: the Engine decides'), false),
      api_response: s.withDefault(s.boolean('Accepted, and without effect here'), false),
      client_timeout: s.optional(s.integer('Accepted, and without effect here')),
    },
    returns: s.record(s.any(), 'Layers, Status and Time_Elapsed'),
    examples: ["salt '*' docker.pull nginx:1.27"],
    run: async (ctx, args) => ({ ...(await pullImage(ctx, args.image)) }),
  }),
  tag: fn({
    doc: 'Give an image another name.',
    args: {
      name,
      repository: s.string('The other name'),
      tag: s.withDefault(s.string('Its tag'), 'latest'),
      force: s.withDefault(s.boolean('Accepted, and without effect here'), false),
    },
    returns: s.boolean(),
    examples: ["salt '*' docker.tag nginx:1.27 registry.example.org/nginx tag=stable"],
    async run(ctx, args) {
      await engineJson(ctx, 'POST', `/images/${imagePath(args.name)}/tag`, {
        query: { repo: args.repository, tag: args.tag },
      })
      return true
    },
  }),
  rmi: fn({
    doc: 'Remove images.',
    args: {},
    rest: name,
    extra: s.any('force: also those that are in use; prune: also layers that nothing needs any more (true by default)'),
    returns: s.record(s.any(), 'Layers, Tags and Errors'),
    examples: ["salt '*' docker.rmi nginx:1.26 busybox", "salt '*' docker.rmi nginx:1.26 force=true"],
    run: (ctx, _args, { rest, extra }) =>
      removeImages(ctx, rest.map(String), extra.force === true, extra.prune !== false),
  }),
  build: fn({
    doc: 'Build an image from a folder with a Dockerfile.',
    args: {
      path: s.path('The folder'),
      image: s.optional(s.string('Name of the image')),
      cache: s.withDefault(s.boolean('Use what was built before'), true),
      rm: s.withDefault(s.boolean('Remove containers that were needed for it'), true),
      dockerfile: s.optional(s.string('Another Dockerfile, relative to the folder')),
      network_mode: s.optional(s.string('Network while it is built')),
      labels: s.optional(s.record(s.any(), 'Labels of the image')),
      buildargs: s.optional(s.record(s.any(), 'Arguments of the Dockerfile')),
    },
    returns: s.record(s.any(), 'Id and Image'),
    examples: ["salt '*' docker.build /srv/app/docker image=app:latest"],
    run: async (ctx, args) => ({ ...(await buildImage(ctx, args)) }),
  }),
  load: fn({
    doc: 'Load an image from an archive.',
    args: { path: s.path('The archive: a path or URL'), image: s.optional(s.string('Name to give it')) },
    returns: s.record(s.any(), 'Path, Id, Image and Layers'),
    examples: ["salt '*' docker.load salt://images/app.tar image=app:latest"],
    run: async (ctx, args) => ({ ...(await loadImage(ctx, args.path, args.image)) }),
  }),
}
