import { chmodSync } from 'node:fs'
import { loadUserPlugins } from '../../src/engine/functions/user-plugins.ts'
import { ConfigFolder } from './config-folder.ts'
import { StateHost, type StateHostOptions } from './state-host.ts'

/** A host with plugins of the user's own: those of `_modules/…` and `_states/…` as if they were synced, executables executable. */
export class UserPluginHost implements Disposable {
  readonly states: StateHost
  readonly folder: ConfigFolder

  private constructor(folder: ConfigFolder, states: StateHost) {
    this.folder = folder
    this.states = states
  }

  static async with(
    files: Readonly<Record<string, string>>,
    { config, ...options }: StateHostOptions = {},
  ): Promise<UserPluginHost> {
    const synced = Object.entries(files).map(([name, text]) => [`extmods/${name.replace(/^_/, '')}`, text])
    const folder = new ConfigFolder(Object.fromEntries(synced))
    for (const [name, text] of Object.entries(files)) {
      if (text.startsWith('#!')) chmodSync(folder.file(`extmods/${name.replace(/^_/, '')}`), 0o700)
    }
    const states = new StateHost({ ...options, config: { ...config, cachedir: folder.path, config_dir: folder.path } })
    const host = new UserPluginHost(folder, states)
    await host.reload()
    return host
  }

  get functions(): StateHost['functions'] {
    return this.states.functions
  }

  async reload(): Promise<void> {
    const { catalogues, inputs } = this.functions
    await loadUserPlugins(catalogues, inputs.config, inputs.log)
  }

  /** Where a plugin lies. */
  file(name: string): string {
    return this.folder.file(`extmods/${name.replace(/^_/, '')}`)
  }

  /** Why plugins could not be loaded, in order. */
  get faults(): readonly string[] {
    return this.functions.logged.filter(({ level }) => level === 'error').map(({ fields }) => String(fields?.reason))
  }

  [Symbol.dispose](): void {
    this.folder[Symbol.dispose]()
  }
}
