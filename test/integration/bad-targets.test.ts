/** What `salt` says of targets that mean nobody, or cannot be understood; and how long the master takes for them. */
import assert from 'node:assert/strict'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { InProcessFleet, type TestMaster } from '../support/in-process-fleet.ts'
import { type Answer, saltCommand } from '../support/salt-command.ts'

const configuration = "nodegroups: {one: 'N@two or web*', two: 'N@one', both: 'alpha,beta'}\n"
const nobody = 'No minions matched the target. No command was sent, no jid was assigned.\n'
const noReturn = 'ERROR: No return received\n'

interface Case {
  readonly words: readonly string[]
  readonly stdout?: string
  readonly stderr: string
}

/** All end with 2. */
const cases: readonly Case[] = [
  { words: ['zzz*'], stdout: nobody, stderr: noReturn },
  { words: ['zzz*', '--out', 'json'], stdout: `${nobody}{}\n`, stderr: noReturn },
  { words: ['-s', 'zzz*'], stdout: nobody, stderr: noReturn },
  { words: ['-b', '1', 'zzz*'], stdout: nobody, stderr: noReturn },
  { words: ['-G', 'nosuch:x'], stdout: nobody, stderr: `${noReturn}No accepted minion has a grain "nosuch".\n` },
  { words: ['-P', 'nosuch:x.*'], stdout: nobody, stderr: `${noReturn}No accepted minion has a grain "nosuch".\n` },
  { words: ['-G', 'id:nosuch'], stdout: nobody, stderr: noReturn },
  { words: ['-G', 'id'], stdout: nobody, stderr: `${noReturn}A target by grain is a name and a value: id:VALUE\n` },
  {
    words: ['-G', 'id', '--delimiter', '|'],
    stdout: nobody,
    stderr: `${noReturn}A target by grain is a name and a value: id|VALUE\n`,
  },
  {
    words: [''],
    stderr: "salt: the target is empty [bad-target]\n  hint: Use '*' for all minions.\n",
  },
  {
    words: ['-L', ''],
    stderr: "salt: the target is empty [bad-target]\n  hint: Use '*' for all minions.\n",
  },
  {
    words: ['-L', ' , ,'],
    stderr: "salt: the target is empty [bad-target]\n  hint: Use '*' for all minions.\n",
  },
  {
    words: ['-C', '( alpha or beta'],
    stderr: 'salt: the target cannot be understood: "(" is never closed (character 1) [bad-target]\n',
  },
  {
    words: ['-C', 'alpha and and beta'],
    stderr:
      'salt: the target cannot be understood: "and" stands where a minion is expected (character 11) [bad-target]\n',
  },
  {
    words: ['-C', 'alpha or G@'],
    stderr: 'salt: the target cannot be understood: "G@" has no value behind the @ (character 10) [bad-target]\n',
  },
  {
    words: ['-C', 'alpha or E@b('],
    stderr:
      'salt: the target cannot be understood: "E@b(" (character 10) cannot be used: the regular expression "b(" is not valid: a group is not closed (character 2) [bad-target]\n',
  },
  {
    words: ['-S', '300.1.1.1/8'],
    stderr:
      'salt: "300.1.1.1/8" is not an IP address or network [bad-target]\n  hint: Write an address, or a network such as 10.0.0.0/8.\n',
  },
  {
    words: ['-R', '%{'],
    stderr:
      'salt: the range "%{" (character 1) needs a range server [bad-target]\n  hint: Only lists of hosts and of numbers are known here: web[01-20],db1..4,-web07\n',
  },
  {
    words: ['-N', 'bth'],
    stderr:
      'salt: there is no nodegroup "bth" [bad-target]\n  hint: Did you mean \'both\'? Groups are named under nodegroups: in the configuration of the master.\n',
  },
  {
    words: ['-N', 'one'],
    stderr:
      'salt: the target cannot be understood: "N@two" contains itself (two → one → two) (character 1) [bad-target]\n',
  },
]

describe('bad targets', () => {
  let fleet: InProcessFleet & { readonly master: TestMaster }
  before(async () => {
    fleet = await InProcessFleet.start([], configuration)
    const a = 'a'.repeat(60)
    await fleet.connect('alpha', fleet.master, `grains: {lots: '${a}b'}\n`)
    await fleet.connect(`${a}b`, fleet.master)
  })
  after(() => fleet[Symbol.asyncDispose]())

  function salt(...words: readonly string[]): Promise<Answer> {
    return saltCommand(join(fleet.master.folder, 'etc'), words)
  }

  for (const { words, stdout = '', stderr } of cases) {
    it(`salt ${words.map((word) => (word === '' ? "''" : word)).join(' ')}`, async () => {
      assert.deepEqual(await salt(...words, 'test.ping'), { exit: 2, stdout, stderr })
    })
  }

  for (const words of [
    ['-E', '(a+)+$'],
    ['-P', 'lots:(a|aa)+$'],
    ['-C', 'nobody or not P@lots:(a+)+$'],
  ]) {
    it(`refuses in bounded time: ${words.join(' ')}`, async () => {
      const begin = performance.now()
      const { exit, stdout, stderr } = await salt(...words, 'test.ping')
      assert.ok(performance.now() - begin < 20_000)
      assert.deepEqual({ exit, stdout }, { exit: 2, stdout: '' })
      assert.match(
        stderr,
        /^salt: a regular expression takes too long on a text of 61 characters \[bad-target\]\n {2}hint/,
      )
    })
  }

  it('takes a list of 10,000 names', async () => {
    const names = ['alpha', ...Array.from({ length: 9999 }, (_, at) => `nobody${at}`)]
    const begin = performance.now()
    const { exit, stdout } = await salt('-L', names.join(','), 'test.ping', '--out', 'txt')
    assert.ok(performance.now() - begin < 20_000)
    const lines = stdout.trimEnd().split('\n')
    assert.equal(lines.filter((line) => line === 'alpha: True').length, 1)
    assert.equal(new Set(lines.map((line) => line.split(':')[0])).size, 10_000, 'each name has an outcome')
    assert.equal(exit, 1)
  })

  for (const [name, words] of Object.entries({
    glob: [`${'a'.repeat(100_000)}*`],
    'glob of many stars': ['*a'.repeat(50_000)],
    compound: ['-C', Array.from({ length: 4900 }, (_, at) => `E@${at}.*x.*y$`).join(' or ')],
    range: ['-R', `n[1-${'9'.repeat(100_000)}]`],
    'range with dots': ['-R', `n${'1'.repeat(50_000)}..${'9'.repeat(50_000)}`],
    'range of many brackets': ['-R', 'n[1]'.repeat(25_000)],
    'regular expression': ['-E', 'a'.repeat(100_000)],
    parentheses: ['-C', '('.repeat(100_000)],
  })) {
    it(`takes a target of very many characters: ${name}`, async () => {
      const begin = performance.now()
      const { exit, stderr } = await salt(...words, 'test.ping')
      assert.ok(performance.now() - begin < 20_000)
      assert.equal(exit, 2)
      assert.ok(stderr.length < 300, stderr.slice(0, 1000))
    })
  }
})
