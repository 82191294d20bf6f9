import { changes, succeeds } from '../../engine/functions/host-programs.ts'
import { currentRunlevel, readEnabledScripts, runScript } from '../../engine/functions/services/init-scripts.ts'
import type { ServiceManager } from '../../engine/functions/services/manager.ts'
import { serviceDoc, serviceFunctions } from '../../engine/functions/services/service-functions.ts'
import { listSystemFolder } from '../../engine/functions/system-files.ts'
import { defineModule, type FunctionContext } from '../../engine/plugin.ts'

/** What starts on the way to the runlevel, and in it. */
async function enabledNames(ctx: FunctionContext): Promise<string[]> {
  const level = await currentRunlevel(ctx, '2')
  const names = ['S', level].flatMap((one) => readEnabledScripts(ctx, '/etc', one))
  return [...new Set(names)].sort()
}

async function allNames(ctx: FunctionContext): Promise<string[]> {
  // insserv keeps files of its own there, such as .depend.boot.
  const scripts = listSystemFolder(ctx, '/etc/init.d').filter((name) => name !== 'README' && !name.startsWith('.'))
  return [...new Set([...scripts, ...(await enabledNames(ctx))])].sort()
}

const sysv: ServiceManager = {
  all: allNames,
  enabled: enabledNames,
  async disabled(ctx) {
    const enabled = await enabledNames(ctx)
    return (await allNames(ctx)).filter((name) => !enabled.includes(name))
  },
  isAvailable: async (ctx, name) => (await allNames(ctx)).includes(name),
  isRunning: (ctx, name) => succeeds(ctx, ['service', name, 'status']),
  isEnabled: async (ctx, name) => (await enabledNames(ctx)).includes(name),
  act: (ctx, action, name) => runScript(ctx, name, action),
  async setEnabled(ctx, name, enabled) {
    if (!enabled) return changes(ctx, ['update-rc.d', name, 'disable'])
    // The first makes links where there are none at all, the second turns those that stop the service.
    if (!(await changes(ctx, ['update-rc.d', name, 'defaults']))) return false
    return changes(ctx, ['update-rc.d', name, 'enable'])
  },
}

export const serviceSysvDebian = defineModule({
  name: 'service',
  doc: serviceDoc,
  available: ({ grains }) =>
    grains.os_family === 'Debian' && !['systemd', 'openrc'].includes(String(grains.init))
      ? true
      : 'this is no Debian with SysV init',
  functions: serviceFunctions(sysv),
})
