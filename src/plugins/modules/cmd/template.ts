/** Templates in commands and scripts. */
import { SaltError } from '../../../base/errors.ts'
import { isRecord } from '../../../base/narrow.ts'
import type { FunctionContext } from '../../../engine/plugin.ts'

export interface CommandTemplate {
  readonly text: string
  /** For messages. */
  readonly file: string
  readonly saltenv: string
  readonly context: unknown
}

/** The text as it is where no engine is named. Throws RenderError, and `execution-failed` for an engine that is not there. */
export async function renderIfAsked(
  ctx: FunctionContext,
  engine: string | undefined,
  { text, file, saltenv, context }: CommandTemplate,
): Promise<string> {
  if (engine === undefined || engine === '') return text
  if (engine !== 'jinja') {
    throw new SaltError('execution-failed', `Attempted to render a command with unavailable engine ${engine}`, {
      hint: 'Use jinja.',
    })
  }
  const { TemplateWorld } = await import('../../../engine/render/template-world.ts')
  const variables = isRecord(context) ? context : {}
  return (await new TemplateWorld(ctx).render({ text, file, saltenv, variables })).text
}
