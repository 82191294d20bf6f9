import type { CatalogueHost } from '../../engine/functions/catalogue.ts'
import type { MinionOptions } from '../../engine/options/minion-options.ts'
import type { Grains } from '../../engine/plugin.ts'

/** What decides which plugins can be used: the grains and the options as they are at the time. */
export function liveHost(options: () => MinionOptions, grains: () => Grains): CatalogueHost {
  return {
    get grains() {
      return grains()
    },
    get disabled() {
      return options().values.disable_modules
    },
    get only() {
      return options().values.whitelist_modules
    },
  }
}
