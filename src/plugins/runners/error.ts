import { SaltError } from '../../base/errors.ts'
import { s } from '../../base/schema.ts'
import { defineRunner, runnerFn } from '../../engine/plugin.ts'

export const error = defineRunner({
  name: 'error',
  doc: 'Fails on purpose, to see how the failure of a runner is told.',
  functions: {
    error: runnerFn({
      doc: 'Fail with an error of that name; without a name, give an empty mapping.',
      args: {
        name: s.optional(s.string('Name of the error')),
        message: s.withDefault(s.string('Its message'), ''),
      },
      returns: s.record(s.any()),
      examples: ["salt run error.error name=Exception message='This is an error.'"],
      run(_ctx, { name, message }) {
        if (name === undefined) return {}
        throw new SaltError('execution-failed', message === '' ? name : `${name}: ${message}`)
      },
    }),
  },
})
