/** `salt --version` and `salt --versions-report`. */
import { version } from '../base/build-info.ts'

export async function run(argv: readonly string[]): Promise<number> {
  const wantsReport = argv.includes('--versions-report') || argv.includes('-V')
  process.stdout.write(wantsReport ? await report() : `salt ${version}\n`)
  return 0
}

async function report(): Promise<string> {
  const { versionsReport } = await import('../engine/versions.ts')
  return versionsReport()
}
