/** The functions that `service` has with every service manager. */
import { s } from '../../../base/schema.ts'
import { type FunctionContext, fn } from '../../plugin.ts'
import { matchGlob } from '../../target/glob.ts'
import { assertOperand } from '../host-programs.ts'
import { type BootPlace, namesIn, type ServiceAction, type ServiceManager } from './manager.ts'

export const serviceDoc = 'Starts, stops and lists the services of this host, and sets which of them start at boot.'

export const serviceName = s.string('Name of the service')
export const root = s.optional(s.path('Folder that stands for the root of the file system, with systemd'))
const noBlock = s.withDefault(s.boolean('Do not wait until it is done, with systemd'), false)
const runas = s.optional(s.string('User whose service it is, with launchd'))
const unmask = s.withDefault(s.boolean('Lift the mask of the service first, with systemd'), false)
const unmaskRuntime = s.withDefault(s.boolean('Lift the mask that lasts until the next boot, with systemd'), false)
const unmasking = { no_block: noBlock, unmask, unmask_runtime: unmaskRuntime }
const list = s.union([s.array(s.string()), s.record(s.array(s.string()))], 'Names; with OpenRC, name → runlevels')
const others = s.any('runlevels with OpenRC; others are accepted without effect')

export function serviceFunctions(manager: ServiceManager) {
  return { ...listFunctions(manager), ...actionFunctions(manager), ...bootFunctions(manager) }
}

function placeOf(
  given: { readonly root?: string | undefined; readonly runas?: string | undefined },
  extra = {},
): BootPlace {
  return { root: given.root, runas: given.runas, runlevels: runlevelsOf(extra) }
}

function runlevelsOf({ runlevels }: { readonly runlevels?: unknown }): readonly string[] {
  if (runlevels === undefined || runlevels === null || runlevels === '') return []
  return [runlevels].flat().map(String)
}

function listFunctions(manager: ServiceManager) {
  const listing = (doc: string, name: string, read: ServiceManager['all']) =>
    fn({
      doc,
      args: { root, runas },
      extra: others,
      returns: list,
      examples: [`salt '*' service.${name}`],
      run: (ctx, args, { extra }) => read(ctx, placeOf(args, extra)),
    })
  return {
    get_all: listing('List all services that are installed.', 'get_all', manager.all),
    get_enabled: listing('List the services that start at boot.', 'get_enabled', manager.enabled),
    get_disabled: listing('List the services that do not start at boot.', 'get_disabled', manager.disabled),
    available: fn({
      doc: 'Tell whether a service is installed.',
      args: { name: serviceName },
      extra: others,
      returns: s.boolean(),
      examples: ["salt '*' service.available sshd"],
      run: (ctx, { name }) => manager.isAvailable(ctx, name),
    }),
    missing: fn({
      doc: 'Tell whether a service is not installed.',
      args: { name: serviceName },
      extra: others,
      returns: s.boolean(),
      examples: ["salt '*' service.missing sshd"],
      run: async (ctx, { name }) => !(await manager.isAvailable(ctx, name)),
    }),
    status: fn({
      doc: 'Tell whether a service runs; a shell-style pattern gives a mapping of all that match.',
      args: {
        name: s.string('Name of the service, or a pattern'),
        sig: s.optional(s.string('Look for a process whose line matches this expression instead')),
        runas,
      },
      extra: others,
      returns: s.union([s.boolean(), s.record(s.boolean())]),
      examples: ["salt '*' service.status sshd", "salt '*' service.status 'ssh*'"],
      run: (ctx, { name, sig, runas: user }) => statusOf(ctx, manager, name, sig, user),
    }),
  }
}

async function statusOf(
  ctx: FunctionContext,
  manager: ServiceManager,
  name: string,
  sig: string | undefined,
  user: string | undefined,
): Promise<boolean | Record<string, boolean>> {
  if (sig !== undefined && sig !== '') return (await ctx.salt('status.pid', [sig])) !== ''
  if (!/[*?]|\[.+\]/.test(name)) return manager.isRunning(ctx, name, user)
  const place = { root: undefined, runas: user, runlevels: [] }
  const names = namesIn(await manager.all(ctx, place)).filter((one) => matchGlob(name, one))
  const answers = names.length === 0 ? [] : await manager.areRunning?.(ctx, names)
  if (answers !== undefined) return Object.fromEntries(names.map((one, index) => [one, answers[index] === true]))
  const running: Record<string, boolean> = {}
  for (const one of names) running[one] = await manager.isRunning(ctx, one, user)
  return running
}

const actionDocs: readonly (readonly [ServiceAction, string])[] = [
  ['restart', 'Stop a service and start it again.'],
  ['reload', 'Let a service read its configuration again.'],
  ['force-reload', 'Let a service read its configuration again; one that cannot do so is restarted.'],
  ['try-restart', 'Restart a service if it runs.'],
]

function actionFunctions(manager: ServiceManager) {
  const action = (which: ServiceAction, doc: string) => {
    const name = which.replace('-', '_')
    // Whoever reloads by force has always been answered at once.
    const block = which === 'force-reload' ? s.withDefault(noBlock, true) : noBlock
    return fn({
      doc,
      args: { name: serviceName, ...unmasking, no_block: block, runas },
      extra: others,
      returns: s.boolean('Whether it worked'),
      examples: [`salt '*' service.${name} nginx`],
      run(ctx, args) {
        assertOperand(args.name, 'the name of a service')
        return manager.act(ctx, which, args.name, {
          noBlock: args.no_block,
          unmask: args.unmask,
          unmaskRuntime: args.unmask_runtime,
          runas: args.runas,
        })
      },
    })
  }
  return {
    start: action('start', 'Start a service.'),
    stop: action('stop', 'Stop a service.'),
    ...Object.fromEntries(actionDocs.map(([which, doc]) => [which.replace('-', '_'), action(which, doc)])),
  }
}

function bootFunctions(manager: ServiceManager) {
  const switching = (enabled: boolean) =>
    fn({
      doc: enabled ? 'Let a service start at boot.' : 'Do not let a service start at boot.',
      args: { name: serviceName, ...(enabled ? unmasking : { no_block: noBlock }), root, runas },
      extra: others,
      returns: s.boolean('Whether it worked'),
      examples: [`salt '*' service.${enabled ? 'enable' : 'disable'} nginx`],
      run(ctx, args, { extra }) {
        assertOperand(args.name, 'the name of a service')
        return manager.setEnabled(ctx, args.name, enabled, {
          ...placeOf(args, extra),
          noBlock: args.no_block,
          unmask: 'unmask' in args && args.unmask === true,
          unmaskRuntime: 'unmask_runtime' in args && args.unmask_runtime === true,
        })
      },
    })
  const asking = (wanted: boolean) =>
    fn({
      doc: wanted ? 'Tell whether a service starts at boot.' : 'Tell whether a service does not start at boot.',
      args: { name: serviceName, root, runas },
      extra: others,
      returns: s.boolean(),
      examples: [`salt '*' service.${wanted ? 'enabled' : 'disabled'} nginx`],
      run: async (ctx, args, { extra }) => (await manager.isEnabled(ctx, args.name, placeOf(args, extra))) === wanted,
    })
  return { enable: switching(true), disable: switching(false), enabled: asking(true), disabled: asking(false) }
}
