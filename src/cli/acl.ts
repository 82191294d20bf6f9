/** `salt acl`: what `publisher_acl` permits to users of the master's host. */
import { explainSpec, runExplain } from './explain/explain-command.ts'

export const spec = explainSpec(
  'salt acl',
  "Says whether a user of the master's host may publish a job, which rule of `publisher_acl` or of its blacklist decides, and which rule would permit it.",
  'USER',
  [
    { line: "salt acl explain fred 'web*' service.restart nginx", doc: 'May fred restart nginx on the web servers?' },
    { line: "salt acl explain fred '*' test.ping --out json", doc: 'The answer as data' },
  ],
)

export function run(argv: readonly string[]): Promise<number> {
  return runExplain({ spec, kind: 'user' }, argv)
}
