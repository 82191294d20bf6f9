import { s } from '../../base/schema.ts'
import { renderDoc } from '../../engine/functions/doc-text.ts'
import { type Catalogue, defineRunner, runnerFn } from '../../engine/plugin.ts'

type Described = Pick<Catalogue, 'availableNames' | 'describe'>

async function docs(catalogue: Described): Promise<Record<string, string>> {
  const result: Record<string, string> = {}
  for (const name of await catalogue.availableNames()) {
    const doc = await catalogue.describe(name)
    if (doc !== undefined) result[name] = renderDoc(name, doc)
  }
  return result
}

const docTexts = s.record(s.text(), 'Function → its documentation')

export const doc = defineRunner({
  name: 'doc',
  doc: 'Shows the documentation of functions.',
  functions: {
    runner: runnerFn({
      doc: 'Show the documentation of all runners.',
      returns: docTexts,
      examples: ['salt run doc.runner'],
      run: (ctx) => docs(ctx.runners),
    }),
    wheel: runnerFn({
      doc: 'Show the documentation of all wheel functions.',
      returns: docTexts,
      examples: ['salt run doc.wheel'],
      run: (ctx) => docs(ctx.wheels),
    }),
    execution: runnerFn({
      doc: 'Show the documentation of all execution functions.',
      returns: docTexts,
      examples: ['salt run doc.execution'],
      run: (ctx) => docs(ctx.functions),
    }),
  },
})
