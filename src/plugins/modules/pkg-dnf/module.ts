import { compareFunction } from '../../../engine/functions/packages/common-functions.ts'
import { repositoryFunctions } from '../../../engine/functions/packages/repo-functions.ts'
import { rpmFunctions } from '../../../engine/functions/packages/rpm.ts'
import { verifyFunctions } from '../../../engine/functions/packages/rpm-verify.ts'
import { compareRpmVersions } from '../../../engine/functions/packages/rpm-version.ts'
import { defineModule } from '../../../engine/plugin.ts'
import { advisoryFunctions } from './advisories.ts'
import { changeFunctions } from './changes.ts'
import { groupFunctions } from './groups.ts'
import { lockFunctions } from './locks.ts'
import { refreshRepositories, versionFunctions } from './versions.ts'

export const pkgDnf = defineModule({
  name: 'pkg',
  doc: 'Installs, removes and tells about packages with dnf or yum.',
  available: ({ grains }) => grains.os_family === 'RedHat' || 'dnf: the system is not of the RedHat family',
  functions: {
    ...rpmFunctions,
    ...versionFunctions,
    ...compareFunction(compareRpmVersions, 'rpm'),
    ...changeFunctions,
    ...lockFunctions,
    ...verifyFunctions,
    ...groupFunctions,
    ...advisoryFunctions,
    ...repositoryFunctions({ folders: ['/etc/yum.repos.d'], refresh: (ctx) => refreshRepositories(ctx, {}) }),
  },
})
