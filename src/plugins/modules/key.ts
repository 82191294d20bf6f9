import { existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { readFileIfExists } from '../../base/files.ts'
import { s } from '../../base/schema.ts'
import { defineModule, type FunctionContext, fn } from '../../engine/plugin.ts'
import { fingerprintOf, publicKeyFromPem } from '../../wire/identity.ts'

/** Fingerprint of a public key below the minion's `pki_dir`; empty where there is none yet, as Salt tells. */
function fingerprint(ctx: FunctionContext, file: string): string {
  const pem = readFileIfExists(join(String(ctx.config.get('pki_dir')), file))
  return pem === undefined ? '' : fingerprintOf(publicKeyFromPem(pem))
}

export const key = defineModule({
  name: 'key',
  doc: 'Tells the fingerprints that a minion and its master know each other by.',
  functions: {
    finger: fn({
      doc: "Tell the fingerprint of this minion's key, to be compared with `salt key -f ID` on the master.",
      returns: s.string('SHA-256 as hex pairs with colons; empty where the minion has no key yet'),
      examples: ["salt '*' key.finger"],
      run: (ctx) => fingerprint(ctx, 'minion.pub'),
    }),
    finger_master: fn({
      doc: 'Tell the fingerprint of the master key that this minion trusts, to be compared with `salt key -F` on the master.',
      returns: s.any(
        'SHA-256 as hex pairs with colons, empty before the first contact; with several masters one for each address',
      ),
      examples: ["salt '*' key.finger_master"],
      run(ctx) {
        const folder = String(ctx.config.get('pki_dir'))
        const files = existsSync(folder) ? readdirSync(folder) : []
        const several = files.flatMap((file) => {
          const address = /^minion_master\.(.+)\.pub$/.exec(file)?.[1]
          return address === undefined ? [] : [[address, fingerprint(ctx, file)]]
        })
        return several.length > 0 ? Object.fromEntries(several) : fingerprint(ctx, 'minion_master.pub')
      },
    }),
  },
})
