/** States that do what a test of a run wants of them, and remember that they did it. */
import { s } from '../../src/base/schema.ts'
import { defineStates, type StateModuleDefinition, state } from '../../src/engine/plugin.ts'
import { done, failed, impossible, pending, right, type StatePlan } from '../../src/engine/state/plan.ts'

const name = s.string('Any text')
const extra = s.any('Any argument')
const some = { made: { old: 'no', new: 'yes' } }

/** @param applied ids of the states that were really done, in this order; `ID (watch)` for the work of a watch */
export function fakeStates(applied: string[]): StateModuleDefinition {
  const tries = new Map<string, number>()
  const work = (id: string): StatePlan =>
    pending({
      comment: 'would change',
      changes: some,
      apply() {
        applied.push(id)
        return done('changed', some)
      },
    })
  const common = { doc: '', args: { name }, extra, examples: [] }
  return defineStates({
    name: 'fake',
    doc: '',
    functions: {
      right: state({ ...common, plan: () => right('is right') }),
      change: state({ ...common, plan: ({ chunk }) => work(chunk.id) }),
      /** Like cmd.run: a dry run cannot say what would change. */
      run: state({
        ...common,
        plan: ({ chunk }) =>
          pending({
            comment: 'would be run',
            changes: {},
            apply() {
              applied.push(chunk.id)
              return done('was run', { pid: 1 })
            },
          }),
      }),
      fail: state({ ...common, plan: () => impossible('cannot be') }),
      breaks: state({
        ...common,
        plan: ({ chunk }) =>
          pending({
            comment: 'would break',
            changes: some,
            apply() {
              applied.push(chunk.id)
              return failed('broke', some)
            },
          }),
      }),
      watcher: state({
        ...common,
        plan: () => right('is right'),
        watch: ({ chunk, changed }) =>
          pending({
            comment: `would restart because of ${changed.map(({ id }) => id).join(', ')}`,
            changes: {},
            apply() {
              applied.push(`${chunk.id} (watch)`)
              return done('restarted', { because: changed.map(({ id }) => id) })
            },
          }),
      }),
      changing_watcher: state({
        ...common,
        plan: ({ chunk }) => work(chunk.id),
        watch: () => right('must not be asked'),
      }),
      failing_watcher: state({
        ...common,
        plan: () => impossible('cannot be'),
        watch: () => right('restarted after all'),
      }),
      throws: state({
        ...common,
        plan() {
          throw new Error('boom')
        },
      }),
      throws_late: state({
        ...common,
        plan: () =>
          pending({
            comment: 'would throw',
            changes: {},
            apply() {
              throw new Error('late boom')
            },
          }),
      }),
      /** What a module of somebody else may give back. */
      rubbish: state({
        ...common,
        args: { name, what: s.any('What it gives back') },
        plan: (_ctx, { what }) => pending({ comment: '', changes: {}, apply: () => what as never }),
      }),
      /** Fails so many times, then is right. */
      flaky: state({
        ...common,
        args: { name, failures: s.integer('How many times') },
        plan(_ctx, { name: about, failures }) {
          const attempt = (tries.get(about) ?? 0) + 1
          tries.set(about, attempt)
          return attempt > failures ? right(`right at attempt ${attempt}`) : impossible(`not at attempt ${attempt}`)
        },
      }),
      needs: state({
        ...common,
        args: { name, target: s.string('Where to'), mode: s.string('How') },
        plan: () => right(''),
      }),
      warns: state({ ...common, plan: () => right('is right', { warnings: ['take care'] }) }),
      strict: state({
        doc: '',
        args: { name, size: s.optional(s.integer('How large')) },
        examples: [],
        plan: () => right(''),
      }),
      own_check: state({
        ...common,
        args: { name, check_cmd: s.optional(s.string('A check of its own')) },
        plan: (_ctx, { check_cmd }) => right(`checks with ${check_cmd}`),
      }),
      own_test: state({
        ...common,
        args: { name, test: s.optional(s.any('A test of its own')) },
        plan: (_ctx, { test }) => right(`test is ${String(test)}`),
      }),
      echo: state({
        ...common,
        plan: (_ctx, { name: about }, more) => right(JSON.stringify({ about, ...more.extra })),
      }),
      /** A list that grows with what others leave. */
      leaves: state({
        ...common,
        plan({ run, chunk }) {
          const list = [...((run.memory.get('list') as string[] | undefined) ?? []), chunk.id]
          run.memory.set('list', list)
          return right(list.join(','))
        },
      }),
      is_test: state({
        ...common,
        plan: ({ run: { isTest } }) =>
          pending({ comment: `dry: ${isTest}`, changes: {}, apply: () => done(`dry: ${isTest}`) }),
      }),
      packages: state({
        ...common,
        plan: (_ctx, { name: about }, { extra: { pkgs } }) => right(pkgs === undefined ? about : JSON.stringify(pkgs)),
        aggregate: (_ctx, chunk, later) => ({
          ...chunk.args,
          pkgs: [chunk, ...later.filter(({ fun }) => fun === chunk.fun)].map(({ name: about }) => about),
        }),
      }),
      secret: state({
        ...common,
        plan: () =>
          pending({
            comment: 'would set it',
            changes: { password: { old: 'hidden', new: 'too' }, list: ['a', 'b'], diff: '-a\n+b' },
            apply: () => done('set', { password: { old: 'hidden', new: 'too' }, list: ['a', 'b'], diff: '-a\n+b' }),
          }),
      }),
    },
  })
}
