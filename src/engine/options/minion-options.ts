import { join } from 'node:path'
import { asSaltError, SaltError } from '../../base/errors.ts'
import { assertMinionId } from '../keys/minion-id.ts'
import { type LoadedOptions, type LoadRequest, loadOptions } from './load-options.ts'
import { masterTable } from './master-table.ts'
import { type HostNames, makeMinionId } from './minion-name.ts'
import { minionTable } from './minion-table.ts'
import type { OptionValues } from './option.ts'
import { listRoots } from './shared-options.ts'

export interface MinionPaths {
  readonly root_dir: string
  readonly pki_dir: string
  readonly cachedir: string
  readonly sock_dir: string
  readonly pidfile: string
  readonly log_file: string
  readonly extension_modules: string
}

/** Values by Salt's names, paths already below `root_dir`; `file_roots` has a list for every environment. */
export type MinionValues = Omit<OptionValues<typeof minionTable>, 'file_roots'> & {
  readonly file_roots: Readonly<Record<string, readonly string[]>>
}

export interface MinionOptions extends Omit<LoadedOptions<typeof minionTable>, 'values'> {
  readonly values: MinionValues
  readonly paths: MinionPaths
  /** The id of this minion; also in `values.id`. */
  readonly id: string
  /** Masters to connect to, as written; none for a minion that works alone (`master_type: disable`, `file_client: local`). */
  readonly masters: readonly string[]
}

export interface MinionLoadRequest extends LoadRequest {
  /** Calls the execution function that `id_function` names. */
  idFunction?(name: string, kwargs: Readonly<Record<string, unknown>>): Promise<unknown>
  /** Where host names come from, instead of this machine. */
  readonly hostNames?: HostNames
}

/**
 * The minion's options from its files; all defaults where there is no file. Throws `configuration` with `file:line`,
 * `bad-id` for an id that is not allowed.
 */
export async function loadMinionOptions(request: MinionLoadRequest = {}): Promise<MinionOptions> {
  const loaded = await loadOptions({ name: 'minion', table: minionTable, otherTable: masterTable }, request)
  const { values } = loaded
  const id = await minionId(loaded, request)
  const extensionModules = values.extension_modules === '' ? join(values.cachedir, 'extmods') : values.extension_modules
  const { root_dir, pki_dir, cachedir, sock_dir, pidfile, log_file } = values
  const completed = { id, extension_modules: extensionModules }
  // Functions know them by Salt's names: the grains file lies beside the configuration.
  const files = { conf_file: loaded.configFile, config_dir: loaded.configDir }
  const all = Object.freeze({ ...loaded.view.all, ...completed, ...files })
  return {
    ...loaded,
    id,
    masters: mastersOf(values),
    values: { ...values, ...completed, file_roots: listRoots(values.file_roots) },
    view: { all, get: (name) => (Object.hasOwn(all, name) ? all[name as keyof typeof all] : undefined) },
    paths: { root_dir, pki_dir, cachedir, sock_dir, pidfile, log_file, extension_modules: extensionModules },
  }
}

function mastersOf(values: OptionValues<typeof minionTable>): readonly string[] {
  const isAlone = values.master_type === 'disable' || (values.file_client === 'local' && !values.use_master_when_local)
  if (isAlone) return []
  return typeof values.master === 'string' ? [values.master] : values.master
}

async function minionId(loaded: LoadedOptions<typeof minionTable>, request: MinionLoadRequest): Promise<string> {
  const { values } = loaded
  const where = loaded.where(['id'])
  const id =
    values.id === ''
      ? await makeMinionId(values, loaded.configDir, () => idFromFunction(loaded, request), request.hostNames)
      : values.id
  const domain = values.append_domain.replace(/^\.+/, '')
  const isAddress = values.id === '' && /^[\d.]+$|:/.test(id)
  const full = domain === '' || isAddress || id.endsWith(`.${domain}`) || id.endsWith('.') ? id : `${id}.${domain}`
  try {
    assertMinionId(full)
  } catch (thrown) {
    const error = asSaltError(thrown)
    throw new SaltError('bad-id', error.message, {
      ...(error.hint === undefined ? {} : { hint: error.hint }),
      ...(where === undefined ? {} : { where }),
    })
  }
  return full
}

/** Undefined where the configuration names no function. */
async function idFromFunction(
  { values, where }: LoadedOptions<typeof minionTable>,
  request: MinionLoadRequest,
): Promise<string | undefined> {
  const wanted = values.id_function
  if (wanted === undefined) return undefined
  const [[name, kwargs] = ['', {}]] = typeof wanted === 'string' ? [[wanted, {}] as const] : Object.entries(wanted)
  const place = where(['id_function'])
  const at = place === undefined ? {} : { where: place }
  if (request.idFunction === undefined) {
    throw new SaltError('configuration', `id_function '${name}' cannot be called here`, {
      ...at,
      hint: 'Set id: instead.',
    })
  }
  const id = await request.idFunction(name, typeof kwargs === 'object' && kwargs !== null ? { ...kwargs } : {})
  if (typeof id !== 'string' || id === '') {
    throw new SaltError('configuration', `id_function '${name}' gave no text`, { ...at, hint: 'Set id: instead.' })
  }
  return id
}
