/** `check_cmd` of a managed file: a command looks at the new file before that takes the place of the old one. */
import { randomBytes } from 'node:crypto'
import * as fs from 'node:fs'
import { tmpdir } from 'node:os'
import { posix } from 'node:path'
import { isRecord } from '../../../base/narrow.ts'
import { pythonString } from '../../../base/python-repr.ts'
import type { StateContext } from '../../../engine/plugin.ts'
import type { WantedMetadata } from '../../modules/file/managing/metadata.ts'
import { bytesOf, type NewContent } from '../../modules/file/managing/new-content.ts'
import { placeFile, usualMetadata } from '../../modules/file/managing/placing.ts'
import { faultText } from '../../modules/file/managing/plan-words.ts'

export interface CheckRequest {
  /** Commands that get the path of the file as their last word. */
  readonly commands: readonly string[]
  readonly path: string
  /** Folder of the file that is checked; that of temporary files when empty. */
  readonly folder: string
  readonly ending: string
  readonly metadata: WantedMetadata
}

/** What is wrong with the content; undefined where all commands are content with it. */
export async function checkContent(
  ctx: StateContext,
  { commands, path, folder, ending, metadata }: CheckRequest,
  content: NewContent | undefined,
): Promise<string | undefined> {
  const temporary = posix.join(folder === '' ? tmpdir() : folder, `check-${randomBytes(6).toString('hex')}${ending}`)
  try {
    await placeFile(temporary, content ?? currentContent(path), { ...usualMetadata(), mode: 0o600 }, metadata)
    const { shell } = ctx.grains
    const options = { python_shell: false, ...(typeof shell === 'string' ? { shell } : {}) }
    for (const command of commands) {
      const result = await ctx.salt('cmd.run_all', [`${command} ${temporary}`], options)
      if (isRecord(result) && result.retcode === 0) continue
      return ['check_cmd execution failed', ...outputOf(result)].join('\n')
    }
    return undefined
  } catch (error) {
    ctx.signal.throwIfAborted()
    return `Unable to check_cmd file: ${faultText(error, temporary)}`
  } finally {
    fs.rmSync(temporary, { force: true })
  }
}

function currentContent(path: string): NewContent {
  if (!fs.existsSync(path)) return bytesOf('')
  return { kind: 'file', hash: undefined, isDoubtful: false, fetch: async () => path }
}

function outputOf(result: unknown): string[] {
  if (!isRecord(result)) return []
  return [result.stdout, result.stderr].map(pythonString).filter((text) => text !== '' && text !== 'None')
}
