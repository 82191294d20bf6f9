/** Functions of `file` tell by the option `test` whether they may change something: here the plan of a state decides. */
import type { FunctionContext } from '../../../../engine/plugin.ts'

/** The context with `test` as given. */
export function withTest(ctx: FunctionContext, test: boolean): FunctionContext {
  const { config } = ctx
  if ((config.get('test') === true) === test) return ctx
  return ctx.derive({
    config: {
      get: (name) => (name === 'test' ? test : config.get(name)),
      get all() {
        return { ...config.all, test }
      },
    },
  })
}
