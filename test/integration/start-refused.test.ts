/** What keeps a daemon from starting: it says what is wrong, where, and what to do, and leaves nothing behind. */
import assert from 'node:assert/strict'
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { type AddressInfo, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, it } from 'node:test'
import { loadOrCreateIdentity } from '../../src/wire/identity.ts'
import { run } from '../support/program.ts'

interface Case {
  readonly name: string
  readonly daemon: 'master' | 'minion'
  /** Lines of the configuration. */
  readonly configuration?: string
  /** Also as root. */
  prepare?(folder: string): void
  readonly exitCode: number
  readonly says: RegExp
  /** Of the configuration file; none where the place is another one. */
  readonly line?: number
}

const pkiOf = (folder: string, daemon: string): string => join(folder, `etc/salt/pki/${daemon}`)

function identityOf(folder: string, daemon: 'master' | 'minion'): string {
  loadOrCreateIdentity(pkiOf(folder, daemon), daemon)
  return join(pkiOf(folder, daemon), `${daemon}.pem`)
}

const cases: readonly Case[] = [
  {
    name: 'an option that does not exist',
    daemon: 'master',
    configuration: 'auto_acept: true',
    exitCode: 78,
    says: /auto_acept.*auto_accept/s,
    line: 3,
  },
  {
    name: 'a value of another kind',
    daemon: 'minion',
    configuration: 'recon_max: soon',
    exitCode: 78,
    says: /recon_max.*soon/s,
    line: 3,
  },
  {
    name: 'a git remote whose address is none',
    daemon: 'master',
    configuration: "gitfs_remotes: ['https://host/x', 'ext::sh -c id']",
    exitCode: 78,
    says: /gitfs_remotes.*'ext::sh -c id', which is no address/s,
    line: 3,
  },
  {
    name: 'a git source of pillar whose password would be sent in the open',
    daemon: 'master',
    configuration: 'ext_pillar: [{git: [main http://host/x: [{user: me}, {password: secret}]]}]',
    exitCode: 78,
    says: /http:\/\/host\/x would not be sent over TLS/,
  },
  {
    name: 'YAML that is none',
    daemon: 'minion',
    configuration: 'grains: {a: [1',
    exitCode: 78,
    says: /did not find expected ',' or '\]'/,
    line: 4,
  },
  {
    name: 'open mode',
    daemon: 'master',
    configuration: 'open_mode: true',
    exitCode: 78,
    says: /open_mode.*take the place of any minion.*auto_accept/s,
    line: 3,
  },
  {
    name: 'a peer rule that would not do what it says',
    daemon: 'master',
    configuration: "peer: {web: ['test.(']}",
    exitCode: 78,
    says: /test\.\(/,
    line: 3,
  },
  {
    name: 'a private key that others may read',
    daemon: 'minion',
    prepare: (folder) => chmodSync(identityOf(folder, 'minion'), 0o644),
    exitCode: 77,
    says: /minion\.pem.*chmod 600/s,
  },
  {
    name: 'the same of a master',
    daemon: 'master',
    prepare: (folder) => chmodSync(identityOf(folder, 'master'), 0o640),
    exitCode: 77,
    says: /master\.pem.*chmod 600/s,
  },
  {
    name: 'a private key that is damaged',
    daemon: 'minion',
    prepare: (folder) => writeFileSync(identityOf(folder, 'minion'), 'no key at all\n'),
    exitCode: 78,
    says: /minion\.pem/,
  },
  {
    name: 'a private key that is empty',
    daemon: 'master',
    prepare: (folder) => writeFileSync(identityOf(folder, 'master'), ''),
    exitCode: 78,
    says: /master\.pem/,
  },
  {
    name: 'a pinned key of its master that is damaged',
    daemon: 'minion',
    prepare: (folder) => writeFileSync(join(identityOf(folder, 'minion'), '../minion_master.pub'), 'no key'),
    exitCode: 78,
    says: /pinned key of the master cannot be read.*minion_master\.pub.*remove it to trust the master anew/s,
  },
  {
    name: 'an id that cannot be one',
    daemon: 'minion',
    configuration: 'id: ../escape',
    exitCode: 78,
    says: /\.\.\/escape/,
  },
  {
    name: 'a folder for sockets whose path is too long',
    daemon: 'master',
    configuration: `sock_dir: /${'s'.repeat(110)}`,
    exitCode: 78,
    says: /longer than 107 bytes.*shorter path.*sock_dir/s,
  },
]

describe('a daemon does not start', () => {
  let folder = ''
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'salt-refused-'))
  })
  afterEach(() => rmSync(folder, { recursive: true, force: true }))

  async function start(daemon: 'master' | 'minion', configuration: string) {
    const own = daemon === 'master' ? 'interface: 127.0.0.1' : 'master: 127.0.0.1:1'
    mkdirSync(folder, { recursive: true })
    writeFileSync(join(folder, daemon), `root_dir: ${folder}\n${own}\n${configuration}\n`)
    const { exitCode, stdout, stderr } = await run('source', [daemon, '-c', folder], { timeoutMs: 20_000 })
    assert.equal(stdout, '')
    assert.doesNotMatch(stderr, /\n +at /, 'there is a stack')
    const runFolder = join(folder, 'var/run')
    const left = existsSync(runFolder) ? readdirSync(runFolder).filter((name) => name.endsWith('.pid')) : []
    assert.deepEqual(left, [], 'a pid file is left')
    return { exitCode, stderr }
  }

  for (const one of cases) {
    it(`with ${one.name}`, async () => {
      one.prepare?.(folder)
      const { exitCode, stderr } = await start(one.daemon, one.configuration ?? '')
      assert.equal(exitCode, one.exitCode, stderr)
      assert.match(stderr, one.says)
      if (one.line !== undefined) assert.ok(stderr.includes(`${join(folder, one.daemon)}:${one.line}`), stderr)
    })
  }

  it('on a port that is in use', async () => {
    const server = createServer()
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    const { port } = server.address() as AddressInfo
    try {
      const { exitCode, stderr } = await start('master', `ret_port: ${port}`)
      assert.equal(exitCode, 69, stderr)
      assert.match(stderr, new RegExp(`127\\.0\\.0\\.1:${port}.*in use.*interface and ret_port`, 's'))
    } finally {
      server.close()
    }
  })

  it('with words that it does not know, and with a folder of the configuration that is not there', async () => {
    const extra = await run('source', ['master', '-c', folder, 'start'])
    assert.deepEqual([extra.exitCode, extra.stdout], [64, ''])
    assert.match(extra.stderr, /salt master takes options only, and 'start' is none/)
    const missing = await run('source', ['minion', '-c', join(folder, 'none')])
    assert.deepEqual([missing.exitCode, missing.stdout], [78, ''])
    assert.match(missing.stderr, /there is no folder .*none/)
  })

  it('with a key file of somebody else, and does not mend what it did not break', async () => {
    const file = identityOf(folder, 'minion')
    const before = readFileSync(file)
    chmodSync(file, 0o666)
    await start('minion', '')
    assert.deepEqual(readFileSync(file), before)
  })
})
