/** `file.accumulated` */
import { pythonString } from '../../../base/python-repr.ts'
import { s } from '../../../base/schema.ts'
import { type StateContext, state } from '../../../engine/plugin.ts'
import { impossible, right } from '../../../engine/state/plan.ts'
import { accumulate } from './accumulators.ts'

export const accumulatedState = {
  accumulated: state({
    doc: 'Collect texts for a file that another state manages: its template finds them in `accumulator`. Both need a bond, as `require_in`.',
    args: {
      name: s.string('Name of the accumulator'),
      filename: s.string('Path of the file'),
      text: s.any('A text, or a list of texts'),
    },
    examples: [
      'db hosts:\n  file.accumulated:\n    - filename: /etc/hosts\n    - text: 10.0.0.5 db1\n    - require_in:\n      - file: hosts block',
    ],
    // Nothing of the system changes, and a dry run of the file needs the texts: this is all done while planning.
    plan(ctx, { name, filename, text }) {
      if (name === '') return impossible('Must provide name to file.accumulated')
      if (text === null || text === undefined) return impossible('No text supplied for accumulator')
      const targets = statesThatNeed(ctx)
      if (targets.length === 0)
        return impossible(`Orphaned accumulator ${name} in ${ctx.chunk.sls ?? ''}:${ctx.chunk.id}`)
      const texts = Array.isArray(text) ? text : [typeof text === 'object' ? text : pythonString(text)]
      const isNew = accumulate(ctx, filename, name, texts, targets)
      return right(isNew ? `Accumulator ${name} for file ${filename} was charged by text` : '')
    },
  }),
}

/** Ids of the states of files that require or watch this one. */
function statesThatNeed({ chunk, run }: StateContext): string[] {
  const needing = run.chunks.filter(
    (other) =>
      other.state === 'file' &&
      other.requisites.some(
        ({ kind, state: of, id }) =>
          (kind === 'require' || kind === 'watch') &&
          (of === 'file' || of === undefined) &&
          (id === chunk.id || id === chunk.name),
      ),
  )
  return needing.map(({ id }) => id)
}
