import { existsSync } from 'node:fs'
import { join } from 'node:path'
import type { AutosignOptions } from '../keys/autosign.ts'
import { type LoadedOptions, type LoadRequest, loadOptions } from './load-options.ts'
import { masterTable } from './master-table.ts'
import { minionTable } from './minion-table.ts'
import type { OptionValues } from './option.ts'
import { listRoots } from './shared-options.ts'

export interface MasterPaths {
  readonly root_dir: string
  readonly pki_dir: string
  readonly cachedir: string
  readonly sock_dir: string
  readonly pidfile: string
  readonly log_file: string
  readonly key_logfile: string
}

/** Values by Salt's names, paths already below `root_dir`; `file_roots` has a list for every environment. */
export type MasterValues = Omit<OptionValues<typeof masterTable>, 'file_roots' | 'peer' | 'peer_run'> & {
  readonly file_roots: Readonly<Record<string, readonly string[]>>
  readonly peer: Readonly<Record<string, unknown>>
  readonly peer_run: Readonly<Record<string, unknown>>
}

export interface MasterOptions extends Omit<LoadedOptions<typeof masterTable>, 'values'> {
  readonly values: MasterValues
  readonly paths: MasterPaths
  readonly autosign: AutosignOptions
}

const admissionFiles = ['autosign_file', 'autoreject_file', 'autosign_grains_dir'] as const

/** The master's options from its files; all defaults where there is no file. Throws `configuration` with `file:line`. */
export async function loadMasterOptions(request: LoadRequest = {}): Promise<MasterOptions> {
  const loaded = await loadOptions({ name: 'master', table: masterTable, otherTable: minionTable }, request)
  const { values } = loaded
  const { root_dir, pki_dir, cachedir, sock_dir, pidfile, log_file, key_logfile } = values
  const keepSeconds = (request.overrides?.keep_jobs_seconds ?? loaded.where(['keep_jobs_seconds'])) !== undefined
  return {
    ...loaded,
    warnings: [...loaded.warnings, ...missingFiles(values)],
    values: {
      ...values,
      keep_jobs_seconds:
        !keepSeconds && values.keep_jobs !== undefined ? values.keep_jobs * 3600 : values.keep_jobs_seconds,
      file_roots: listRoots(values.file_roots),
      peer: values.peer ?? {},
      peer_run: values.peer_run ?? {},
    },
    paths: { root_dir, pki_dir, cachedir, sock_dir, pidfile, log_file, key_logfile },
    autosign: {
      autoAccept: values.auto_accept,
      autosignFile: values.autosign_file,
      autorejectFile: values.autoreject_file,
      autosignGrainsDir: values.autosign_grains_dir,
      autosignFolder: join(pki_dir, 'minions_autosign'),
      autosignTimeoutMinutes: values.autosign_timeout,
      permissivePkiAccess: values.permissive_pki_access,
    },
  }
}

/** Minions would wait for ever for what a file says that is not there. */
function missingFiles(values: Pick<MasterValues, (typeof admissionFiles)[number]>): string[] {
  return admissionFiles.flatMap((option) => {
    const path = values[option]
    return path === undefined || path === '' || existsSync(path) ? [] : [`${option}: there is no ${path}`]
  })
}
