import { compareFunction } from '../../../engine/functions/packages/common-functions.ts'
import { repositoryFunctions } from '../../../engine/functions/packages/repo-functions.ts'
import { rpmFunctions } from '../../../engine/functions/packages/rpm.ts'
import { verifyFunctions } from '../../../engine/functions/packages/rpm-verify.ts'
import { compareRpmVersions } from '../../../engine/functions/packages/rpm-version.ts'
import { defineModule } from '../../../engine/plugin.ts'
import { changeFunctions } from './changes.ts'
import { refreshRepositories } from './program.ts'
import { queryFunctions } from './queries.ts'

export const pkgZypper = defineModule({
  name: 'pkg',
  doc: 'Installs, removes and tells about packages with zypper.',
  available: ({ grains }) => grains.os_family === 'Suse' || 'zypper: the system is not of the SUSE family',
  functions: {
    ...rpmFunctions,
    ...queryFunctions,
    ...compareFunction(compareRpmVersions, 'rpm'),
    ...changeFunctions,
    ...verifyFunctions,
    ...repositoryFunctions({ folders: ['/etc/zypp/repos.d'], refresh: (ctx) => refreshRepositories(ctx, false) }),
  },
})
