/**
 * Names that the top level of a template assigns before it mentions them otherwise. Jinja makes them variables of the template:
 * in loops and macros that run before the assignment they are undefined, even where the context has such a name.
 */

import { namesUsed } from './names-used.ts'
import type { Body, Expression, Statement, Target } from './nodes.ts'

interface Mentions {
  /** Names that are looked up in the context when the template starts. */
  readonly resolved: Set<string>
  readonly late: Set<string>
}

export function lateNames(body: Body): ReadonlySet<string> {
  const mentions: Mentions = { resolved: new Set(), late: new Set() }
  for (const statement of body) visit(statement, mentions)
  return mentions.late
}

function load({ resolved, late }: Mentions, ...expressions: readonly (Expression | undefined)[]): void {
  for (const name of namesUsed(expressions)) if (!late.has(name)) resolved.add(name)
}

function store({ resolved, late }: Mentions, ...targets: readonly Target[]): void {
  for (const target of targets) {
    if (target.kind === 'tuple') store({ resolved, late }, ...target.items)
    else if (target.kind === 'namespace' && !late.has(target.name)) resolved.add(target.name)
    else if (target.kind === 'name' && !resolved.has(target.name)) late.add(target.name)
  }
}

function named(name: string): Target {
  return { kind: 'name', name }
}

function visit(statement: Statement, mentions: Mentions): void {
  switch (statement.kind) {
    case 'output':
    case 'do':
      return load(mentions, statement.value)
    case 'set':
      load(mentions, statement.value)
      return store(mentions, statement.target)
    case 'set-block':
    case 'load':
      return store(mentions, statement.target)
    case 'for':
      return load(mentions, statement.items)
    case 'if':
      return visitBranches(statement, mentions)
    case 'macro':
      return store(mentions, named(statement.name))
    case 'call-block':
      return load(mentions, statement.call)
    case 'filter-block':
      return load(mentions, statement.filter)
    case 'with':
      return load(mentions, ...statement.values.map(([, value]) => value))
    case 'include':
    case 'extends':
      return load(mentions, statement.template)
    case 'import':
    case 'import-data':
      load(mentions, statement.template)
      return store(mentions, named(statement.target))
    case 'from-import':
      load(mentions, statement.template)
      return store(mentions, ...statement.names.map(([, alias]) => named(alias)))
    case 'profile':
      for (const inner of statement.body) visit(inner, mentions)
      return
    default:
      return
  }
}

/** What not every branch assigns is looked up in the context. */
function visitBranches({ branches, otherwise }: Extract<Statement, { kind: 'if' }>, mentions: Mentions): void {
  load(mentions, branches[0]?.test)
  const parts = [
    ...branches.map(({ test, body }, index) => ({ test: index === 0 ? undefined : test, body })),
    { test: undefined, body: otherwise },
  ]
  const outcomes = parts.map(({ test, body }) => {
    const own: Mentions = { resolved: new Set(mentions.resolved), late: new Set(mentions.late) }
    load(own, test)
    for (const inner of body) visit(inner, own)
    return own
  })
  for (const { resolved } of outcomes) for (const name of resolved) mentions.resolved.add(name)
  for (const name of outcomes.flatMap(({ late }) => [...late])) {
    if (mentions.late.has(name)) continue
    if (outcomes.every(({ late }) => late.has(name))) mentions.late.add(name)
    else mentions.resolved.add(name)
  }
}
