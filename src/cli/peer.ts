/** `salt peer`: what `peer` permits to minions. */
import { explainSpec, runExplain } from './explain/explain-command.ts'

export const spec = explainSpec(
  'salt peer',
  'Says whether a minion may publish a job to other minions, which rule of `peer` decides, and which rule would permit it.',
  'MINION',
  [
    {
      line: 'salt peer explain web1 db1 pkg.version postgresql',
      doc: 'May web1 ask db1 for the version of a package?',
    },
    { line: "salt peer explain web1 -C 'G@role:db' test.ping --out json", doc: 'The same of all database servers' },
    { line: "salt peer explain --offline web1 '*' test.ping", doc: 'By the files as they are now' },
  ],
)

export function run(argv: readonly string[]): Promise<number> {
  return runExplain({ spec, kind: 'minion' }, argv)
}
