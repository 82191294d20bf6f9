import { s } from '../../../base/schema.ts'
import { defineModule, fn } from '../../../engine/plugin.ts'
import { contentFunctions } from './contents.ts'
import { normalizeName, parseArchitecture } from './dpkg.ts'
import { selectionFunctions } from './holds.ts'
import { installFunctions } from './install.ts'
import { keyFunctions } from './keys.ts'
import { refreshFunctions } from './refresh.ts'
import { removalFunctions } from './removal.ts'
import { repositoryFunctions } from './repositories.ts'
import { versionFunctions } from './versions.ts'

export const pkgApt = defineModule({
  name: 'pkg',
  doc: 'Installs, removes and tells about packages with the package manager of the system.',
  available: ({ grains }) => grains.os_family === 'Debian' || 'apt: the system is not of the Debian family',
  functions: {
    ...versionFunctions,
    ...refreshFunctions,
    ...installFunctions,
    ...removalFunctions,
    ...selectionFunctions,
    ...contentFunctions,
    ...repositoryFunctions,
    ...keyFunctions,
    normalize_name: fn({
      doc: 'Leave the architecture out of the name of a package where it is that of the system.',
      args: { name: s.string('Name of the package') },
      returns: s.string(),
      examples: ["salt '*' pkg.normalize_name zsh:amd64"],
      run: (ctx, { name }) => normalizeName(ctx, name),
    }),
    parse_arch: fn({
      doc: 'Split the name of a package from its architecture.',
      args: { name: s.string('Name of the package') },
      returns: s.object({ name: s.string(), arch: s.union([s.string(), s.null()]) }),
      examples: ["salt '*' pkg.parse_arch zsh:amd64"],
      run: (_ctx, { name }) => parseArchitecture(name),
    }),
  },
})
