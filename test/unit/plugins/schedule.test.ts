/** The module `schedule`, with a schedule behind it as a minion has one. */
import assert from 'node:assert/strict'
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { mkdir } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { SaltError } from '../../../src/base/errors.ts'
import { silentLog } from '../../../src/base/log.ts'
import { parseYaml } from '../../../src/base/yaml.ts'
import type { MasterCalls } from '../../../src/client/master-link.ts'
import { Schedule, type ScheduleMapping } from '../../../src/engine/schedule/schedule.ts'
import { ScheduleDesk } from '../../../src/engine/schedule/schedule-requests.ts'
import { FakeClock, settle } from '../../support/fake-clock.ts'
import { FunctionHost, type HostOptions } from '../../support/function-host.ts'

const folder = mkdtempSync(join(tmpdir(), 'salt-schedule-'))
let folders = 0

function newFolder(): string {
  folders += 1
  return join(folder, String(folders))
}

before(() => {
  process.env.TZ = 'Europe/Berlin'
})
after(() => rmSync(folder, { recursive: true, force: true }))

interface Setting {
  readonly opts?: ScheduleMapping
  readonly pillar?: ScheduleMapping
  readonly system?: Readonly<Record<string, Readonly<Record<string, unknown>>>>
  readonly host?: HostOptions
  /** No minion runs. */
  readonly alone?: boolean
}

class Rig {
  readonly clock = new FakeClock(Date.UTC(2026, 0, 7, 12))
  readonly configDir = newFolder()
  readonly saved = join(this.configDir, 'minion.d', '_schedule.conf')
  readonly fired: string[] = []
  readonly ran: string[] = []
  readonly schedule: Schedule
  readonly host: FunctionHost

  constructor({ opts = {}, pillar = {}, system = {}, host = {}, alone = false }: Setting = {}) {
    this.schedule = new Schedule({
      clock: this.clock,
      log: silentLog,
      alias: () => undefined,
      run: async ({ job }) => void this.ran.push(job.name),
    })
    this.schedule.replace({ opts, pillar, system })
    this.schedule.start()
    const desk = new ScheduleDesk({
      schedule: this.schedule,
      savedPath: () => this.saved,
      log: silentLog,
      fire: (tag) => void this.fired.push(tag),
    })
    const nobody = { manage: () => Promise.reject(new SaltError('minion-unreachable', 'no minion answers')) }
    const config = { config_dir: this.configDir, default_include: 'minion.d/*.conf', ...host.config }
    this.host = new FunctionHost({
      ...host,
      config,
      services: { ...host.services, schedule: alone ? nobody : desk },
    })
  }

  async type(name: string, ...words: string[]): Promise<unknown> {
    return (await this.host.type(`schedule.${name}`, ...words)).return
  }

  async keep(jobs: ScheduleMapping): Promise<void> {
    await mkdir(join(this.configDir, 'minion.d'), { recursive: true })
    writeFileSync(this.saved, JSON.stringify({ schedule: jobs }))
  }

  kept(): unknown {
    return existsSync(this.saved) ? parseYaml(readFileSync(this.saved, 'utf8')) : undefined
  }
}

const hourly = { function: 'test.ping', seconds: 3600 }
const built = {
  function: 'test.ping',
  seconds: 3600,
  maxrunning: 1,
  name: 'job1',
  enabled: true,
  jid_include: true,
}

test('a job is added, told on the bus, kept in a private file, and runs', async () => {
  const rig = new Rig()
  assert.deepEqual(await rig.type('add', 'job1', 'function=test.ping', 'seconds=3600'), {
    comment: 'Added job: job1 to schedule.',
    result: true,
    changes: { job1: 'added' },
  })
  assert.deepEqual(rig.fired.at(-1), '/salt/minion/minion_schedule_add_complete')
  assert.deepEqual(rig.kept(), { schedule: { job1: built } })
  assert.equal(statSync(rig.saved).mode & 0o777, 0o600)
  await rig.clock.advance(3_600_000)
  assert.deepEqual(rig.ran, ['job1'])
})

test('with its arguments, in the way that Salt names them', async () => {
  const rig = new Rig()
  const words = [
    'function=cmd.run',
    "job_args=['date']",
    'job_kwargs={cwd: /tmp}',
    'cron=*/5 * * * *',
    'splay={start: 1, end: 5}',
  ]
  await rig.type('add', 'job1', ...words, 'metadata={a: b}', 'return_job=False', 'returner=file', 'maxrunning=3')
  assert.deepEqual(rig.kept(), {
    schedule: {
      job1: {
        function: 'cmd.run',
        args: ['date'],
        kwargs: { cwd: '/tmp' },
        cron: '*/5 * * * *',
        splay: { start: 1, end: 5 },
        metadata: { a: 'b' },
        return_job: false,
        returner: 'file',
        maxrunning: 3,
        name: 'job1',
        enabled: true,
        jid_include: true,
      },
    },
  })
})

const failed = { result: false, changes: {} }
for (const [words, comment] of [
  [['old', 'function=test.ping', 'seconds=10'], 'Job old already exists in schedule.'],
  [["''", 'function=test.ping', 'seconds=10'], 'Job name is required.'],
  [
    ['job1', 'function=test.ping', 'seconds=10', 'when=5pm'],
    'Error: Unable to use "seconds", "minutes", "hours", or "days" with "when" or "cron" options.',
  ],
  [
    ['job1', 'function=test.ping', "cron='* * * * *'", 'when=5pm'],
    'Unable to use "when" and "cron" options together.  Ignoring.',
  ],
  [
    ['job1', 'function=test.ping', 'seconds=1', 'job_args=date'],
    'job_args is not a list. please correct and try again.',
  ],
  [
    ['job1', 'function=test.ping', 'seconds=1', 'job_kwargs=[1]'],
    'job_kwargs is not a dict. please correct and try again.',
  ],
  [['job1', 'function=test.ping', 'when=soon'], 'Schedule item soon for "when" in invalid.'],
  [['job1', 'seconds=1'], 'Job job1 cannot be scheduled: it has no function'],
  [
    ['job1', 'function=test.ping', "cron='61 * * * *'"],
    "Job job1 cannot be scheduled: the minute of the cron expression '61 * * * *' is wrong at character 1: '61' is no minute (0 to 59)",
  ],
  [['job1', 'function=test.ping', 'secnds=10'], "'secnds' is no option of a job. Did you mean 'seconds'?"],
] as const) {
  test(`not added: ${words.join(' ')}`, async () => {
    const rig = new Rig({ opts: { old: hourly } })
    const answer = await rig.type('add', ...words)
    assert.deepEqual(answer, { ...failed, comment })
    assert.equal(rig.kept(), undefined)
  })
}

test('persist=False changes the running schedule alone, test=True nothing', async () => {
  const rig = new Rig()
  await rig.type('add', 'job1', 'function=test.ping', 'seconds=3600', 'persist=False')
  assert.equal(rig.kept(), undefined)
  assert.deepEqual(await rig.type('add', 'job2', 'function=test.ping', 'seconds=10', 'test=True'), {
    comment: 'Job: job2 would be added to schedule.',
    result: true,
    changes: {},
  })
  assert.deepEqual(Object.keys(rig.schedule.sources.opts), ['job1'])
})

test('a schedule that cannot be saved is changed all the same, and that is told', async () => {
  const rig = new Rig()
  writeFileSync(rig.configDir, 'no folder')
  const answer = (await rig.type('add', 'job1', 'function=test.ping', 'seconds=3600')) as { comment: string }
  assert.match(answer.comment, /^Added job: job1 to schedule\. But it could not be saved: /)
  assert.equal(((await rig.type('save')) as { result: boolean }).result, false)
})

test('modify puts another job in its place', async () => {
  const rig = new Rig({ opts: { job1: built } })
  const changed = { ...built, seconds: 60 }
  assert.deepEqual(await rig.type('modify', 'job1', 'seconds=60'), {
    comment: 'Modified job: job1 in schedule.',
    changes: { job1: { old: built, new: changed } },
    result: true,
  })
  assert.deepEqual(rig.kept(), { schedule: { job1: changed } })
  assert.deepEqual(await rig.type('modify', 'job1', 'seconds=60'), {
    comment: 'Job job1 in correct state',
    changes: {},
    result: true,
  })
  assert.deepEqual(await rig.type('modify', 'job9', 'seconds=60'), {
    ...failed,
    comment: 'Job job9 does not exist in schedule.',
  })
  await rig.clock.advance(60_000)
  assert.deepEqual(rig.ran, ['job1'])
})

test('delete and purge', async () => {
  const rig = new Rig({ opts: { a: hourly, b: hourly, c: hourly }, system: { __own: hourly } })
  assert.deepEqual(await rig.type('delete', 'a'), {
    comment: 'Deleted Job a from schedule.',
    result: true,
    changes: { a: 'removed' },
  })
  assert.deepEqual(await rig.type('delete', 'a'), { ...failed, comment: 'Job a does not exist.' })
  assert.deepEqual(await rig.type('purge', 'test=True'), {
    comment: ['Job: b would be deleted from schedule.', 'Job: c would be deleted from schedule.'],
    result: true,
    changes: {},
  })
  assert.deepEqual(await rig.type('purge'), {
    comment: ['Deleted job: b from schedule.', 'Deleted job: c from schedule.'],
    result: true,
    changes: { b: 'removed', c: 'removed' },
  })
  assert.deepEqual(rig.kept(), { schedule: {} })
  assert.ok(rig.schedule.status('__own') !== undefined)
})

test('jobs of pillar are shown and run, and stay as pillar has them', async () => {
  const rig = new Rig({ pillar: { deep: hourly } })
  assert.deepEqual(await rig.type('list', 'return_yaml=False', 'where=pillar'), { deep: { ...hourly, enabled: true } })
  assert.deepEqual(await rig.type('list', 'return_yaml=False', 'where=opts'), {})
  assert.deepEqual(await rig.type('delete', 'deep'), { ...failed, comment: 'Failed to delete job deep from schedule.' })
  assert.deepEqual(await rig.type('disable_job', 'deep'), {
    ...failed,
    comment: 'Failed to disable job deep in schedule.',
  })
})

test('the list as YAML says what is saved', async () => {
  const rig = new Rig({ opts: { enabled: true, job1: { ...hourly, _notes: 1 }, job2: { ...hourly, enabled: false } } })
  await rig.keep({ job1: hourly })
  assert.equal(
    await rig.type('list'),
    [
      'schedule:',
      '  enabled: true',
      '  job1:',
      '    enabled: true',
      '    function: test.ping',
      '    saved: true',
      '    seconds: 3600',
      '  job2:',
      '    enabled: false',
      '    function: test.ping',
      '    saved: false',
      '    seconds: 3600',
      '',
    ].join('\n'),
  )
  assert.deepEqual(await rig.type('list', 'return_yaml=False', 'show_disabled=False'), {
    enabled: true,
    job1: { ...hourly, enabled: true },
  })
  assert.equal(await new Rig().type('list'), 'schedule: {}\n')
})

test('jobs of the minion itself are shown on demand', async () => {
  const rig = new Rig({ system: { __own: hourly } })
  assert.deepEqual(await rig.type('list', 'return_yaml=False'), {})
  assert.deepEqual(await rig.type('list', 'return_yaml=False', 'show_all=True'), {
    __own: { ...hourly, enabled: true },
  })
})

test('switching one job, and all', async () => {
  const rig = new Rig({ opts: { job1: hourly } })
  assert.deepEqual(await rig.type('disable_job', 'job1'), {
    comment: 'Disabled Job job1 in schedule.',
    result: true,
    changes: { job1: 'disabled' },
  })
  assert.deepEqual(rig.kept(), { schedule: { job1: { ...hourly, enabled: false } } })
  assert.deepEqual(await rig.type('is_enabled', 'job1'), { ...hourly, enabled: false })
  assert.deepEqual(await rig.type('enable_job', 'job1'), {
    comment: 'Enabled Job job1 in schedule.',
    result: true,
    changes: { job1: 'enabled' },
  })
  assert.deepEqual(await rig.type('enable_job', 'job9'), { ...failed, comment: 'Job job9 does not exist.' })
  assert.equal(await rig.type('is_enabled'), true)
  assert.deepEqual(await rig.type('disable'), {
    comment: 'Disabled schedule on minion.',
    result: true,
    changes: { schedule: 'disabled' },
  })
  assert.equal(await rig.type('is_enabled'), false)
  await rig.clock.advance(3_600_000)
  assert.deepEqual(rig.ran, [])
  assert.deepEqual(await rig.type('enable'), {
    comment: 'Enabled schedule on minion.',
    result: true,
    changes: { schedule: 'enabled' },
  })
  assert.deepEqual(await rig.type('is_enabled', 'job9'), {})
  assert.deepEqual(
    rig.fired.filter((tag) => !tag.endsWith('list_complete')),
    [
      '/salt/minion/minion_schedule_disabled_job_complete',
      '/salt/minion/minion_schedule_enabled_job_complete',
      '/salt/minion/minion_schedule_disabled_complete',
      '/salt/minion/minion_schedule_enabled_complete',
    ],
  )
})

test('a job runs at once, a disabled one by force', async () => {
  const rig = new Rig({ opts: { job1: hourly, idle: { ...hourly, enabled: false } } })
  assert.deepEqual(await rig.type('run_job', 'job1'), { comment: 'Scheduling Job job1 on minion.', result: true })
  assert.deepEqual(await rig.type('run_job', 'idle'), { comment: 'Job idle is disabled.', result: true })
  assert.deepEqual(await rig.type('run_job', 'idle', 'force=True'), {
    comment: 'Scheduling Job idle on minion.',
    result: true,
  })
  assert.deepEqual(await rig.type('run_job', 'job9'), { comment: 'Job job9 does not exist.', result: false })
  assert.deepEqual(rig.ran, ['job1', 'idle'])
})

test('the next time, postponed and skipped', async () => {
  const rig = new Rig({ opts: { job1: { ...hourly, enabled: true } } })
  assert.deepEqual(await rig.type('show_next_fire_time', 'job1'), {
    result: true,
    next_fire_time: '2026-01-07T14:00:00',
  })
  assert.deepEqual(await rig.type('show_next_fire_time', 'job9'), { result: true, next_fire_time: null })
  assert.deepEqual(await rig.type('skip_job', 'job1', '2026-01-07T14:00'), {
    comment: 'Date string could not be parsed.',
    result: false,
  })
  assert.deepEqual(await rig.type('skip_job', 'job9', '2026-01-07T14:00:00'), {
    comment: 'Job job9 does not exist.',
    result: false,
  })
  assert.deepEqual(await rig.type('postpone_job', 'job1', '2026-01-07T14:00:00', '2026-01-07T14:05:00'), {
    comment: 'Postponed Job job1 in schedule.',
    result: true,
  })
  assert.deepEqual(await rig.type('skip_job', 'job1', "'07.01. 15:00 2026'", "time_fmt='%d.%m. %H:%M %Y'"), {
    comment: 'Added Skip Job job1 in schedule.',
    result: true,
  })
  await rig.clock.advance(3_600_000)
  assert.deepEqual(rig.ran, [])
  await rig.clock.advance(300_000)
  assert.deepEqual(rig.ran, ['job1'])
})

test('what is known of a job', async () => {
  const rig = new Rig({ opts: { job1: hourly, wrong: { function: 'a.b', cron: 'x' } } })
  await rig.clock.advance(3_600_000)
  await settle()
  assert.deepEqual(await rig.type('job_status', 'job1', "time_fmt='%H:%M:%S'"), {
    ...hourly,
    name: 'job1',
    _next_fire_time: '15:00:00',
    _next_scheduled_fire_time: '15:00:00',
    _last_run: '14:00:00',
    _seconds: 3600,
    _running: 0,
  })
  const wrong = (await rig.type('job_status', 'wrong')) as Record<string, unknown>
  assert.match(String(wrong._error), /has 1 fields instead of 5/)
  assert.deepEqual(await rig.type('job_status', 'job9'), {})
})

test('a pace is not lost by a change to another job', async () => {
  const rig = new Rig({ opts: { job1: hourly } })
  await rig.clock.advance(1_800_000)
  await rig.type('add', 'job2', 'function=test.ping', 'seconds=60')
  assert.deepEqual(await rig.type('show_next_fire_time', 'job1'), {
    result: true,
    next_fire_time: '2026-01-07T14:00:00',
  })
})

test('save and reload', async () => {
  const rig = new Rig({ opts: { job1: hourly } })
  assert.deepEqual(await rig.type('reload'), {
    comment: ['Failed to reload schedule on minion.  Saved file is empty or invalid.'],
    result: false,
  })
  assert.deepEqual(await rig.type('save'), { comment: 'Schedule (non-pillar items) saved.', result: true })
  assert.deepEqual(rig.kept(), { schedule: { job1: hourly } })
  await rig.keep({ job2: hourly })
  assert.deepEqual(await rig.type('reload'), {
    comment: ['Reloaded schedule on minion from _schedule.conf.'],
    result: true,
  })
  assert.deepEqual(Object.keys(rig.schedule.sources.opts), ['job1', 'job2'])
  writeFileSync(rig.saved, 'schedule: [')
  const answer = (await rig.type('reload')) as { comment: string[]; result: boolean }
  assert.match(answer.comment[0] ?? '', /^Unable to read existing schedule file: /)
})

test('build_schedule_item shows what would be added', async () => {
  const rig = new Rig()
  assert.deepEqual(await rig.type('build_schedule_item', 'job1', 'function=test.ping', 'seconds=3600'), built)
  assert.deepEqual(await rig.type('build_schedule_item', 'job1', 'function=test.ping', 'when=soon'), {
    comment: 'Schedule item soon for "when" in invalid.',
    result: false,
  })
})

test('where no minion runs: a failure that says so, and the file on demand', async () => {
  const rig = new Rig({ alone: true })
  assert.deepEqual(await rig.type('disable'), {
    ...failed,
    comment: 'Failed to disable schedule on minion: no minion answers',
  })
  assert.deepEqual(await rig.type('add', 'job1', 'function=test.ping', 'seconds=3600', 'offline=True'), {
    comment: 'Added job: job1 to schedule.',
    result: true,
    changes: { job1: 'added' },
  })
  assert.deepEqual(await rig.type('list', 'offline=True', 'return_yaml=False'), { job1: built })
  await rig.type('modify', 'job1', 'seconds=60', 'offline=True')
  assert.deepEqual(rig.kept(), { schedule: { job1: { ...built, seconds: 60 } } })
  assert.deepEqual(await rig.type('delete', 'job9', 'offline=True'), { ...failed, comment: 'Job job9 does not exist.' })
  assert.deepEqual(await rig.type('purge', 'offline=True'), {
    comment: ['Deleted job: job1 from schedule.'],
    result: true,
    changes: { job1: 'removed' },
  })
  assert.deepEqual(rig.kept(), { schedule: {} })
})

test('the file is not changed behind the back of a minion that runs', async () => {
  const rig = new Rig()
  const answer = (await rig.type('add', 'job1', 'function=test.ping', 'seconds=1', 'offline=True')) as {
    comment: string
  }
  assert.equal(
    answer.comment,
    'Failed to add job job1 to schedule: the minion runs, and keeps this file itself; leave offline out',
  )
})

for (const [fun, answers, expected, remains] of [
  [
    'copy',
    { beta: { result: true } },
    { comment: 'Copied Job job1 from schedule to minion(s).', result: true, minions: ['beta'] },
    true,
  ],
  [
    'move',
    { beta: { result: true } },
    { comment: 'Moved Job job1 from schedule.', result: true, minions: ['beta'] },
    false,
  ],
  [
    'move',
    { beta: { result: false } },
    { comment: 'the following minions return False', result: false, minions: ['beta'] },
    true,
  ],
  ['move', {}, { comment: 'no servers answered the published schedule.add command', result: false }, true],
] as const) {
  test(`${fun}, answered with ${JSON.stringify(answers)}`, async () => {
    const sent: unknown[] = []
    const outcomes = Object.entries(answers).map(([id, value]) => ({
      id,
      state: 'returned',
      ret: { id, jid: '1', fun: 'schedule.add', fun_args: [], return: value, retcode: 0, success: true },
    }))
    const call = async (_method: string, params: { arg: unknown }): Promise<unknown> => {
      sent.push(params.arg)
      return { jid: '1', outcomes }
    }
    const masters = [{ address: 'salt:4506', call: call as unknown as MasterCalls['call'] }]
    const job = { function: 'cmd.run', args: ['date'], seconds: 60, _notes: 1 }
    const rig = new Rig({ opts: { job1: job }, host: { services: { masters } } })
    assert.deepEqual(await rig.type(fun, 'job1', "'*'"), expected)
    assert.deepEqual(sent, [['job1', { __kwarg__: true, function: 'cmd.run', seconds: 60, job_args: ['date'] }]])
    assert.equal(Object.hasOwn(rig.schedule.sources.opts, 'job1'), remains)
  })
}
