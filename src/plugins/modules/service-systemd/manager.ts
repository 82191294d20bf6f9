/** systemd as the functions that all service managers share see it. */
import * as fs from 'node:fs'
import { linesOf } from '../../../engine/functions/host-programs.ts'
import type { ActionOptions, ServiceManager } from '../../../engine/functions/services/manager.ts'
import { listSystemFolder } from '../../../engine/functions/system-files.ts'
import type { FunctionContext } from '../../../engine/plugin.ts'
import {
  assertBooted,
  isOffline,
  mustSystemctl,
  setMask,
  systemctl,
  takeUpChanges,
  unitFileStates,
} from './systemctl.ts'
import { enabledScripts, listUnits, scriptsWithoutUnit, shortName, unitName, within } from './units.ts'

export async function unitsInState(ctx: FunctionContext, wanted: string, root: string | undefined): Promise<string[]> {
  const states = await unitFileStates(ctx, root)
  return states
    .filter(([, state]) => state === wanted)
    .map(([unit]) => shortName(unit))
    .filter((name) => name !== undefined)
}

function sorted(names: readonly string[]): string[] {
  return [...new Set(names)].sort()
}

async function unmaskIfAsked(
  ctx: FunctionContext,
  name: string,
  { unmask, unmaskRuntime, root }: ActionOptions & { readonly root?: string | undefined },
): Promise<void> {
  if (unmask) await setMask(ctx, name, false, { runtime: false, root })
  if (unmaskRuntime) await setMask(ctx, name, false, { runtime: true, root })
}

/** Links of an instance of a template, such as `getty@tty1.service`, which old versions cannot tell about. */
function isLinked(ctx: FunctionContext, name: string, root: string | undefined): boolean {
  const folder = within(root, '/etc/systemd/system')
  const folders = [folder, ...listSystemFolder(ctx, folder).map((entry) => `${folder}/${entry}`)]
  return folders.some((place) => isLink(ctx.at(`${place}/${unitName(name)}`)))
}

function isLink(path: string): boolean {
  try {
    return fs.lstatSync(path).isSymbolicLink()
  } catch {
    return false
  }
}

export const systemd: ServiceManager = {
  async all(ctx, { root }) {
    return listUnits(ctx, root)
  },
  enabled: async (ctx, { root }) =>
    sorted([...(await unitsInState(ctx, 'enabled', root)), ...enabledScripts(ctx, root)]),
  async disabled(ctx, { root }) {
    const enabled = enabledScripts(ctx, root)
    const scripts = scriptsWithoutUnit(ctx, root).filter((name) => !enabled.includes(name))
    return sorted([...(await unitsInState(ctx, 'disabled', root)), ...scripts])
  },
  async isAvailable(ctx, name) {
    if (isOffline(ctx.grains)) return listUnits(ctx, undefined).includes(shortName(unitName(name)) ?? name)
    // 4: there is no such unit; below: it is there, whatever it does.
    const { retcode } = await systemctl(ctx, ['status', '--no-pager', '-n', '0'], { name })
    return retcode >= 0 && retcode < 4
  },
  async isRunning(ctx, name) {
    if (isOffline(ctx.grains)) return false
    const { retcode } = await systemctl(ctx, ['is-active'], { name })
    return retcode === 0
  },
  async areRunning(ctx, names) {
    if (isOffline(ctx.grains)) return names.map(() => false)
    // A template alone has no state, and the line of one that is asked for would be missing.
    const asked = names.filter((name) => !name.endsWith('@'))
    const { stdout } = await systemctl(ctx, ['is-active', ...asked.map(unitName)])
    const states = new Map(linesOf(stdout).map((state, index) => [asked[index], state]))
    return names.map((name) => ['active', 'reloading', 'refreshing'].includes(states.get(name) ?? ''))
  },
  async isEnabled(ctx, name, { root }) {
    const { retcode } = await systemctl(ctx, ['is-enabled'], { name, root })
    if (retcode === 0) return true
    return name.includes('@') ? isLinked(ctx, name, root) : enabledScripts(ctx, root).includes(name)
  },
  async act(ctx, action, name, options) {
    assertBooted(ctx, action)
    await takeUpChanges(ctx, name)
    const how = { name, noBlock: options.noBlock, apart: true }
    if (action === 'stop') return (await systemctl(ctx, [action], how)).retcode === 0
    await unmaskIfAsked(ctx, name, options)
    await mustSystemctl(ctx, [action], how)
    return true
  },
  async setEnabled(ctx, name, enabled, options) {
    await takeUpChanges(ctx, name)
    const how = { name, root: options.root, noBlock: options.noBlock }
    if (!enabled) return (await systemctl(ctx, ['disable'], how)).retcode === 0
    await unmaskIfAsked(ctx, name, options)
    await mustSystemctl(ctx, ['enable'], how)
    return true
  },
}
