import { s } from '../../base/schema.ts'
import { assertOperand, changes, linesOf, succeeds } from '../../engine/functions/host-programs.ts'
import {
  currentRunlevel,
  readEnabledScripts,
  readScripts,
  runScript,
} from '../../engine/functions/services/init-scripts.ts'
import type { ServiceManager } from '../../engine/functions/services/manager.ts'
import { serviceDoc, serviceFunctions, serviceName } from '../../engine/functions/services/service-functions.ts'
import { defineModule, type FunctionContext, fn } from '../../engine/plugin.ts'

/** Scripts that are there for the system itself. */
const notServices = ['functions', 'halt', 'killall', 'single', 'reboot', 'rcS', 'skeleton']

function allNames(ctx: FunctionContext): string[] {
  return readScripts(ctx).filter((name) => !notServices.includes(name))
}

async function enabledNames(ctx: FunctionContext): Promise<string[]> {
  const level = await currentRunlevel(ctx, '3')
  // /etc/rcN.d are links to these on Red Hat, and folders of their own on SUSE.
  const names = ['/etc/rc.d', '/etc/init.d', '/etc'].flatMap((folder) => readEnabledScripts(ctx, folder, level))
  return [...new Set(names)].sort()
}

async function isRegistered(ctx: FunctionContext, name: string): Promise<boolean> {
  const { stdout, retcode } = await ctx.exec(['chkconfig', '--list', name])
  return retcode === 0 && linesOf(stdout).some((line) => line.startsWith(name))
}

const sysv: ServiceManager = {
  all: async (ctx) => allNames(ctx),
  enabled: enabledNames,
  async disabled(ctx) {
    const enabled = await enabledNames(ctx)
    return allNames(ctx).filter((name) => !enabled.includes(name))
  },
  isAvailable: async (ctx, name) => allNames(ctx).includes(name),
  isRunning: (ctx, name) => succeeds(ctx, ['service', name, 'status']),
  isEnabled: async (ctx, name) => (await enabledNames(ctx)).includes(name),
  act: (ctx, action, name) => runScript(ctx, name, action),
  async setEnabled(ctx, name, enabled) {
    if (!allNames(ctx).includes(name)) return false
    if (enabled && !(await isRegistered(ctx, name)) && !(await changes(ctx, ['chkconfig', '--add', name]))) return false
    return changes(ctx, ['chkconfig', name, enabled ? 'on' : 'off'])
  },
}

export const serviceSysvRedhat = defineModule({
  name: 'service',
  doc: serviceDoc,
  available: ({ grains }) =>
    ['RedHat', 'Suse'].includes(String(grains.os_family)) && grains.init !== 'systemd'
      ? true
      : 'this is no Red Hat or SUSE with SysV init',
  functions: {
    ...serviceFunctions(sysv),
    delete: fn({
      doc: 'Remove the links of a service, so that init knows it no longer.',
      args: { name: serviceName },
      extra: s.any('Accepted without effect'),
      returns: s.boolean('Whether it worked'),
      examples: ["salt '*' service.delete nginx"],
      run(ctx, { name }) {
        assertOperand(name, 'the name of a service')
        return changes(ctx, ['chkconfig', '--del', name])
      },
    }),
  },
})
