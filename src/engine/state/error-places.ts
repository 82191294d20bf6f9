/** Salt's sentences about states, and below them where that stands. */
import { asSaltError } from '../../base/errors.ts'
import type { RenderedPlace } from '../render/render-sls.ts'

/** How a file came to be rendered: the places of the `include`s, the nearest first. */
export type IncludeChain = readonly RenderedPlace[]

/** Body of an id or of an extension → where it stands. */
export type BodyPlaces = Pick<WeakMap<object, RenderedPlace>, 'get'>

const longestChain = 10

/** A sentence with the place that it is about. */
export function withPlace(sentence: string, place: RenderedPlace | undefined, chain: IncludeChain = []): string {
  return place === undefined ? sentence : `${sentence}\n${placeLines(placeText(place), chain)}`
}

/** What Salt says of an SLS file that could not be rendered, with the place and the hint. */
export function renderFailure(saltenv: string, sls: string, thrown: unknown, chain: IncludeChain): string {
  const { message, where, hint } = asSaltError(thrown)
  const sentence = `Rendering SLS '${saltenv}:${sls}' failed: ${message}`
  const place = where === undefined ? '' : `\n${placeLines(where, chain)}`
  return `${sentence}${place}${hint === undefined ? '' : `\n${hint}`}`
}

export function placeText({ file, line, column }: RenderedPlace): string {
  return `${file}:${line}:${column}`
}

function placeLines(where: string, chain: IncludeChain): string {
  const shown = chain.length <= longestChain ? chain : [...chain.slice(0, longestChain - 1), ...chain.slice(-1)]
  return [`  at ${where}`, ...shown.map((place) => `  included from ${placeText(place)}`)].join('\n')
}
