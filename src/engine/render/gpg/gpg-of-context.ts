import { join } from 'node:path'
import type { Log } from '../../../base/log.ts'
import { isRecord } from '../../../base/narrow.ts'
import type { ConfigView } from '../../config-view.ts'
import type { FunctionContext } from '../../plugin.ts'
import { fromPlain, toPlain } from '../values/plain.ts'
import { GpgDecryptor, type GpgOptions } from './gpg-decryptor.ts'

/** A decryptor as the configuration says: keys of `gpg_keydir`, or of `gpgkeys` beside the configuration. */
export function gpgOf(
  config: ConfigView,
  log: Log,
  exec: FunctionContext['exec'],
  more: Pick<GpgOptions, 'secrets' | 'known'> = {},
): GpgDecryptor {
  const chosen = config.get('gpg_keydir')
  const folder = config.get('config_dir')
  return new GpgDecryptor(exec, {
    homedir:
      typeof chosen === 'string' && chosen !== ''
        ? chosen
        : join(typeof folder === 'string' ? folder : '/etc/salt', 'gpgkeys'),
    mustSucceed: config.get('gpg_decrypt_must_succeed') === true,
    log,
    ...more,
  })
}

/** A mapping with its encrypted values decrypted: `pillar=` with `pillar_enc=gpg`. */
export async function decryptedMapping(
  ctx: Pick<FunctionContext, 'config' | 'log' | 'exec'>,
  mapping: Readonly<Record<string, unknown>>,
): Promise<Readonly<Record<string, unknown>>> {
  const gpg = gpgOf(ctx.config, ctx.log, (argv, options) => ctx.exec(argv, options))
  const plain = toPlain(await gpg.decrypt(fromPlain(mapping)))
  return isRecord(plain) ? plain : {}
}
