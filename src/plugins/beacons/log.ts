import { asSaltError } from '../../base/errors.ts'
import { s } from '../../base/schema.ts'
import { defineBeacon } from '../../engine/beacon.ts'
import { LogTail } from '../../engine/beacons/log-tail.ts'
import { PathWatches } from '../../engine/beacons/path-watches.ts'
import { PythonRegex } from '../../engine/functions/python-regex.ts'

export const log = defineBeacon({
  name: 'log',
  doc: 'Tells of new lines of a file that match regular expressions from their beginning on. It goes on with the new file after a rotation, and from the beginning after the file was cut short.',
  options: {
    file: s.path('The file'),
    tags: s.record(
      s.object({ regex: s.string() }),
      'The end of the tag of an event, with the regular expression (regex) for its lines',
    ),
  },
  intervalSeconds: 5,
  watches: true,
  examples: ['log:\n  - file: /var/log/messages\n  - tags:\n      goodbye/world:\n        regex: .*good-bye.*'],
  faults: ({ tags }) =>
    Object.entries(tags).flatMap(([tag, { regex }]) => {
      try {
        new PythonRegex(regex)
        return []
      } catch (error) {
        return [`${tag}: ${asSaltError(error).message}`]
      }
    }),
  async open(context, { file, tags }) {
    const path = context.at(file)
    const expressions = Object.entries(tags).map(([tag, { regex }]) => [tag, new PythonRegex(regex)] as const)
    const watches = new PathWatches([path], () => context.wake())
    const tail = await LogTail.open(path)
    return {
      async read() {
        watches.begin()
        const { lines, isMore } = await tail.read()
        if (isMore) context.wake()
        return lines.flatMap((raw) =>
          expressions
            .filter(([, expression]) => expression.match(raw))
            .map(([tag]) => ({ tag, data: { match: 'yes', raw, error: '' } })),
        )
      },
      async [Symbol.asyncDispose]() {
        watches[Symbol.dispose]()
        await tail[Symbol.asyncDispose]()
      },
    }
  },
})
