/** mount.mounted. */
import { existsSync, realpathSync } from 'node:fs'
import { isRecord } from '../../../base/narrow.ts'
import { type Schema, type StaticProperties, s } from '../../../base/schema.ts'
import { PythonRegex } from '../../../engine/functions/python-regex.ts'
import type { StateContext } from '../../../engine/plugin.ts'
import { done, failed, pending, right, type StateOutcome, type StatePlan } from '../../../engine/state/plan.ts'
import { type FstabAnswer, fstabComment, fstabNote, setFstab } from './fstab.ts'
import { type ActiveMount, droppedOptions, missingOption } from './options.ts'

const options = s.union([s.string(), s.array(s.string())])

export const mountedArguments = {
  name: s.path('The mount point'),
  device: s.string('What is mounted: a device, UUID=…, LABEL=… or a share'),
  fstype: s.string('Type of the file system'),
  mkmnt: s.withDefault(s.boolean('Make the folder of the mount point'), false),
  opts: s.withDefault({ ...options, description: 'Options of mount' }, 'defaults'),
  dump: s.withDefault(s.integer('Whether dump saves it'), 0),
  pass_num: s.withDefault(s.integer('Which pass of fsck checks it; 0 for none'), 0),
  config: s.withDefault(s.path('The table of file systems'), '/etc/fstab'),
  persist: s.withDefault(s.boolean('Mount it at boot too'), true),
  mount: s.withDefault(s.boolean('Mount it now'), true),
  user: s.optional(s.string('User who mounts; the one of the minion by default')),
  match_on: s.withDefault({ ...options, description: 'What an entry of the table is known by' }, 'auto'),
  device_name_regex: s.optional(s.array(s.string(), 'What a device may be called where it is mounted')),
  extra_mount_invisible_options: s.optional(s.array(s.string(), 'Options that are not shown once mounted')),
  extra_mount_invisible_keys: s.optional(s.array(s.string(), 'Names of such options that have a value')),
  hidden_opts: s.optional({ ...options, description: 'Options whose absence is no reason to mount again' }),
} satisfies Record<string, Schema>

export type MountWishes = StaticProperties<typeof mountedArguments>

/** What is not as wanted. */
type Fault =
  | { readonly kind: 'none' }
  | { readonly kind: 'absent' }
  | { readonly kind: 'options'; readonly changed: string }
  | { readonly kind: 'device'; readonly devices: readonly string[]; readonly ignored?: string }

export async function activeMounts(ctx: StateContext): Promise<Readonly<Record<string, ActiveMount>>> {
  const found = await ctx.salt('mount.active', [true])
  return isRecord(found) ? (found as Readonly<Record<string, ActiveMount>>) : {}
}

function optionsOf(given: string | readonly string[] | undefined): string[] {
  return [given ?? []]
    .flat()
    .flatMap((one) => one.split(','))
    .filter((one) => one !== '')
}

/** The kernel knows no links. */
function realPlace(ctx: StateContext, path: string): string {
  const root = ctx.at('/')
  try {
    const real = realpathSync(ctx.at(path))
    return root === '/' ? real : `/${real.slice(realpathSync(root).length).replace(/^\/+/, '')}`
  } catch {
    return path.length > 1 ? path.replace(/\/+$/, '') : path
  }
}

export async function planMounted(ctx: StateContext, want: MountWishes): Promise<StatePlan> {
  const place = realPlace(ctx, want.name)
  const fault = want.mount ? await faultAt(ctx, want, place) : { kind: 'none' as const }
  const answer = want.persist ? await setFstab(ctx, want, true) : 'present'
  const isIdle = fault.kind === 'none' || (fault.kind === 'device' && fault.ignored !== undefined)
  if (isIdle && answer === 'present' && !makesFolder(ctx, want)) {
    return right(`${idleComment(ctx, want, fault)}${want.persist ? fstabComment('present') : ''}`)
  }
  const note = want.persist ? fstabNote(want, answer) : undefined
  return pending({
    comment: [testComment(ctx, want, fault), note ?? []].flat().join('. '),
    changes: {},
    apply: () => mount(ctx, want, place, fault),
  })
}

/** A folder may be wanted though nothing is mounted there now. */
function makesFolder(ctx: StateContext, { mount: isMount, mkmnt, name }: MountWishes): boolean {
  return !isMount && mkmnt && !existsSync(ctx.at(name))
}

function idleComment(ctx: StateContext, want: MountWishes, fault: Fault): string {
  if (fault.kind === 'device') {
    return `An umount will not be forced because device matched device_name_regex: ${fault.ignored}`
  }
  if (want.mount) return 'Target was already mounted'
  return existsSync(ctx.at(want.name)) ? `${want.name} not mounted` : `${want.name} not present and not mounted`
}

function testComment(ctx: StateContext, want: MountWishes, fault: Fault): string {
  const { name, mkmnt, device } = want
  const isThere = existsSync(ctx.at(name))
  if (!want.mount) {
    if (isThere) return `${name} would not be mounted`
    return mkmnt
      ? `${name} would be created, but not mounted`
      : `${name} does not exist and would neither be created nor mounted`
  }
  if (fault.kind === 'options') return `Remount would be forced because options (${fault.changed}) changed`
  if (fault.kind === 'device') {
    return `An umount would have been forced because devices do not match.  Watched: ${device}`
  }
  if (fault.kind === 'none') return 'Target was already mounted'
  if (isThere) return `${name} would be mounted`
  return mkmnt ? `${name} would be created and mounted` : `${name} does not exist and would not be created`
}

async function faultAt(ctx: StateContext, want: MountWishes, place: string): Promise<Fault> {
  const active = (await activeMounts(ctx))[place]
  if (active === undefined) return { kind: 'absent' }
  const devices = knownDevices(ctx, active)
  if (!devices.includes(await wantedDevice(ctx, want))) {
    const matched = (want.device_name_regex ?? []).map((regex) => new PythonRegex(`^(?:${regex})`).searchEach(devices))
    const ignored = devices.find((_, index) => matched.some((answers) => answers[index] === true))
    return { kind: 'device', devices, ...(ignored === undefined ? {} : { ignored }) }
  }
  const opts = optionsOf(want.opts)
  const rules = {
    fstype: want.fstype,
    opts,
    hidden: [...optionsOf(want.hidden_opts), ...(want.extra_mount_invisible_options ?? [])],
    invisibleKeys: want.extra_mount_invisible_keys ?? [],
  }
  const missing = await missingOption(ctx, rules, active)
  if (missing !== undefined) return { kind: 'options', changed: missing }
  const dropped = await droppedOptions(ctx, place, opts)
  return dropped.length > 0 ? { kind: 'options', changed: dropped.join(',') } : { kind: 'none' }
}

function knownDevices(ctx: StateContext, active: ActiveMount): string[] {
  const { device, alt_device, device_uuid, device_label } = active
  const known = [device, realPlace(ctx, device), alt_device, device_uuid, device_label]
  return [...new Set(known.filter((one) => typeof one === 'string').map(withoutSlash))]
}

function withoutSlash(device: string): string {
  return device.length > 1 ? device.replace(/\/+$/, '') : device
}

/** As the mounted device can be known. */
async function wantedDevice(ctx: StateContext, want: MountWishes): Promise<string> {
  const { device } = want
  const [, kind = '', value = ''] = /^(UUID|LABEL)="?([^"]*)"?$/i.exec(device) ?? []
  if (kind !== '') return kind.toUpperCase() === 'UUID' ? value.toLowerCase() : value
  const isBind = optionsOf(want.opts).some((option) => option === 'bind' || option === 'rbind')
  if (isBind && existsSync(ctx.at(device))) {
    const below = await ctx.salt('mount.get_device_from_path', [device])
    if (typeof below === 'string') return withoutSlash(below)
  }
  // FUSE: sshfs#host:/path is mounted as host:/path.
  const plain = device.replace(/^\w+#/, '')
  const [, group, volume] = /^\/dev\/([^/]+)\/([^/]+)$/.exec(plain) ?? []
  const mapper = `/dev/mapper/${group?.replaceAll('-', '--')}-${volume?.replaceAll('-', '--')}`
  if (group !== undefined && group !== 'mapper' && existsSync(ctx.at(mapper))) return mapper
  return withoutSlash(plain.startsWith('/') ? realPlace(ctx, plain) : plain)
}

async function mount(ctx: StateContext, want: MountWishes, place: string, fault: Fault): Promise<StateOutcome> {
  const changes: Record<string, unknown> = {}
  const worked = want.mount ? await bringUp(ctx, want, place, fault, changes) : await keepDown(ctx, want, changes)
  if (!worked.result) return { ...worked, changes }
  if (!want.persist) return { ...worked, changes }
  const answer: FstabAnswer = await setFstab(ctx, want, false)
  if (answer !== 'present' && answer !== 'bad config') changes.persist = answer === 'change' ? 'update' : answer
  const comment = `${worked.comment}${fstabComment(answer)}`
  return answer === 'bad config' ? failed(comment, changes) : done(comment, changes)
}

async function keepDown(ctx: StateContext, want: MountWishes, changes: Record<string, unknown>): Promise<StateOutcome> {
  const { name } = want
  if (existsSync(ctx.at(name))) return done(`${name} not mounted`)
  if (!want.mkmnt) return done(`${name} not present and not mounted`)
  await ctx.salt('file.mkdir', [ctx.at(name)], want.user === undefined ? {} : { user: want.user })
  changes.mkmnt = true
  return done(`${name} was created, not mounted`)
}

async function bringUp(
  ctx: StateContext,
  want: MountWishes,
  place: string,
  fault: Fault,
  changes: Record<string, unknown>,
): Promise<StateOutcome> {
  if (fault.kind === 'none') return done('Target was already mounted')
  if (fault.kind === 'device' && fault.ignored !== undefined) return done(idleComment(ctx, want, fault))
  const outcome =
    fault.kind === 'options'
      ? await again(ctx, want, place, fault.changed, changes)
      : await anew(ctx, want, place, fault, changes)
  if (outcome.result) {
    const { device, mkmnt, fstype } = want
    await ctx.salt('mount.write_mount_cache', [place, device, mkmnt, fstype, optionsOf(want.opts)])
  }
  return outcome
}

/** Some file systems take other options only when they are mounted anew. */
async function again(
  ctx: StateContext,
  want: MountWishes,
  place: string,
  changed: string,
  changes: Record<string, unknown>,
): Promise<StateOutcome> {
  const { device, mkmnt, fstype } = want
  const opts = optionsOf(want.opts)
  const isAnew = ['nfs', 'nfs4', 'cvfs'].includes(fstype) || fstype.startsWith('fuse')
  const forced = isAnew ? 'Forced unmount and mount' : 'Forced remount'
  if (isAnew) {
    const unmounted = await ctx.salt('mount.umount', [place])
    if (unmounted !== true) return failed(`Unable to unmount ${place}: ${unmounted}.`)
  }
  const answer = await ctx.salt(isAnew ? 'mount.mount' : 'mount.remount', [place, device, mkmnt, fstype, opts])
  if (answer !== true) return failed(String(answer))
  changes.umount = `${forced} because options (${changed}) changed`
  return done('Target was already mounted')
}

async function anew(
  ctx: StateContext,
  want: MountWishes,
  place: string,
  fault: Fault,
  changes: Record<string, unknown>,
): Promise<StateOutcome> {
  const { name, device, mkmnt, fstype, user } = want
  const as = user === undefined ? {} : { user }
  if (fault.kind === 'device') {
    const real = await wantedDevice(ctx, want)
    const asked = real === device ? device : `${device} (${real})`
    await ctx.salt('mount.umount', [place], as)
    if (place in (await activeMounts(ctx))) return failed('Unable to unmount')
    changes.umount = `Forced unmount because devices don't match. Wanted: ${asked}, current: ${fault.devices.join(', ')}`
  }
  if (!existsSync(ctx.at(name)) && !mkmnt) return failed('Mount directory is not present')
  const answer = await ctx.salt('mount.mount', [name, device, mkmnt, fstype, optionsOf(want.opts)], as)
  if (answer !== true) return failed(String(answer))
  if (!(realPlace(ctx, name) in (await activeMounts(ctx)))) return failed(`${name} was mounted, and is not there`)
  changes.mount = true
  return done('Target was successfully mounted')
}

/** For a watch: mount it again with its options. */
export function planRemount(ctx: StateContext, want: MountWishes): StatePlan {
  const { name, device, fstype, user } = want
  return pending({
    comment: `${name} would be remounted`,
    changes: {},
    async apply() {
      const as = user === undefined ? {} : { user }
      const answer = await ctx.salt('mount.remount', [name, device, false, fstype, optionsOf(want.opts)], as)
      if (answer !== true) return failed(`${name} failed to remount: ${answer}`)
      return done(`${name} remounted`, { [name]: 'remounted' })
    },
  })
}
