import { s } from '../../base/schema.ts'
import { defineStates, type StateContext, state } from '../../engine/plugin.ts'
import { done, failed, pending, right, type StateOutcome, type StatePlan } from '../../engine/state/plan.ts'
import { failure, reasonOf } from '../../engine/state/wording.ts'
import { unlessMissing } from '../modules/docker/containers.ts'
import type { Fields } from '../modules/docker/engine.ts'
import { fullName, hasNews, imageName, inspectImage, listTags } from '../modules/docker/images.ts'

interface PresentArguments {
  readonly name: string
  readonly tag?: string | undefined
  readonly build?: string | undefined
  readonly load?: string | undefined
  readonly force: boolean
  readonly dockerfile?: string | undefined
}

/** The name with its tag, which may be an argument of its own. */
function imageOf({ name, tag }: PresentArguments): string {
  return tag === undefined ? fullName(name) : `${imageName(name).repository}:${tag}`
}

async function planPresent(ctx: StateContext, want: PresentArguments, force: boolean): Promise<StatePlan> {
  if (want.build !== undefined && want.load !== undefined) throw failure("Only one of 'build' or 'load' is permitted.")
  const image = imageOf(want)
  const facts = await unlessMissing(inspectImage(ctx, image))
  if (facts !== undefined && !force) return right(`Image ${image} already present`)
  const action = want.build !== undefined ? 'built' : want.load !== undefined ? 'loaded' : 'pulled'
  return pending({
    comment: `Image ${image} will be ${action}`,
    changes: {},
    apply: () => bring(ctx, want, { image, action, before: facts }),
  })
}

interface Work {
  readonly image: string
  readonly action: string
  readonly before: Fields | undefined
}

async function bring(
  ctx: StateContext,
  { build, load, dockerfile }: PresentArguments,
  work: Work,
): Promise<StateOutcome> {
  const { image, action, before } = work
  let news: Fields
  try {
    if (build !== undefined) news = (await ctx.salt('docker.build', [build], { image, dockerfile })) as Fields
    else if (load !== undefined) news = (await ctx.salt('docker.load', [load], { image })) as Fields
    else news = (await ctx.salt('docker.pull', [image])) as Fields
  } catch (error) {
    ctx.signal.throwIfAborted()
    const what = build !== undefined ? `building ${build} as` : load !== undefined ? `loading ${load} as` : 'pulling'
    return failed(`Encountered error ${what} ${image}: ${reasonOf(error)}`)
  }
  const now = await unlessMissing(inspectImage(ctx, image))
  if (now === undefined) return failed(`Image ${image} could not be ${action}`)
  if (before?.Id === now.Id && !(action === 'pulled' && hasNews(news))) {
    return done(`Image ${image} was ${action}, but there were no changes`)
  }
  return done(`Image ${image} was ${action}`, news)
}

interface AbsentArguments {
  readonly name: string
  readonly images?: readonly string[] | undefined
  readonly force: boolean
}

async function planAbsent(ctx: StateContext, { name, images, force }: AbsentArguments): Promise<StatePlan> {
  const targets = (images ?? [name]).map(fullName)
  const tags = await listTags(ctx)
  const doomed = targets.filter((target) => tags.includes(target))
  if (doomed.length === 0) {
    return right(targets.length === 1 ? `Image ${targets[0]} is not present` : 'All specified images are not present')
  }
  const list = doomed.join(', ')
  return pending({
    comment: doomed.length === 1 ? `Image ${list} will be removed` : `The following images will be removed: ${list}`,
    changes: { Tags: doomed },
    apply: () => remove(ctx, doomed, force),
  })
}

async function remove(ctx: StateContext, doomed: readonly string[], force: boolean): Promise<StateOutcome> {
  const result = (await ctx.salt('docker.rmi', doomed, { force })) as Fields
  const tags = await listTags(ctx)
  const left = doomed.filter((image) => tags.includes(image))
  const errors = Array.isArray(result.Errors) ? result.Errors.map(String) : []
  if (left.length === 0) {
    const comment =
      doomed.length === 1 ? `Image ${doomed[0]} was removed` : `The following images were removed: ${doomed.join(', ')}`
    return done(comment, result)
  }
  const told = errors.length === 0 ? '' : `. The following errors were encountered: ${errors.join('; ')}`
  if (left.length === doomed.length) return failed(`None of the specified images were removed${told}`)
  return failed(`The following image(s) failed to be removed: ${left.join(', ')}${told}`, result)
}

export const dockerImage = defineStates({
  name: 'docker_image',
  doc: 'Images of Docker, over the socket of its Engine.',
  functions: {
    present: state({
      doc: 'Have an image: pulled from its registry, built from a folder, or loaded from an archive.',
      args: {
        name: s.string('Name of the image, with a tag as nginx:1.27; latest by default'),
        tag: s.optional(s.string('The tag')),
        build: s.optional(s.path('Folder with a Dockerfile to build it from')),
        load: s.optional(s.path('Archive to load it from: a path or URL')),
        force: s.withDefault(s.boolean('Bring it though it is there'), false),
        dockerfile: s.optional(s.string('Another Dockerfile, relative to the folder')),
      },
      ignored: {
        insecure_registry: 'the configuration of the Engine decides',
        client_timeout: 'the Engine has the time that it needs',
        sls: 'images are not built from states',
        base: 'images are not built from states',
        saltenv: 'the environment of the SLS file counts',
      },
      examples: [
        'nginx:1.27:\n  docker_image.present',
        'app:\n  docker_image.present:\n    - tag: latest\n    - build: /srv/app/docker\n    - force: True',
      ],
      plan: (ctx, want) => planPresent(ctx, want, want.force),
      watch: (ctx, want) => planPresent(ctx, want, true),
    }),
    absent: state({
      doc: 'Have no such images.',
      args: {
        name: s.string('Name of the image, with a tag; latest by default'),
        images: s.optional(s.array(s.string(), 'Names of several images instead')),
        force: s.withDefault(s.boolean('Remove them though containers use them'), false),
      },
      examples: ['nginx:1.26:\n  docker_image.absent'],
      plan: (ctx, want) => planAbsent(ctx, want),
    }),
  },
})
