/** What a template calls, and which grains it asks for, from its syntax tree, so that nothing is run. */

import { isRecord } from '../../base/narrow.ts'
import { parseTemplate } from '../render/template/parser.ts'
import { TemplateSyntaxError } from '../render/template/syntax-error.ts'
import { defaultSyntax } from '../render/template/syntax-options.ts'

export interface TemplateUse {
  readonly kind: 'function' | 'filter' | 'test' | 'grain'
  /** `network.ip_addrs`, `os_family` */
  readonly name: string
  readonly line: number
}

export interface TemplateUses {
  readonly uses: readonly TemplateUse[]
  /** Why the text is no template. */
  readonly fault?: { readonly message: string; readonly line: number }
}

export function templateUses(text: string): TemplateUses {
  if (!/\{[{%]/.test(text)) return { uses: [] }
  try {
    const uses: TemplateUse[] = []
    collect(parseTemplate(text, defaultSyntax), 1, uses)
    return { uses }
  } catch (error) {
    if (error instanceof TemplateSyntaxError) return { uses: [], fault: { message: error.message, line: error.line } }
    throw error
  }
}

type Node = Readonly<Record<string, unknown>>

function collect(tree: unknown, line: number, uses: TemplateUse[]): void {
  if (Array.isArray(tree)) for (const part of tree) collect(part, line, uses)
  if (!isNode(tree)) return
  const here = typeof tree.line === 'number' ? tree.line : line
  const { kind, name } = tree
  const called = functionOf(tree)
  if (called !== undefined) uses.push({ kind: 'function', name: called, line: here })
  const grain = grainOf(tree)
  if (grain !== undefined) uses.push({ kind: 'grain', name: grain, line: here })
  if ((kind === 'filter' || kind === 'test') && typeof name === 'string') uses.push({ kind, name, line: here })
  for (const part of Object.values(tree)) collect(part, here, uses)
}

/** `salt['a.b']`, `salt.a.b`, `salt.get('a.b')` */
function functionOf(node: Node): string | undefined {
  const { kind, object } = node
  if (kind === 'item' && isSalt(object)) return dotted(constantOf(node.key))
  if (kind === 'attribute' && isNode(object) && object.kind === 'attribute' && isSalt(object.object)) {
    return dotted(`${String(object.name)}.${String(node.name)}`)
  }
  const target = isNode(node.target) ? node.target : undefined
  if (kind === 'call' && target?.kind === 'attribute' && target.name === 'get' && isSalt(target.object)) {
    return dotted(constantOf(Array.isArray(node.args) ? node.args[0] : undefined))
  }
  return undefined
}

/** `grains['os']`, `grains.os`, `grains.get('os')`, `salt['grains.get']('os')`, `salt.grains.get('os')` */
function grainOf(node: Node): string | undefined {
  const { kind, object, target } = node
  if (kind === 'item' && isNamed(object, 'grains')) return word(constantOf(node.key))
  if (kind === 'attribute' && isNamed(object, 'grains'))
    return dictMethods.has(String(node.name)) ? undefined : word(node.name)
  if (kind !== 'call' || !isNode(target)) return undefined
  const isGet =
    (target.kind === 'attribute' && target.name === 'get' && isNamed(target.object, 'grains')) ||
    functionOf(target) === 'grains.get'
  return isGet ? word(constantOf(Array.isArray(node.args) ? node.args[0] : undefined)) : undefined
}

const dictMethods: ReadonlySet<string> = new Set([
  'get',
  'items',
  'keys',
  'values',
  'copy',
  'update',
  'pop',
  'setdefault',
])

function word(value: unknown): string | undefined {
  const [, first] = typeof value === 'string' ? (/^([\w-]+)(?::|$)/.exec(value) ?? []) : []
  return first
}

function isNamed(node: unknown, name: string): boolean {
  return isNode(node) && node.kind === 'name' && node.name === name
}

function isSalt(node: unknown): boolean {
  return isNamed(node, 'salt') || isNamed(node, '__salt__')
}

function constantOf(node: unknown): unknown {
  return isNode(node) && node.kind === 'constant' ? node.value : undefined
}

function dotted(value: unknown): string | undefined {
  return typeof value === 'string' && /^\w+\.\w+$/.test(value) ? value : undefined
}

function isNode(value: unknown): value is Node {
  return isRecord(value)
}
