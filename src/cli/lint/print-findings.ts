/** Findings for people, a line each, and for programs. */
import { plural } from '../../base/text.ts'
import type { Finding, Severity } from '../../engine/state/lint/finding.ts'
import { forTerminal } from '../../plugins/outputters/colors.ts'

/** The file as the user would type it. */
export type ShownFinding = Finding

export interface PrintOptions {
  /** How many files were looked at. */
  readonly files: number
  readonly asJson: boolean
}

export function printFindings(findings: readonly ShownFinding[], { files, asJson }: PrintOptions): void {
  const count = (severity: Severity): number => findings.filter((finding) => finding.severity === severity).length
  const [errors, warnings, notes] = [count('error'), count('warning'), count('note')]
  if (asJson) {
    process.stdout.write(`${JSON.stringify({ findings, files, errors, warnings, notes }, null, 2)}\n`)
    return
  }
  for (const finding of findings) {
    const line = findingLine(finding)
    process.stdout.write(`${process.stdout.isTTY ? forTerminal(line, false) : line}\n`)
  }
  if (process.stderr.isTTY) {
    process.stderr.write(`${plural(errors, 'error')}, ${plural(warnings, 'warning')} in ${plural(files, 'file')}\n`)
  }
}

function findingLine({ file, line, column, severity, message, code }: ShownFinding): string {
  return `${file}:${line}:${column}: ${severity}: ${message} [${code}]`
}
