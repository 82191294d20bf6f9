import { resolve } from 'node:path'
import { s } from '../../base/schema.ts'
import { defineReturner } from '../../engine/returner.ts'
import { deliveryJson, recordOf } from '../../engine/returners/delivery-record.ts'
import { RotatedFile } from '../../engine/returners/rotated-file.ts'

export const file = defineReturner({
  name: 'file',
  doc:
    'Appends one line of JSON for each return, event or job to a file. A line that the death of the process cut off is followed by ' +
    'the whole line; so a reader leaves out what is no JSON, and takes a line that comes twice as one.',
  options: {
    path: s.withDefault(s.path('The file, with mode 0600; a relative path begins at `cachedir`'), 'deliveries.jsonl'),
    max_bytes: s.withDefault(
      s.bytes('Before it grows beyond that, a new file begins; 0 for one file for ever'),
      104_857_600,
    ),
    keep: s.withDefault(
      s.integer('How many former files are kept: `PATH.1` is the newest of them', { minimum: 0, maximum: 1000 }),
      5,
    ),
    fsync: s.withDefault(
      s.literal(
        ['batch', 'never'],
        '`batch`: written means on the disk; `never`: the loss of power may cost what the system has not yet written',
      ),
      'batch',
    ),
  },
  takes: ['return', 'event', 'job'],
  examples: [
    "salt '*' test.ping --return file",
    "salt '*' test.ping --return file --return_kwargs '{path: /srv/returns.jsonl}'",
  ],
  async open({ id, config }, { path, max_bytes: maximumBytes, keep, fsync }) {
    const target = new RotatedFile({
      path: resolve(String(config.get('cachedir') ?? '.'), path),
      maximumBytes,
      keep,
      isSynced: fsync === 'batch',
    })
    return {
      deliver: (batch) => target.append(batch.map((one) => `${deliveryJson(recordOf(one, id))}\n`).join('')),
      [Symbol.asyncDispose]: () => target[Symbol.asyncDispose](),
    }
  },
})
