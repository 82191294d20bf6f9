/** What the modules named `timezone` have in common. */
import { s } from '../../base/schema.ts'
import { fn } from '../plugin.ts'
import { mustRun } from './host-programs.ts'

export const timezoneDoc = 'Tells and sets the time zone of this host and what its hardware clock keeps.'
export const zoneName = s.string('Name of the zone, such as America/Denver')

const dateFunction = (name: string, doc: string, format: string) =>
  fn({
    doc,
    returns: s.string(),
    examples: [`salt '*' timezone.${name}`],
    run: async (ctx) => (await mustRun(ctx, ['date', format])).stdout.trim(),
  })

export const zoneFunctions = {
  get_zonecode: dateFunction('get_zonecode', 'Tell the abbreviation of the time zone, such as MST or CEST.', '+%Z'),
  get_offset: dateFunction('get_offset', 'Tell how far local time is from UTC, such as -0700.', '+%z'),
}
