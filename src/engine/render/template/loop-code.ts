/** JavaScript for `{% for %}`. */
import { namesUsed } from './names-used.ts'
import type { Expression, StatementOf } from './nodes.ts'
import type { StatementWriter } from './statement-writer.ts'

type For = StatementOf<'for'>

/** A loop that nobody asks about itself is a plain JavaScript loop; the others are driven by a `Loop` object. */
export function loopCode(statements: StatementWriter, loop: For): string {
  if (loop.isRecursive) return recursiveLoop(statements, loop)
  const items = statements.expression(loop.items)
  return usesLoop(loop) ? drivenLoop(statements, loop, items, '0', 'null') : plainLoop(statements, loop, items)
}

function usesLoop({ body }: For): boolean {
  return namesUsed(body).has('loop') || hasScopedBlock(body)
}

function hasScopedBlock(tree: unknown): boolean {
  if (typeof tree !== 'object' || tree === null) return false
  if ('kind' in tree && tree.kind === 'block' && 'isScoped' in tree && tree.isScoped === true) return true
  return Object.values(tree).some(hasScopedBlock)
}

function plainLoop(statements: StatementWriter, loop: For, items: string): string {
  const { code } = statements
  const [outer, item, source, flag] = [code.unique('q'), code.unique('i'), code.unique('g'), code.unique('n')]
  const body = statements.insideLoop(() => {
    const assigned = statements.assign(loop.target, `${item}.value`)
    const test = loop.test === undefined ? '' : testCode(statements, loop.test)
    return assigned + test + statements.statements(loop.body)
  })
  return (
    `{const ${outer}=s;let ${flag}=true;const ${source}=R.iterate(${items})[Symbol.iterator]();` +
    `for(let ${item};p.at=${loop.offset},!(${item}=${source}.next()).done;){` +
    `if(r.tick())await r.breathe();const s=Object.create(${outer});${body}${flag}=false;}` +
    `${elseCode(statements, loop, flag)}}`
  )
}

function testCode(statements: StatementWriter, test: Expression): string {
  return `p.at=${test.offset};if(!R.isTrue(${statements.expression(test)}))continue;`
}

/** `flag` tells whether no round came to its end: that, not an empty list, is what Jinja asks. */
function elseCode(statements: StatementWriter, loop: For, flag: string): string {
  return loop.otherwise.length === 0 ? '' : `if(${flag})${statements.scoped(loop.otherwise)}`
}

function drivenLoop(statements: StatementWriter, loop: For, items: string, depth: string, recurse: string): string {
  const { code } = statements
  const [outer, driver, flag] = [code.unique('q'), code.unique('l'), code.unique('n')]
  const accept = loop.test === undefined ? 'null' : acceptCode(statements, loop, outer)
  const body = statements.insideLoop(
    () => statements.assign(loop.target, `${driver}.current`) + statements.statements(loop.body),
  )
  return (
    `{const ${outer}=s;let ${flag}=true;const ${driver}=R.loop(${items},${depth},${recurse},${accept});` +
    `while(p.at=${loop.offset},${code.awaited(`${driver}.advance()`)}){` +
    `if(r.tick())await r.breathe();const s=Object.create(${outer});s.loop=${driver};${body}${flag}=false;}` +
    `${elseCode(statements, loop, flag)}}`
  )
}

/** The condition of `for … if …` as a function of the item. */
function acceptCode(statements: StatementWriter, loop: For, outer: string): string {
  const item = statements.code.unique('i')
  const run = statements.inside(() =>
    statements.code.body(() => {
      const { test } = loop
      const assigned = statements.assign(loop.target, item)
      return `const s=Object.create(${outer});${assigned}return R.isTrue(${test === undefined ? 'true' : statements.expression(test)});`
    }),
  )
  return `${run.includes('await ') ? 'async' : ''}(${item})=>{${run}}`
}

/** The loop as a function that writes a level, so that `loop(items)` can call it for the next one. */
function recursiveLoop(statements: StatementWriter, loop: For): string {
  const { code } = statements
  const [level, next] = [code.unique('f'), code.unique('g')]
  const run = code.body(() => drivenLoop(statements, loop, 'items', 'depth', next))
  return (
    `{const ${level}=async(items,depth,o)=>{${run}};` +
    `const ${next}=async(items,depth)=>{const o=[];await ${level}(items,depth,o);return r.captured(o);};` +
    `await ${level}(${statements.expression(loop.items)},0,o);}`
  )
}
