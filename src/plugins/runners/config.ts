import { s } from '../../base/schema.ts'
import { defineRunner, runnerFn } from '../../engine/plugin.ts'
import { traverse } from '../../engine/target/traverse.ts'

export const config = defineRunner({
  name: 'config',
  doc: 'Reads the configuration that this master runs with.',
  functions: {
    get: runnerFn({
      doc: 'Look a value up in the configuration of the master.',
      args: {
        key: s.string('Name of the value; `:` leads into mappings'),
        default: s.withDefault(s.any('What to give where there is no such value'), ''),
        delimiter: s.withDefault(s.string('What leads into mappings'), ':'),
      },
      returns: s.any(),
      isSecret: true,
      examples: ['salt run config.get timeout', 'salt run config.get file_roots:base default=none'],
      run(ctx, args) {
        const value = traverse(ctx.config.all, args.key, args.delimiter)
        return value === undefined ? args.default : value
      },
    }),
  },
})
