import { packageFileFunctions } from '../../engine/functions/packages/package-file.ts'
import { defineModule } from '../../engine/plugin.ts'

const format = '%{NAME} %{EPOCHNUM}:%{VERSION}-%{RELEASE} %{ARCH}\\n'

export const lowpkgRpm = defineModule({
  name: 'lowpkg',
  doc: 'Tells about package files, with rpm.',
  available: ({ grains }) =>
    ['RedHat', 'Suse'].includes(String(grains.os_family)) || 'rpm: the system is not of the Red Hat or SUSE family',
  functions: packageFileFunctions(async (ctx, path) => {
    const { retcode, stdout } = await ctx.exec(['rpm', '-qp', '--nosignature', '--queryformat', format, path])
    const [name, version, arch = ''] = stdout.trim().split(' ')
    if (retcode !== 0 || name === undefined || version === undefined) return undefined
    return { name, version: version.replace(/^0:/, ''), arch }
  }, '/srv/packages/hello-1.0-1.noarch.rpm'),
})
