/**
 * Which events a minion may fire on the bus of its master.
 *
 * Tags that tell what the master knows are never a minion's, nor are those of another minion: whoever listens for them could be
 * lied to. Among all others, but for what a minion says of the states of a job, the master's `minion_event_tags` may choose:
 * ```yaml
 * minion_event_tags: [my/*, salt/beacon/*]   # for every minion
 * minion_event_tags:                         # or by globs over their ids; the tags of all that match count
 *   '*': [my/*]
 *   web*: [deploy/*]
 * ```
 */

import { isRecord } from '../../base/narrow.ts'
import { compileTagMatcher, type TagMatcher } from '../../bus/tag-match.ts'
import { compileGlob, type Glob } from '../target/glob.ts'
import { kindOf, PolicyPath, type WherePath } from './policy-path.ts'

/** Whoever listens for these gets all tags that begin with them, as Salt's listeners do. */
const reserved = [
  'salt/auth',
  'salt/key',
  'salt/job',
  'salt/run',
  'salt/wheel',
  'salt/presence',
  'salt/peer',
  'salt/storage',
  'salt/drop',
  'salt/event',
  'salt/stats',
  'salt/fileserver',
  'salt/netapi',
  'salt/reactor',
  'salt/outlet',
  'salt/sink',
  'minion/refresh',
]

/** Tags with an id in them belong to that minion, also below a prefix that is reserved. */
const owned = [
  /^salt\/(?:minion|beacon|syndic)\/([^/]+)/,
  /^syndic\/([^/]+)/,
  /^salt\/job\/[^/]+\/prog\/([^/]+)/,
  /^salt\/state_result\/[^/]+\/([^/]+)/,
]

/** Parts of the answer to a job of the master's own. */
const progress = /^salt\/job\/[^/]+\/prog\//

const longestTag = 1024
const longestShown = 100

/** Why no minion of this id may fire the tag, or undefined. One sentence without a full stop. */
export function refusalOfTag(id: string, tag: unknown): string | undefined {
  if (typeof tag !== 'string' || tag === '') return 'an event needs a tag'
  if (tag.length > longestTag) return `the tag is longer than ${longestTag} characters: '${shownTag(tag)}'`
  if (/\p{Cc}/u.test(tag)) return `the tag holds a line break or another control character: '${shownTag(tag)}'`
  for (const pattern of owned) {
    const owner = pattern.exec(tag)?.[1]
    if (owner === id) return undefined
    if (owner !== undefined) return `the tag is another minion's, of '${shownTag(owner)}': '${shownTag(tag)}'`
  }
  if (/^\d{20}(?:_\d+)?$/.test(tag)) return `a tag that is a job id is the master's own: '${tag}'`
  const prefix = reserved.find((text) => tag.startsWith(text))
  return prefix === undefined ? undefined : `tags that begin with '${prefix}' are the master's own: '${shownTag(tag)}'`
}

/** A tag as a message can show it: of one line, and not endless. */
export function shownTag(tag: string): string {
  return tag.slice(0, longestShown).replace(/\p{Cc}/gu, '·') + (tag.length > longestShown ? '…' : '')
}

/** What a minion may fire: why not, or undefined. */
export type TagJudge = (tag: unknown) => string | undefined

export interface MinionEventTags {
  /** The judge of one minion, for many tags. */
  of(id: string): TagJudge
}

interface Rule {
  readonly minions: Glob
  readonly tags: readonly TagMatcher[]
}

/** `config` is the value of `minion_event_tags`. Throws `configuration` with the path. */
export function compileMinionEventTags(config: unknown, where?: WherePath): MinionEventTags {
  if (config === undefined || config === null) return { of: (id) => (tag) => refusalOfTag(id, tag) }
  const rules = compileRules(config, PolicyPath.root('minion_event_tags', where))
  return {
    of(id) {
      const tags = rules.filter(({ minions }) => minions.matches(id)).flatMap((rule) => rule.tags)
      return (tag) => {
        const refusal = refusalOfTag(id, tag)
        if (refusal !== undefined) return refusal
        const text = String(tag)
        if (progress.test(text)) return undefined
        return tags.some((matches) => matches(text))
          ? undefined
          : `minion_event_tags of the master does not name the tag: '${shownTag(text)}'`
      }
    },
  }
}

function compileRules(config: unknown, path: PolicyPath): readonly Rule[] {
  if (Array.isArray(config)) return [{ minions: compileGlob('*'), tags: compileTags(config, path) }]
  if (!isRecord(config))
    throw path.fault(`must be a list of tags, or a mapping from minions to such lists, not ${kindOf(config)}`)
  return Object.entries(config).map(([minions, tags]) => ({
    minions: compileGlob(minions),
    tags: compileTags(tags, path.key(minions)),
  }))
}

function compileTags(config: unknown, path: PolicyPath): readonly TagMatcher[] {
  if (!Array.isArray(config)) throw path.fault(`must be a list of tags, not ${kindOf(config)}`)
  return config.map((tag: unknown, index) => {
    if (typeof tag === 'string' && tag !== '') return compileTagMatcher(tag, 'fnmatch')
    throw path.item(index).fault(`must be a tag, or a glob over tags, not ${kindOf(tag)}`)
  })
}
