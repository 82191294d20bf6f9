/** What is wrong with SLS files: Salt's sentence, and where that stands. */
import { asSaltError } from '../../../base/errors.ts'
import { shortened } from '../../../base/text.ts'
import { RenderError } from '../../render/render-error.ts'
import type { RenderedPlace } from '../../render/render-sls.ts'

export type FaultKind =
  | 'cycle'
  | 'environment'
  | 'extend'
  | 'form'
  | 'id-conflict'
  | 'include'
  | 'pillar'
  | 'render'
  | 'requisite'
  | 'requisite-missing'
  | 'sls-missing'
  | 'top'

/** How a file came to be rendered: the places of the `include`s, the nearest first. */
export type IncludeChain = readonly RenderedPlace[]

export interface StateFault {
  readonly kind: FaultKind
  /** May have several lines: Salt's own text, with the lines around the fault of a template. */
  readonly sentence: string
  /** One line that says it, where the sentence takes several. */
  readonly brief?: string
  readonly place?: RenderedPlace | undefined
  readonly chain?: IncludeChain
  /** Further places, or what to do; a line each. */
  readonly more?: readonly string[]
  /** What was thrown, where it was. */
  readonly cause?: unknown
}

/** Body of an id or of an extension → where it stands. */
export type BodyPlaces = Pick<WeakMap<object, RenderedPlace>, 'get'>

const longestChain = 10
/** Of a template's fault with the lines around it, and then some. */
const longestSentence = 12_000

/** For people, and for what Salt gives back as errors. */
export function faultText({ sentence, place, chain = [], more = [] }: StateFault): string {
  const shown = chain.length <= longestChain ? chain : [...chain.slice(0, longestChain - 1), ...chain.slice(-1)]
  return [
    shortened(sentence, longestSentence),
    ...(place === undefined ? [] : [`  at ${placeText(place)}`]),
    ...shown.map((one) => `  included from ${placeText(one)}`),
    ...more.map((line) => shortened(line, longestSentence)),
  ].join('\n')
}

/** What Salt says of an SLS file that could not be rendered, with the place and the hint. */
export function renderFault(saltenv: string, sls: string, thrown: unknown, chain: IncludeChain): StateFault {
  const { message, where, hint } = asSaltError(thrown)
  return {
    kind: 'render',
    sentence: `Rendering SLS '${saltenv}:${sls}' failed: ${message}`,
    brief: thrown instanceof RenderError && thrown.stage === 'yaml' ? thrown.reason : firstLine(message),
    place: thrown instanceof RenderError ? thrown.places.at(-1) : placeOf(where),
    chain,
    ...(hint === undefined ? {} : { more: [hint] }),
    cause: thrown,
  }
}

/** Without the number that it ends with: the place says it. */
function firstLine(message: string): string {
  const [first = ''] = message.split('\n', 1)
  return first.replace(/; line \d+$/, '')
}

export function placeText({ file, line, column }: RenderedPlace): string {
  return `${file}:${line}:${column}`
}

function placeOf(where: string | undefined): RenderedPlace | undefined {
  const [, file, line = '1', column = '1'] = /^(.+?)(?::(\d+))?(?::(\d+))?$/.exec(where ?? '') ?? []
  return file === undefined ? undefined : { file, line: Number(line), column: Number(column) }
}
