/** What the functions of cron write, with a crontab program that keeps one file. */
import assert from 'node:assert/strict'
import * as fs from 'node:fs'
import { after, before, test } from 'node:test'
import { ConfigFolder } from '../../support/config-folder.ts'
import { FunctionHost } from '../../support/function-host.ts'

const program = (tab: string) => `#!/bin/sh
[ "$1" = -u ] && shift 2
case $1 in
  -l) [ -e ${tab} ] && exec cat ${tab}; echo "no crontab for $1" >&2; exit 1 ;;
  *) exec cat $1 > ${tab} ;;
esac
`

const folder = new ConfigFolder({ 'bin/x': '' })
const tab = folder.file('tab')
const path = process.env.PATH
const host = new FunctionHost({ grains: { kernel: 'Linux' } })

before(() => {
  fs.writeFileSync(folder.file('bin/crontab'), program(tab), { mode: 0o755 })
  process.env.PATH = `${folder.file('bin')}:${path}`
})

after(() => {
  process.env.PATH = path
  folder[Symbol.dispose]()
})

const salt = '# Lines below here are managed by Salt, do not edit\n'

interface Change {
  readonly name: string
  readonly before?: string
  readonly call: readonly [string, ...string[]]
  readonly return: string
  readonly after: string
}

const changes: readonly Change[] = [
  {
    name: 'a first job',
    call: ['set_job', 'root', '*', '1', '*', 'JAN', '5', 'date', 'comment=What a day', 'identifier=day'],
    return: 'new',
    after: `${salt}# What a day SALT_CRON_IDENTIFIER:day\n* 1 * jan 5 date\n`,
  },
  {
    name: 'lines of others stay',
    before: `# mine\n1 1 1 1 1 own\n`,
    call: ['set_job', 'root', '1', '*', '*', '*', '*', 'date'],
    return: 'new',
    after: `# mine\n1 1 1 1 1 own\n${salt}1 * * * * date\n`,
  },
  {
    name: 'a job without an identifier gets another time',
    before: `${salt}1 * * * * date\n2 * * * * df\n`,
    call: ['set_job', 'root', '7', '*', '*', '*', '*', 'date'],
    return: 'updated',
    after: `${salt}7 * * * * date\n2 * * * * df\n`,
  },
  {
    name: 'a job with an identifier gets another command, and keeps its comment',
    before: `${salt}# Look here SALT_CRON_IDENTIFIER:day\n1 * * * * date\n`,
    call: ['set_job', 'root', '1', '*', '*', '*', '*', 'date -u', 'identifier=day'],
    return: 'updated',
    after: `${salt}# Look here SALT_CRON_IDENTIFIER:day\n1 * * * * date -u\n`,
  },
  {
    name: 'a job without an identifier gets one',
    before: `${salt}1 * * * * date\n`,
    call: ['set_job', 'root', '1', '*', '*', '*', '*', 'date', 'identifier=day'],
    return: 'updated',
    after: `${salt}# SALT_CRON_IDENTIFIER:day\n1 * * * * date\n`,
  },
  {
    name: 'the same command with another identifier is another job',
    before: `${salt}# SALT_CRON_IDENTIFIER:day\n1 * * * * date\n`,
    call: ['set_job', 'root', '1', '*', '*', '*', '*', 'date', 'identifier=night'],
    return: 'new',
    after: `${salt}# SALT_CRON_IDENTIFIER:day\n1 * * * * date\n# SALT_CRON_IDENTIFIER:night\n1 * * * * date\n`,
  },
  {
    name: 'a job without an identifier that says so is found',
    before: `${salt}# SALT_CRON_IDENTIFIER:NO ID SET\n* * * * * ls\n`,
    call: ['set_job', 'root', '*', '*', '*', '*', '*', 'ls'],
    return: 'present',
    after: `${salt}# SALT_CRON_IDENTIFIER:NO ID SET\n* * * * * ls\n`,
  },
  {
    name: 'a job is disabled',
    before: `${salt}1 * * * * date\n`,
    call: ['set_job', 'root', '1', '*', '*', '*', '*', 'date', 'commented=true'],
    return: 'updated',
    after: `${salt}#DISABLED#1 * * * * date\n`,
  },
  {
    name: 'a job is enabled, and gets a comment of two lines',
    before: `${salt}#DISABLED#1 * * * * date\n`,
    call: ['set_job', 'root', '1', '*', '*', '*', '*', 'date', 'comment="a\\nb"'],
    return: 'updated',
    after: `${salt}# a\n# b\n1 * * * * date\n`,
  },
  {
    name: 'a random time stays what it is',
    before: `${salt}17 4 9 2 * date\n`,
    call: ['set_job', 'root', 'random', 'random', 'random', 'random', '*', 'date'],
    return: 'present',
    after: `${salt}17 4 9 2 * date\n`,
  },
  {
    name: 'a time of a range stays what it is',
    before: `${salt}17 * * * * date\n`,
    call: ['set_job', 'root', "'10:20'", '*', '*', '*', '*', 'date'],
    return: 'present',
    after: `${salt}17 * * * * date\n`,
  },
  {
    name: 'what is no job below the line of Salt stays',
    before: `${salt}1 * * * * date\nwhat is this\n# the end\n`,
    call: ['set_job', 'root', '2', '*', '*', '*', '*', 'df'],
    return: 'new',
    after: `${salt}1 * * * * date\n2 * * * * df\nwhat is this\n# the end\n`,
  },
  {
    name: 'a special job',
    before: `${salt}1 * * * * date\n`,
    call: ['set_special', 'root', '@reboot', 'date', 'comment=Boot', 'identifier=boot'],
    return: 'new',
    after: `${salt}1 * * * * date\n# Boot SALT_CRON_IDENTIFIER:boot\n@reboot date\n`,
  },
  {
    name: 'a special job at another moment',
    before: `${salt}# SALT_CRON_IDENTIFIER:boot\n@reboot date\n`,
    call: ['set_special', 'root', '@daily', 'date', 'identifier=boot'],
    return: 'updated',
    after: `${salt}# SALT_CRON_IDENTIFIER:boot\n@daily date\n`,
  },
  {
    name: 'variables stand before the jobs',
    before: `${salt}1 * * * * date\n`,
    call: ['set_env', 'root', 'MAILTO', 'fred'],
    return: 'new',
    after: `${salt}MAILTO=fred\n1 * * * * date\n`,
  },
  {
    name: 'a variable is emptied',
    before: `${salt}MAILTO=fred\nA=1\n`,
    call: ['set_env', 'root', 'MAILTO'],
    return: 'updated',
    after: `${salt}MAILTO=""\nA=1\n`,
  },
  {
    name: 'a variable goes',
    before: `${salt}MAILTO=fred\nA=1\n`,
    call: ['rm_env', 'root', 'MAILTO'],
    return: 'removed',
    after: `${salt}A=1\n`,
  },
  {
    name: 'a job goes, with its comment',
    before: `${salt}# a\n1 * * * * date\n# b SALT_CRON_IDENTIFIER:day\n1 * * * * date -u\n`,
    call: ['rm_job', 'root', 'whatever', 'identifier=day'],
    return: 'removed',
    after: `${salt}# a\n1 * * * * date\n`,
  },
  {
    name: 'a job of a given time goes',
    before: `${salt}1 * * * * date\n`,
    call: ['rm_job', 'root', 'date', 'minute=random'],
    return: 'removed',
    after: salt,
  },
  {
    name: 'a job with an identifier does not go without it',
    before: `${salt}# SALT_CRON_IDENTIFIER:day\n1 * * * * date\n`,
    call: ['rm_job', 'root', 'date'],
    return: 'absent',
    after: `${salt}# SALT_CRON_IDENTIFIER:day\n1 * * * * date\n`,
  },
  {
    name: 'a special job goes',
    before: `${salt}@reboot date\n@daily date\n`,
    call: ['rm_special', 'root', 'date', '@daily'],
    return: 'removed',
    after: `${salt}@reboot date\n`,
  },
]

for (const change of changes) {
  test(change.name, async () => {
    fs.rmSync(tab, { force: true })
    if (change.before !== undefined) fs.writeFileSync(tab, change.before)
    const [fun, ...words] = change.call
    const outcome = await host.type(`cron.${fun}`, ...words)
    assert.equal(outcome.return, change.return)
    assert.equal(fs.readFileSync(tab, 'utf8'), change.after)
  })
}

test('random times are those that there are', async () => {
  fs.rmSync(tab, { force: true })
  await host.type('cron.set_job', 'root', 'random', 'random', 'random', '2', 'random', 'date')
  await host.type('cron.set_job', 'root', "'20:10'", '*', '*', '*', '*', 'df')
  const [, random = '', range = ''] = fs.readFileSync(tab, 'utf8').split('\n')
  const [minute, hour, daymonth, month, dayweek] = random.split(' ').map(Number)
  for (const [value = -1, limit] of [
    [minute, 59],
    [hour, 23],
    [daymonth, 28],
    [dayweek, 6],
  ] as const) {
    assert.ok(value >= 0 && value <= limit, random)
  }
  assert.equal(month, 2)
  assert.match(range, /^(?:1\d|20) \* \* \* \* df$/)
})

test('jobs that are set at once are all there afterwards', async () => {
  fs.rmSync(tab, { force: true })
  const commands = ['a', 'b', 'c', 'd']
  const outcomes = await Promise.all(commands.map((cmd) => host.call('cron.set_job', 'root', 1, 2, 3, 4, 5, cmd)))
  assert.deepEqual(
    outcomes.map((outcome) => outcome.return),
    ['new', 'new', 'new', 'new'],
  )
  assert.equal(fs.readFileSync(tab, 'utf8'), `${salt}${commands.map((cmd) => `1 2 3 4 5 ${cmd}\n`).join('')}`)
})
