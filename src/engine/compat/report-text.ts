/** A report as people read it: a line for each finding, then the counts. */
import type { CompatReport, Finding, FindingKind } from './finding.ts'

const plurals: Readonly<Record<FindingKind, string>> = {
  state: 'states',
  argument: 'arguments of states',
  source: 'sources of files',
  target: 'targets of top files with a match',
  function: 'calls of functions',
  runner: 'calls of runners',
  wheel: 'calls of wheel functions',
  renderer: 'renderers',
  template: 'templates',
  filter: 'filters and tests',
  grain: 'grains',
  plugin: 'plugins',
  option: 'options',
  file: 'files that cannot be read',
}

export function reportText({ files, counts, findings }: CompatReport): string {
  const lines = findings.map(findingLine)
  const unsupported = findings.filter(({ level }) => level === 'unsupported').length
  const ineffective = findings.length - unsupported
  const table = Object.entries(counts).map(
    ([kind, count]) => `  ${plurals[kind as FindingKind]}: ${count?.working} of ${count?.used} work`,
  )
  const verdict =
    unsupported === 0
      ? 'Everything that was looked at will work'
      : `${unsupported} ${unsupported === 1 ? 'place needs' : 'places need'} to be written in another way`
  const idle = ineffective === 0 ? '' : `, ${ineffective} without effect`
  return [
    ...lines,
    ...(lines.length > 0 ? [''] : []),
    `${files} ${files === 1 ? 'file' : 'files'}`,
    ...table,
    `${verdict}${idle}.`,
  ].join('\n')
}

function findingLine({ file, line, level, what, instead }: Finding): string {
  const mark = level === 'ineffective' ? ' (no effect)' : ''
  return `${file}:${line}: ${what}${mark}${instead === undefined ? '' : ` — ${instead}`}`
}
