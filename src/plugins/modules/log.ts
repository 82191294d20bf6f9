import { s } from '../../base/schema.ts'
import { defineModule, type FunctionContext, fn } from '../../engine/plugin.ts'

/** The message goes into a field: it is somebody's text, and the log keeps such text to one line. */
function logFunction(level: 'debug' | 'info' | 'warning' | 'error' | 'critical', name: string = level) {
  return fn({
    doc: `Write a message to the log of the minion, with the level ${level}.`,
    args: { message: s.text('The message') },
    returns: s.boolean('Always true'),
    examples: [`salt '*' log.${name} 'The disks are fine'`],
    run(ctx: FunctionContext, { message }) {
      ctx.log[level]('A job says', { message })
      return true
    },
  })
}

export const log = defineModule({
  name: 'log',
  doc: 'Writes messages to the log of the minion.',
  functions: {
    debug: logFunction('debug'),
    info: logFunction('info'),
    warning: logFunction('warning'),
    error: logFunction('error'),
    critical: logFunction('critical'),
    exception: logFunction('error', 'exception'),
  },
})
