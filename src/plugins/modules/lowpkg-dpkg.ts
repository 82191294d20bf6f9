import { packageFileFunctions } from '../../engine/functions/packages/package-file.ts'
import { defineModule } from '../../engine/plugin.ts'

export const lowpkgDpkg = defineModule({
  name: 'lowpkg',
  doc: 'Tells about package files, with dpkg.',
  available: ({ grains }) => grains.os_family === 'Debian' || 'dpkg: the system is not of the Debian family',
  functions: packageFileFunctions(async (ctx, path) => {
    const { retcode, stdout } = await ctx.exec(['dpkg-deb', '--field', path, 'Package', 'Version', 'Architecture'])
    const field = (key: string): string | undefined => new RegExp(`^${key}: (.*)$`, 'm').exec(stdout)?.[1]
    const [name, version, arch = ''] = [field('Package'), field('Version'), field('Architecture')]
    return retcode !== 0 || name === undefined || version === undefined ? undefined : { name, version, arch }
  }, '/srv/packages/hello_1.0_all.deb'),
})
