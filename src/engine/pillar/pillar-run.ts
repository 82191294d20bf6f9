/** What one compilation of pillar works with, and the errors that it comes to. */
import { asSaltError } from '../../base/errors.ts'
import type { Log } from '../../base/log.ts'
import type { SecretTexts } from '../../base/secret-texts.ts'
import type { Grains } from '../plugin.ts'
import { RenderError } from '../render/render-error.ts'
import { renderSls } from '../render/render-sls.ts'
import type { TemplateWorld } from '../render/template-world.ts'
import type { Value } from '../render/values/kinds.ts'
import { mergePillar } from './merge-pillar.ts'
import type { PillarEnvironments } from './pillar-environments.ts'
import type { PillarSettings } from './pillar-settings.ts'
import type { PlainFiles } from './plain-files.ts'
import { type SlsFile, SlsFiles } from './sls-files.ts'

export interface PillarRunParts {
  readonly id: string
  readonly grains: Grains
  /** What `I@` looks at in the top file: with `ext_pillar_first`, what the sources gave. */
  readonly pillar: Readonly<Record<string, unknown>>
  readonly settings: PillarSettings
  readonly environments: PillarEnvironments
  readonly world: TemplateWorld
  readonly secrets: SecretTexts
  /** What is known of files without templates; left out where the syntax of templates is another one. */
  readonly plainFiles: PlainFiles | undefined
  readonly log: Log
}

export class PillarRun {
  readonly parts: PillarRunParts
  readonly files: SlsFiles
  /** As the minion is told of them. */
  readonly errors: string[] = []
  /** Environment → names of files that need not be there. */
  readonly ignored = new Map<string, Set<string>>()

  constructor(parts: PillarRunParts) {
    this.parts = parts
    this.files = new SlsFiles(parts.environments.files)
  }

  /** Throws what a renderer throws. */
  async render(file: SlsFile, saltenv: string, variables: Readonly<Record<string, unknown>> = {}): Promise<Value> {
    const { plainFiles } = this.parts
    const render = (): Promise<Value> => this.#render(file, saltenv, variables)
    return plainFiles === undefined ? await render() : await plainFiles.value(file.text, render)
  }

  async #render(file: SlsFile, saltenv: string, variables: Readonly<Record<string, unknown>>): Promise<Value> {
    const { world, settings } = this.parts
    const { value } = await renderSls(world, {
      text: file.text,
      file: file.path,
      saltenv,
      sls: file.sls,
      variables,
      renderer: settings.renderer,
      allowed: settings.allowedRenderers,
      denied: settings.deniedRenderers,
    })
    return value
  }

  merge(left: Value, right: Value): Value {
    return mergePillar(this.parts.settings, left, right)
  }

  fail(message: string): void {
    const shown = this.parts.secrets.hide(message)
    this.errors.push(shown)
    this.parts.log.error('pillar cannot be made as it is written', { id: this.parts.id, reason: shown })
  }

  /** A file could not be rendered: the log has all of it, the minion as much as `pillar_safe_render_error` permits. */
  failRendering(file: SlsFile, thrown: unknown): void {
    const { settings, secrets, log, id } = this.parts
    const error = asSaltError(thrown)
    const message = secrets.hide(error.message)
    log.critical('a file of pillar cannot be rendered', {
      id,
      sls: file.sls,
      file: error.where ?? file.path,
      reason: message,
    })
    this.errors.push(
      settings.hidesErrors
        ? `Rendering SLS '${file.sls}' failed. Please see master log for details. (${placeOf(file, error)})`
        : `Rendering SLS '${file.sls}' failed, render error:\n${message}`,
    )
  }
}

function placeOf(file: SlsFile, error: unknown): string {
  const place = error instanceof RenderError ? error.places.at(-1) : undefined
  return place === undefined ? file.path : `${place.file}, line ${place.line}`
}
