import { randomBytes } from 'node:crypto'
import { SaltError } from '../../../base/errors.ts'
import { s } from '../../../base/schema.ts'
import { compareText } from '../../../base/text.ts'
import { algorithms, crypt, isSalt, randomSalt } from '../../../engine/functions/crypt.ts'
import { listUsers } from '../../../engine/functions/name-service.ts'
import { defineModule, fn } from '../../../engine/plugin.ts'
import { ageFunctions } from './age.ts'
import { root } from './entry.ts'
import { passwordFunctions } from './password.ts'

export const shadowLinux = defineModule({
  name: 'shadow',
  doc: 'Tells and changes the passwords of users and how long they are good for.',
  available: ({ grains }) => grains.kernel === 'Linux' || 'shadow: the system is not Linux',
  functions: {
    ...passwordFunctions,
    ...ageFunctions,
    list_users: fn({
      doc: 'List the names of all users.',
      args: { root },
      returns: s.array(s.string()),
      examples: ["salt '*' shadow.list_users"],
      async run(ctx, args) {
        const users = await listUsers(ctx, args.root)
        return users.map((user) => user.name).sort(compareText)
      },
    }),
    default_hash: fn({
      doc: 'Tell the hash of a new user who has no password: one that no password fits.',
      returns: s.string(),
      examples: ["salt '*' shadow.default_hash"],
      run: () => '!',
    }),
    gen_password: fn({
      doc: 'Make the hash of a password, as the shadow file holds it.',
      args: {
        password: s.optional(s.string('The password; a random one that nobody knows, by default')),
        crypt_salt: s.optional(s.string('The salt; a random one by default')),
        algorithm: s.withDefault(s.string('sha512, sha256 or md5'), 'sha512'),
      },
      returns: s.string(),
      examples: [
        "salt '*' shadow.gen_password 'I_am_password'",
        "salt '*' shadow.gen_password 'I_am_password' crypt_salt=I_am_salt algorithm=sha256",
      ],
      run(_ctx, { password, crypt_salt, algorithm }) {
        const known = algorithms.find((one) => one === algorithm)
        if (known === undefined) {
          throw new SaltError('bad-arguments', `the algorithm ${JSON.stringify(algorithm)} is not supported`, {
            hint: `Use one of ${algorithms.join(', ')}.`,
          })
        }
        if (crypt_salt !== undefined && !isSalt(crypt_salt)) {
          throw new SaltError('bad-arguments', 'a salt is at least one character, and has no "$", ":" or line break')
        }
        return crypt(password ?? randomBytes(20).toString('base64url'), crypt_salt ?? randomSalt(known), known)
      },
    }),
  },
})
