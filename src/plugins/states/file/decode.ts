/** `file.decode` */
import { createHash } from 'node:crypto'
import * as fs from 'node:fs'
import { pythonString } from '../../../base/python-repr.ts'
import { s } from '../../../base/schema.ts'
import { Secret } from '../../../base/secret.ts'
import { state } from '../../../engine/plugin.ts'
import { done, failed, impossible, pending, right } from '../../../engine/state/plan.ts'
import { traverse } from '../../../engine/target/traverse.ts'
import { wantedMetadata } from '../../modules/file/managing/metadata.ts'
import { hashOfFile } from '../../modules/file/managing/new-content.ts'
import { placeFile, restoreContext, usualMetadata } from '../../modules/file/managing/placing.ts'
import { faultText } from '../../modules/file/managing/plan-words.ts'
import { realPath } from '../../modules/file/paths.ts'
import { isRegularFile } from '../../modules/file/status.ts'
import { isPlan, pathName, targetPath } from './arguments.ts'

const checksums = ['md5', 'sha256', 'sha512']

export const decodeState = {
  decode: state({
    doc: 'Make sure that a file holds what a text in base64 stands for.',
    args: {
      name: pathName,
      encoded_data: s.optional(s.any('The base64, which may have several lines')),
      contents_pillar: s.optional(s.string('Path of the base64 in the pillar')),
      encoding_type: s.withDefault(s.string('base64'), 'base64'),
      checksum: s.withDefault(s.string('Checksum that changes are shown by: md5, sha256 or sha512'), 'md5'),
    },
    examples: ['/etc/app/logo.png:\n  file.decode:\n    - contents_pillar: app:logo'],
    async plan(ctx, { encoded_data: given, contents_pillar: pillar, checksum, ...want }) {
      const path = targetPath(want.name, 'decode')
      if (isPlan(path)) return path
      if (!given && !pillar) return impossible("Specify either the 'encoded_data' or 'contents_pillar' argument.")
      if (given && pillar) return impossible("Specify only one 'encoded_data' or 'contents_pillar' argument.")
      if (want.encoding_type !== 'base64')
        return impossible(`The encoding ${want.encoding_type} is not known: use base64`)
      if (!checksums.includes(checksum)) return impossible(`Hash func '${checksum}' is not supported.`)
      const data = given ? given : traverse(ctx.pillar, pillar ?? '')
      if (data === undefined) return impossible('Pillar data not found.')
      const bytes = decoded(data instanceof Secret ? data.reveal() : data)
      if (bytes === undefined) return impossible('The text is not valid base64.')
      const isThere = isRegularFile(path)
      const sum = createHash(checksum).update(bytes).digest('hex')
      const old = isThere ? await hashOfFile(path, checksum) : null
      if (old === sum) return right('File is in the correct state.')
      const changes = { old, new: sum }
      return pending({
        comment: 'File is set to be updated.',
        changes,
        async apply() {
          const real = realPath(path)
          const start = isThere ? fs.statSync(real) : usualMetadata()
          const metadata = wantedMetadata({})
          if (typeof metadata === 'string') return failed(metadata)
          try {
            await placeFile(
              real,
              { kind: 'bytes', bytes },
              { uid: start.uid, gid: start.gid, mode: start.mode & 0o7777 },
              metadata,
            )
            await restoreContext(ctx, real)
          } catch (error) {
            return failed(faultText(error, path))
          }
          return done('File was updated.', changes)
        },
      })
    },
  }),
}

function decoded(data: unknown): Buffer | undefined {
  const plain = pythonString(data).replace(/\s/g, '')
  return plain.length % 4 === 0 && /^[A-Za-z0-9+/]*={0,2}$/.test(plain) ? Buffer.from(plain, 'base64') : undefined
}
