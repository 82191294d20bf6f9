/** YAML text to a tree of nodes that know their places. What the nodes mean is decided later. */
import { YamlFault } from './yaml-fault.ts'
import { YamlScanner, type YamlToken } from './yaml-scanner.ts'

export interface YamlScalar {
  readonly kind: 'scalar'
  /** Full tag (`tag:yaml.org,2002:int`) where one is written. */
  readonly tag: string | undefined
  /** Neither quoted nor a block: its text may mean something else. */
  readonly plain: boolean
  readonly text: string
  /** Offset in the source. */
  readonly start: number
}

export interface YamlSequence {
  readonly kind: 'sequence'
  readonly tag: string | undefined
  readonly items: YamlNode[]
  readonly start: number
  /** It stands in more than one place. */
  isAliased: boolean
}

export interface YamlMapping {
  readonly kind: 'mapping'
  readonly tag: string | undefined
  /** In the order written; merge keys are still among them. */
  readonly pairs: YamlPair[]
  readonly start: number
  isAliased: boolean
}

export type YamlPair = readonly [YamlNode, YamlNode]

/** An alias is the very node that it names. */
export type YamlNode = YamlScalar | YamlSequence | YamlMapping

/** The node of the only document, or undefined for an empty text. Throws `YamlFault`. */
export function composeYaml(source: string): YamlNode | undefined {
  return new Composer(source).onlyDocument()
}

type Kind = YamlToken['kind']

/** What stands before a node: an anchor, a tag, or both. */
interface Properties {
  readonly start: number
  readonly anchor: string | undefined
  readonly tag: string | undefined
  /** A lone `!`: even a quoted text may mean something else. */
  readonly isUntagged: boolean
}

/** A collection while it is read. */
type Collected<N> = { -readonly [Key in keyof N]: N[Key] }

/** Stands for what is in a collection until that is known. */
const none: never[] = []

const blockKeyEnds: readonly Kind[] = ['key', 'value', 'block-end']
const entryEnds: readonly Kind[] = ['entry', 'block-end']
const indentlessEnds: readonly Kind[] = ['entry', 'key', 'value', 'block-end']
const singlePairKeyEnds: readonly Kind[] = ['value', 'flow-entry', 'flow-sequence-end']
const itemEnds: readonly Kind[] = ['flow-entry', 'flow-sequence-end']
const pairKeyEnds: readonly Kind[] = ['value', 'flow-entry', 'flow-mapping-end']
const pairEnds: readonly Kind[] = ['flow-entry', 'flow-mapping-end']

const standardHandles: Readonly<Record<string, string>> = { '!': '!', '!!': 'tag:yaml.org,2002:' }

class Composer {
  readonly #scanner: YamlScanner
  readonly #anchors = new Map<string, YamlNode>()
  readonly #handles = new Map<string, string>()
  /** Open collections: an alias to one of them would be a value inside itself. */
  readonly #open = new Set<YamlNode>()

  constructor(source: string) {
    this.#scanner = new YamlScanner(source)
  }

  onlyDocument(): YamlNode | undefined {
    if (this.#kind() === 'end') return undefined
    const isBare = !this.#isKind('directive', 'document-start')
    if (!isBare) this.#documentStart()
    const node = isBare
      ? this.#node(true)
      : this.#isKind('directive', 'document-start', 'document-end', 'end')
        ? emptyScalar(this.#scanner.peek().start)
        : this.#node(true)
    while (this.#takeIf('document-end'));
    if (this.#kind() === 'end') return node
    const next = this.#scanner.peek().start
    this.#documentStart()
    throw new YamlFault('ComposerError', 'only one document is allowed, but another one starts here', next, {
      problem: 'but found another document',
      context: 'expected a single document in the stream',
      contextOffset: node.start,
    })
  }

  #kind(): Kind {
    return this.#scanner.peek().kind
  }

  #isKind(...kinds: readonly Kind[]): boolean {
    return kinds.includes(this.#kind())
  }

  #takeIf(kind: Kind): boolean {
    if (this.#kind() !== kind) return false
    this.#scanner.take()
    return true
  }

  #fail(problem: string, context?: string, contextOffset?: number): never {
    const { start } = this.#scanner.peek()
    const details = context === undefined || contextOffset === undefined ? {} : { context, contextOffset }
    throw new YamlFault('ParserError', problem, start, details)
  }

  #documentStart(): void {
    this.#directives()
    if (!this.#takeIf('document-start')) this.#fail('did not find expected <document start>')
  }

  #directives(): void {
    let hasVersion = false
    for (let token = this.#scanner.peek(); token.kind === 'directive'; token = this.#scanner.peek()) {
      const { directive } = token
      if (directive.name === 'YAML') {
        if (hasVersion) this.#fail('found duplicate %YAML directive')
        if (directive.major !== 1 || (directive.minor !== 1 && directive.minor !== 2))
          this.#fail('found incompatible YAML document')
        hasVersion = true
      } else {
        if (this.#handles.has(directive.handle)) this.#fail('found duplicate %TAG directive')
        this.#handles.set(directive.handle, directive.prefix)
      }
      this.#scanner.take()
    }
  }

  /** @param mayBeIndentless Under a key a list needs no indentation. */
  #node(inBlock: boolean, mayBeIndentless = false): YamlNode {
    const first = this.#scanner.peek()
    if (first.kind === 'alias') return this.#alias()
    if (first.kind === 'scalar') {
      this.#scanner.take()
      return first
    }
    const properties = first.kind === 'anchor' || first.kind === 'tag' ? this.#properties() : withoutMarks(first.start)
    const { start, tag } = properties
    const token = this.#scanner.peek()
    if (mayBeIndentless && token.kind === 'entry') return this.#sequence(properties, () => this.#indentlessItems())
    switch (token.kind) {
      case 'scalar': {
        this.#scanner.take()
        const plain = token.plain || properties.isUntagged
        return this.#anchored(properties, { kind: 'scalar', tag, plain, text: token.text, start })
      }
      case 'flow-sequence':
        return this.#sequence(properties, () => this.#flowItems(token.start))
      case 'flow-mapping':
        return this.#mapping(properties, () => this.#flowPairs(token.start))
      case 'block-sequence':
        if (inBlock) return this.#sequence(properties, () => this.#blockItems(token.start))
        break
      case 'block-mapping':
        if (inBlock) return this.#mapping(properties, () => this.#blockPairs(token.start))
        break
    }
    if (properties.anchor !== undefined || tag !== undefined || properties.isUntagged)
      return this.#anchored(properties, {
        kind: 'scalar',
        tag,
        plain: tag === undefined && !properties.isUntagged,
        text: '',
        start,
      })
    const context = inBlock ? 'while parsing a block node' : 'while parsing a flow node'
    this.#fail('did not find expected node content', context, start)
  }

  #alias(): YamlNode {
    const token = this.#scanner.take()
    const name = token.kind === 'alias' ? token.name : ''
    const node = this.#anchors.get(name)
    if (node === undefined)
      throw new YamlFault('ComposerError', `the alias *${name} has no anchor &${name} before it`, token.start, {
        problem: 'found undefined alias',
      })
    if (this.#open.has(node))
      throw new YamlFault('ComposerError', `the alias *${name} stands inside the value that it names`, token.start)
    if (node.kind !== 'scalar') node.isAliased = true
    return node
  }

  #properties(): Properties {
    const { start } = this.#scanner.peek()
    let anchor: string | undefined
    let tag: string | undefined
    let isUntagged = false
    for (;;) {
      const token = this.#scanner.peek()
      if (token.kind === 'anchor' && anchor === undefined) anchor = token.name
      else if (token.kind === 'tag' && tag === undefined && !isUntagged) {
        tag = this.#fullTag(token.tag, start, token.start)
        isUntagged = tag === '!'
        if (isUntagged) tag = undefined
      } else return { start, anchor, tag, isUntagged }
      this.#scanner.take()
    }
  }

  #fullTag({ handle, suffix }: { handle: string; suffix: string }, start: number, tagStart: number): string {
    if (handle === '') return suffix
    const prefix = this.#handles.get(handle) ?? standardHandles[handle]
    if (prefix !== undefined) return prefix + suffix
    throw new YamlFault('ParserError', 'found undefined tag handle', tagStart, {
      context: 'while parsing a node',
      contextOffset: start,
    })
  }

  #anchored<N extends YamlNode>({ anchor }: Properties, node: N): N {
    if (anchor === undefined) return node
    const first = this.#anchors.get(anchor)
    if (first !== undefined)
      throw new YamlFault('ComposerError', `the anchor &${anchor} is there twice`, node.start, {
        problem: 'second occurrence',
        context: 'found duplicate anchor; first occurrence',
        contextOffset: first.start,
      })
    this.#anchors.set(anchor, node)
    return node
  }

  #sequence(properties: Properties, collect: () => YamlNode[]): YamlSequence {
    const { tag, start } = properties
    const node: Collected<YamlSequence> = { kind: 'sequence', tag, items: none, start, isAliased: false }
    node.items = this.#inside(properties, node, collect)
    return node
  }

  #mapping(properties: Properties, collect: () => YamlPair[]): YamlMapping {
    const { tag, start } = properties
    const node: Collected<YamlMapping> = { kind: 'mapping', tag, pairs: none, start, isAliased: false }
    node.pairs = this.#inside(properties, node, collect)
    return node
  }

  /** What stands in a collection; an alias to it in there is found out. */
  #inside<T>(properties: Properties, node: YamlNode, collect: () => T): T {
    if (properties.anchor === undefined) return collect()
    this.#anchored(properties, node)
    this.#open.add(node)
    const inside = collect()
    this.#open.delete(node)
    return inside
  }

  /** A node, or an empty scalar where one of `ends` comes instead. */
  #flowNode(ends: readonly Kind[]): YamlNode {
    const { kind, start } = this.#scanner.peek()
    return ends.includes(kind) ? emptyScalar(start) : this.#node(false)
  }

  /** A node behind a mark of the block (`-`, `?`, `:`), or an empty scalar right behind the mark. */
  #blockNode(ends: readonly Kind[], mayBeIndentless: boolean): YamlNode {
    const markEnd = this.#scanner.take().start + 1
    return ends.includes(this.#kind()) ? emptyScalar(markEnd) : this.#node(true, mayBeIndentless)
  }

  #blockItems(start: number): YamlNode[] {
    this.#scanner.take()
    let items = none as YamlNode[]
    while (this.#kind() === 'entry') items = appended(items, this.#blockNode(entryEnds, false))
    if (!this.#takeIf('block-end'))
      this.#fail("did not find expected '-' indicator", 'while parsing a block collection', start)
    return items
  }

  #indentlessItems(): YamlNode[] {
    let items = none as YamlNode[]
    while (this.#kind() === 'entry') items = appended(items, this.#blockNode(indentlessEnds, false))
    return items
  }

  #blockPairs(start: number): YamlPair[] {
    this.#scanner.take()
    let pairs = none as YamlPair[]
    while (this.#kind() === 'key') {
      const key = this.#blockNode(blockKeyEnds, true)
      const next = this.#scanner.peek()
      const value = next.kind === 'value' ? this.#blockNode(blockKeyEnds, true) : emptyScalar(next.start)
      pairs = appended(pairs, [key, value])
    }
    if (!this.#takeIf('block-end')) this.#fail('did not find expected key', 'while parsing a block mapping', start)
    return pairs
  }

  /** Passes over the comma between two items; true at the end of the collection. */
  #flowEnds(isFirst: boolean, end: Kind, context: string, start: number): boolean {
    if (this.#kind() !== end && !isFirst && !this.#takeIf('flow-entry')) {
      const bracket = end === 'flow-sequence-end' ? ']' : '}'
      this.#fail(`did not find expected ',' or '${bracket}'`, context, start)
    }
    return this.#takeIf(end)
  }

  #flowItems(start: number): YamlNode[] {
    this.#scanner.take()
    const items: YamlNode[] = []
    while (!this.#flowEnds(items.length === 0, 'flow-sequence-end', 'while parsing a flow sequence', start))
      items.push(this.#kind() === 'key' ? this.#flowPair() : this.#node(false))
    return items
  }

  /** `a: b` as an item of a list: a mapping of one pair. */
  #flowPair(): YamlMapping {
    const { start } = this.#scanner.take()
    const hasKey = !singlePairKeyEnds.includes(this.#kind())
    const key = this.#flowNode(singlePairKeyEnds)
    // libyaml loses the token after a key that is missing, and so finds fault with what follows.
    if (!hasKey) this.#scanner.take()
    const after = this.#scanner.peek().start
    const value = this.#takeIf('value') ? this.#flowNode(itemEnds) : emptyScalar(after)
    return { kind: 'mapping', tag: undefined, pairs: [[key, value]], start, isAliased: false }
  }

  #flowPairs(start: number): YamlPair[] {
    this.#scanner.take()
    const pairs: YamlPair[] = []
    while (!this.#flowEnds(pairs.length === 0, 'flow-mapping-end', 'while parsing a flow mapping', start)) {
      const isPair = this.#takeIf('key')
      const key = isPair ? this.#flowNode(pairKeyEnds) : this.#node(false)
      const after = this.#scanner.peek().start
      const value = isPair && this.#takeIf('value') ? this.#flowNode(pairEnds) : emptyScalar(after)
      pairs.push([key, value])
    }
    return pairs
  }
}

/** Most collections in SLS files hold one thing, and a list that grows from nothing takes room for seventeen. */
function appended<T>(list: T[], item: T): T[] {
  if (list.length === 0) return [item]
  list.push(item)
  return list
}

function withoutMarks(start: number): Properties {
  return { start, anchor: undefined, tag: undefined, isUntagged: false }
}

function emptyScalar(start: number): YamlScalar {
  return { kind: 'scalar', tag: undefined, plain: true, text: '', start }
}
