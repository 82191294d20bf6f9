/** Property lists of launchd: where jobs are defined, and what they are called. */
import * as fs from 'node:fs'
import { SaltError } from '../../../base/errors.ts'
import { didYouMean, nearest } from '../../../base/text.ts'
import { runIfInstalled } from '../../../engine/functions/host-programs.ts'
import { listSystemFolder, readSystemFile } from '../../../engine/functions/system-files.ts'
import type { FunctionContext } from '../../../engine/plugin.ts'

export interface LaunchdJob {
  readonly label: string
  readonly fileName: string
  readonly path: string
}

const folders = [
  '/Library/LaunchAgents',
  '/Library/LaunchDaemons',
  '/System/Library/LaunchAgents',
  '/System/Library/LaunchDaemons',
]

export async function readJobs(ctx: FunctionContext): Promise<LaunchdJob[]> {
  const jobs: LaunchdJob[] = []
  for (const folder of folders) {
    for (const fileName of listSystemFolder(ctx, folder)) {
      if (!fileName.endsWith('.plist')) continue
      const path = `${folder}/${fileName}`
      const label = await readLabel(ctx, path)
      if (label !== undefined) jobs.push({ label, fileName, path })
    }
  }
  return jobs
}

/** By label, path or file name, with or without its ending; case does not count. */
export async function findJob(ctx: FunctionContext, name: string): Promise<LaunchdJob | undefined> {
  const wanted = name.toLowerCase()
  const jobs = await readJobs(ctx)
  return jobs.find(({ label, fileName, path }) =>
    [label, path, fileName, fileName.replace(/\.plist$/, '')].some((known) => known.toLowerCase() === wanted),
  )
}

export async function requireJob(ctx: FunctionContext, name: string): Promise<LaunchdJob> {
  const job = await findJob(ctx, name)
  if (job !== undefined) return job
  const labels = (await readJobs(ctx)).map(({ label }) => label)
  throw new SaltError('execution-failed', `Service not found: ${name}.${didYouMean(nearest(name, labels))}`)
}

/** What `launchctl` calls the place where a job runs: `system`, or the session of the user at the screen. */
export function domainOf(ctx: FunctionContext, job: LaunchdJob): string {
  if (!job.path.includes('LaunchAgents')) return 'system'
  const console = fs.statSync(ctx.at('/dev/console'), { throwIfNoEntry: false })
  return `gui/${console?.uid ?? 0}`
}

/** The whole property list, binary or not. */
export async function readPropertyList(ctx: FunctionContext, path: string): Promise<unknown> {
  const result = await ctx.exec(['plutil', '-convert', 'json', '-o', '-', ctx.at(path)])
  try {
    return JSON.parse(result.stdout)
  } catch {
    throw new SaltError('execution-failed', `Cannot read ${path}: ${(result.stderr || result.stdout).trim()}`)
  }
}

async function readLabel(ctx: FunctionContext, path: string): Promise<string | undefined> {
  const text = readSystemFile(ctx, path) ?? ''
  if (!text.startsWith('bplist')) return labelIn(text)
  const result = await runIfInstalled(ctx, ['plutil', '-convert', 'xml1', '-o', '-', ctx.at(path)])
  return labelIn(result?.stdout ?? '')
}

function labelIn(xml: string): string | undefined {
  return /<key>Label<\/key>\s*<string>([^<]+)<\/string>/.exec(xml)?.[1]?.trim()
}
