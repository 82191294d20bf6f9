/** States on a real system as root: packages, users, a crontab, a unit and templates, on a copy that takes all changes. */
import assert from 'node:assert/strict'
import { join } from 'node:path'
import { before, describe, it } from 'node:test'
import { projectRoot } from '../support/program.ts'
import type { Report, Step, StepState } from '../support/real-system/run.ts'
import { runOnRealSystem, whyNoRealSystem } from '../support/real-system.ts'

describe('states on a real system', { skip: whyNoRealSystem() }, () => {
  let report: Report | undefined

  before(async () => {
    const driver = join(projectRoot, 'test/support/real-system/run.ts')
    const finished = await runOnRealSystem(driver, { SYSTEMD_OFFLINE: '1', LC_ALL: 'C.UTF-8' })
    assert.equal(finished.exitCode, 0, `${finished.stdout}\n${finished.stderr}`)
    report = JSON.parse(finished.stdout)
  })

  const step = (name: string): Step => {
    const found = report?.steps.find((one) => one.name === name)
    assert.ok(found !== undefined, `no step ${name}`)
    return found
  }

  const statesOf = (name: string): readonly (readonly [string, StepState])[] => {
    const { states } = step(name)
    if (typeof states === 'string') assert.fail(`${name}: ${states}`)
    return Object.entries(states)
  }

  const comments = (name: string): string =>
    statesOf(name)
      .map(([tag, { result, comment }]) => `${tag}: ${result} ${comment}`)
      .join('\n')

  const stateOf = (name: string, start: string): StepState => {
    const found = statesOf(name).find(([tag]) => tag.startsWith(start))
    assert.ok(found !== undefined, `${name} has no ${start}`)
    return found[1]
  }

  it('a dry run changes nothing and says what would', (t) => {
    if (report?.crontabStandIn === true) t.diagnostic('crontab is not here: a small script stands for it')
    assert.deepEqual(step('dry run').facts, { isEnabled: false, files: {}, hosts: false })
    assert.deepEqual(
      statesOf('dry run')
        .filter(([, { result }]) => result === false)
        .map(([tag]) => tag),
      [],
      comments('dry run'),
    )
    assert.deepEqual(stateOf('dry run', 'pkg_|-package').changes, { 'salt-real-test': { new: 'installed', old: '' } })
    assert.equal(stateOf('dry run', 'user_|-saltreal').comment, 'User saltreal set to be added')
  })

  it('a run brings all of it', () => {
    const { exitCode, facts } = step('first run')
    assert.ok(
      statesOf('first run').every(([, { result }]) => result === true),
      comments('first run'),
    )
    assert.equal(exitCode, 0)
    assert.equal(facts.package, '1.0')
    assert.match(facts.passwd ?? '', /^saltreal:x:45679:\d+:Real Test:\/home\/saltreal:\/bin\/sh$/)
    assert.match(facts.group ?? '', /^saltreal-people:x:45678:saltreal$/)
    assert.match(facts.crontab ?? '', /# SALT_CRON_IDENTIFIER:real\n7 3 \* \* \* \/usr\/bin\/salt-real-test --report$/)
    assert.equal(facts.isEnabled, true)
    assert.equal(facts.hosts, true)
    assert.deepEqual(facts.files, {
      '/etc/salt-real-test/site.conf': '# hello from real1\nversion = 1.0\nitem = one\nitem = two\n',
      '/etc/salt-real-test/told': 'salt-real-test 1.0\n',
      '/etc/systemd/system/salt-real-test.service':
        '[Unit]\nDescription=Test on real1\n\n[Service]\nExecStart=/usr/bin/salt-real-test\n\n[Install]\nWantedBy=multi-user.target\n',
      '/etc/apt/sources.list.d/real.list': 'deb [trusted=yes] file:/srv/repository ./\n',
    })
    assert.deepEqual(stateOf('first run', 'pkg_|-package').changes, { 'salt-real-test': { old: '', new: '1.0' } })
    assert.doesNotMatch(
      JSON.stringify(step('first run').states),
      /nothingfitsthis/,
      'the hash of the password is shown',
    )
  })

  it('a second run changes nothing', () => {
    const changed = statesOf('second run').filter(([, { changes }]) => Object.keys(changes).length > 0)
    assert.deepEqual(
      changed.map(([tag]) => tag),
      [],
      comments('second run'),
    )
    assert.ok(
      statesOf('second run').every(([, { result }]) => result === true),
      comments('second run'),
    )
    assert.deepEqual(step('second run').facts, step('first run').facts)
  })

  it('a newer version is installed', () => {
    const { changes, comment } = stateOf('upgrade', 'pkg_|-')
    assert.equal(comment, 'The following packages were successfully installed/upgraded: salt-real-test')
    assert.deepEqual(changes, { 'salt-real-test': { old: '1.0', new: '2.0' } })
    assert.equal(step('upgrade').facts.package, '2.0')
  })

  it('a dry removal leaves all of it', () => {
    assert.deepEqual(step('dry removal').facts, step('upgrade').facts)
    assert.deepEqual(
      statesOf('dry removal')
        .filter(([, { result }]) => result !== null)
        .map(([tag]) => tag),
      [],
      comments('dry removal'),
    )
  })

  it('a removal leaves nothing', () => {
    assert.ok(
      statesOf('removal').every(([, { result }]) => result === true),
      comments('removal'),
    )
    const { crontab = '', ...facts } = step('removal').facts
    assert.deepEqual(facts, { isEnabled: false, files: {}, hosts: false })
    assert.doesNotMatch(crontab, /salt-real-test/)
    assert.deepEqual(
      statesOf('second removal').filter(
        ([, { result, changes }]) => result !== true || Object.keys(changes).length > 0,
      ),
      [],
    )
  })
})
