/** A process that writes to a job store and a spool, says so, and waits to be killed. Arguments: folder, number of jobs. */
import { join } from 'node:path'
import { systemClock } from '../../../../src/base/clock.ts'
import { silentLog } from '../../../../src/base/log.ts'
import { openJobStore } from '../../../../src/engine/jobs/job-store.ts'
import { openReturnSpool } from '../../../../src/engine/jobs/return-spool.ts'
import { jobLoad, jobRecord, jobReturn } from './samples.ts'

const [folder = '', count = '0'] = process.argv.slice(2)
const options = { clock: systemClock, log: silentLog }
const store = openJobStore(join(folder, 'jobs.db'), options)
const spool = openReturnSpool(join(folder, 'spool.db'), options)
for (let number = 0; number < Number(count); number++) {
  const record = jobRecord(number)
  store.add(record)
  store.setOutcome(record.jid, { id: 'alpha', state: 'returned', ret: jobReturn(number) })
  spool.start(record.jid, jobLoad(number))
  if (number % 2 === 0) spool.finish(jobReturn(number))
  if (number % 10 === 0) await Promise.all([store.settled(), spool.settled()])
}
await Promise.all([store.settled(), spool.settled()])
process.stdout.write('written\n')
setInterval(() => {}, 1 << 30)
