/** A syntax tree to the JavaScript of a template. */
import { FunctionCode, type KnownNames, quote } from './function-code.ts'
import { lateNames } from './late-names.ts'
import { namesUsed } from './names-used.ts'
import type { Body } from './nodes.ts'
import { StatementCode } from './statement-code.ts'

/**
 * The body of a function of `R`, `r` and `T` that returns `{ root, blocks }`: functions of the scope, the list of texts and
 * the context. Throws TemplateSyntaxError for what only shows here: unknown filters, blocks with the same name.
 */
export function generateCode(tree: Body, known: KnownNames): string {
  const code = new FunctionCode(known)
  code.lateNames = lateNames(tree)
  const statements = new StatementCode(code, extendsOther(tree))
  const root = code.body(() => {
    const self = namesUsed(tree).has('self') ? 's.self=r.self(x);' : ''
    const body = statements.statements(tree)
    return statements.framed(`let o=out,parent=null;${self}${body}\nif(parent!==null)await parent.root(s,out,x);`)
  })
  const blocks = Array.from(statements.blocks, ([name, block]) => `[${quote(name)},${block}]`)
  return `"use strict";return{root:async(s,out,x)=>{${root}},blocks:new Map([${blocks.join(',')}])};`
}

/** `{% extends %}` stands at the top level or in a branch. */
function extendsOther(body: Body): boolean {
  return body.some(
    (statement) =>
      statement.kind === 'extends' ||
      (statement.kind === 'if' &&
        (statement.branches.some((branch) => extendsOther(branch.body)) || extendsOther(statement.otherwise))),
  )
}
