/**
 * What README and the page for beginners show, typed as they show it on hosts of their own: the binary as master and minions in
 * three network namespaces. Only `/etc/salt` and FOLDER, IP-OF-THE-MASTER stand for what they are on these hosts.
 */
import assert from 'node:assert/strict'
import { chmodSync, chownSync, copyFileSync, existsSync, mkdirSync, readFileSync, watch, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { describe, it } from 'node:test'
import type { BusEvents } from '../support/bus-events.ts'
import { type Host, Network, whyNoNetwork } from '../support/network.ts'
import { commandBlocks, type ShownCommand } from '../support/pages.ts'
import { binaryPath, type Finished } from '../support/program.ts'
import { Changes } from '../support/waiting.ts'

const skip = whyNoNetwork()
const readme = commandBlocks('README.md')
const beginners = commandBlocks('docs/getting-started.md')
const walked = new Set<readonly ShownCommand[]>()

/** The block of a page that begins so. */
function blockOf(page: typeof readme, first: string): readonly ShownCommand[] {
  const block = page.find((commands) => commands[0]?.text === first && !walked.has(commands))
  assert.ok(block, `no block of the page begins with: ${first}`)
  walked.add(block)
  return block
}

const both = /^(?:(?:web1|db1):\n {4}True\n){2}$/
const accepted = (id: string): RegExp => new RegExp(`^(?:.*\\? \\[n/Y\\] |)Key for minion ${id} accepted\\.$`, 'm')

/** What each command prints; one that is not here has to be added here. */
const printed: Readonly<Record<string, readonly RegExp[]>> = {
  './salt master -d': [/^$/],
  "echo 'master: IP-OF-THE-MASTER' > /etc/salt/minion && ./salt minion -d": [/^$/],
  "echo 'master: salt.example.com' > /etc/salt/minion": [/^$/],
  './salt key -L && ./salt key -y -A': [/^Unaccepted Keys:\ndb1\nweb1$/m, accepted('db1'), accepted('web1')],
  './salt key -A': [accepted('db1'), accepted('web1')],
  './salt key -L': [/^Accepted Keys:\nDenied Keys:\nUnaccepted Keys:\ndb1\nweb1\nRejected Keys:\n$/],
  './salt key -f web1': [/^Unaccepted Keys:\nweb1: {2}(?:[0-9a-f]{2}:){31}[0-9a-f]{2}\n$/],
  './salt key -a web1': [accepted('web1')],
  "./salt '*' test.ping": [both],
  "./salt 'web*' cmd.run 'uptime'": [/^web1:\n {4}.* up .*load average.*\n$/],
  './salt -G os:Debian grains.item osrelease': [/^web1:\n {4}-+\n {4}osrelease:\n {8}12\n$/],
  "./salt -C 'web* and not G@role:db' test.version --out json": [/^\{\n {4}"web1": "\d+\.\d+\.\d+"\n\}\n$/],
  './salt call --local test.ping': [/^local:\n {4}True\n$/],
  "./salt call publish.publish '*' test.ping": [/^local:\n {4}-+\n {4}db1:\n {8}True\n {4}web1:\n {8}True\n$/],
  './salt run manage.status': [/^down:\nup:\n {4}- db1\n {4}- web1\n$/],
  './salt run jobs.list_jobs': [/^\d{20}:\n {4}-+\n {4}Arguments:\n {8}- uptime\n {4}Function:\n {8}cmd\.run$/m],
  "./salt run cache.grains 'web*'": [/^web1:\n {4}-+\n(?: {4}.*\n)+$/, /^ {4}role:\n {8}web$/m],
  "./salt run survey.hash '*' cmd.run 'uname -r'": [/^\|_\n {2}-+\n {2}pool:\n {6}- db1\n {6}- web1\n {2}result:\n/],
  "./salt --queue '*' cmd.run 'uname -r'": [/^(?:(?:web1|db1):\n {4}\d.*\n){2}$/],
  "./salt --queue=7d 'web*' cmd.run 'uname -r'": [/^web1:\n {4}\d.*\n$/],
  './salt run jobs.list_queued': [/^$/],
  "./salt cp '*' /etc/hostname /tmp/copied-by-salt/": [
    /^(?:(?:web1|db1):\n {4}-+\n {4}\/tmp\/copied-by-salt\/hostname:\n {8}True\n){2}$/,
  ],
  "./salt '*' cp.list_master": [/^(?:(?:web1|db1):\n){2}$/],
  './salt run salt.cmd test.version': [/^\d+\.\d+\.\d+\n$/],
  './salt wheel key.list_all': [/^Accepted Keys:\ndb1\nweb1\n/m],
  './salt wheel config.apply timeout 10': [/./],
  // Not on a page, and done all the same:
  './salt key -a db1': [accepted('db1')],
  './salt key -y -d db1': [/^Key for minion db1 deleted\.$/m],
  './salt run manage.up': [/^- db1\n- web1\n$/],
  './salt run manage.down': [/^$/],
  "./salt '*' sys.doc test.echo": [/^test\.echo:\ntest\.echo\(text\)\n\nGive back/],
}

/** Three hosts on which somebody types. */
class Walk implements AsyncDisposable {
  readonly network = new Network(['master', 'web1', 'db1'])
  readonly master = this.network.host('master')
  readonly minions = [this.network.host('web1'), this.network.host('db1')] as const
  #events: BusEvents | undefined

  constructor() {
    this.master.configure('master', 'interface: 0.0.0.0\nlog_level: info\npeer: {web1: [test.ping]}\n')
    this.minions[0].configure('minion', "grains: {os: Debian, osrelease: '12', role: web}\n")
    this.minions[1].configure('minion', 'grains: {os: Other, role: db}\n')
  }

  async follow(block: readonly ShownCommand[]): Promise<void> {
    for (const shown of block) for (const host of this.#hostsFor(shown)) await this.type(host, shown.text)
  }

  /** Returns when the fleet has done what the command asks for. */
  async type(host: Host, text: string): Promise<Finished | undefined> {
    const command = text.replaceAll('/etc/salt', host.config).replace('IP-OF-THE-MASTER', this.master.address)
    if (/^\.\/salt (?:master|minion)$/.test(text)) {
      const daemon = host.start(command.split(' '))
      if (host === this.master) await daemon.until(/the master is ready/)
      await this.#arrived(host, text)
      return undefined
    }
    const expected = printed[text] ?? assert.fail(`this test does not know what is right for: ${text}`)
    const finished = await host.shell(command, { input: 'y\n' })
    assert.deepEqual([finished.exitCode, finished.stderr], [0, ''], `${text}\n${finished.stdout}`)
    for (const pattern of expected) assert.match(finished.stdout, pattern, text)
    await this.#arrived(host, text)
    return finished
  }

  /** What a person waits for before the next command. */
  async #arrived(host: Host, text: string): Promise<void> {
    if (/salt master/.test(text)) this.#events = await this.master.events()
    if (/salt minion/.test(text)) await this.#event(/^salt\/auth$/, host.name, 'pend')
    const [, all, one] = /salt key .*-(?:(A)|a (\w+))/.exec(text) ?? []
    const ids = all === undefined ? [one] : this.minions.map(({ name }) => name)
    for (const id of ids) if (id !== undefined) await this.#event(/^salt\/minion\/.*\/start$/, id)
  }

  /** Returns when the master has no session with the minion any more. */
  gone(id: string): Promise<void> {
    return this.#event(/^salt\/minion\/.*\/stop$/, id)
  }

  async #event(tag: RegExp, id: string, act?: string): Promise<void> {
    await this.#events?.until(tag, (data) => data.id === id && data.act === act)
  }

  #hostsFor({ host, text }: ShownCommand): readonly Host[] {
    if (host === 'minion' || /^echo|^\.\/salt minion/.test(text)) return this.minions
    return text.startsWith('./salt call') ? [this.minions[0]] : [this.master]
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#events?.[Symbol.asyncDispose]()
    this.network[Symbol.dispose]()
  }
}

const nobody = 65534

/** A home of somebody who may do nothing elsewhere, with the program in `bin`, and a log that tells more than by default. */
function homeOfNobody(host: Host): { home: string; log: string } {
  const home = join(host.folder, 'home')
  const log = join(home, 'fleet/minion.log')
  for (const folder of ['bin', 'fleet/minion.d']) mkdirSync(join(home, folder), { recursive: true })
  writeFileSync(join(home, 'fleet/minion.d/log.conf'), `log_file: ${log}\nlog_level_logfile: info\n`)
  for (const folder of [join(host.folder, '..'), host.folder]) chmodSync(folder, 0o711)
  copyFileSync(binaryPath, join(home, 'bin/salt'))
  for (const folder of [home, join(home, 'fleet')]) chownSync(folder, nobody, nobody)
  return { home, log }
}

/** What grows in a file, waited for. The bus would not do here: its key is for its owner alone, not even for root. */
async function untilWritten(file: string, pattern: RegExp): Promise<void> {
  const changes = new Changes()
  const watcher = watch(dirname(file), () => changes.happened())
  const text = (): string => (existsSync(file) ? readFileSync(file, 'utf8') : '')
  try {
    await changes.until(
      () => pattern.test(text()) || undefined,
      () => `no ${pattern} in:\n${text()}`,
    )
  } finally {
    watcher.close()
  }
}

describe('the walk through, on three hosts', { skip }, () => {
  it('works as README shows it first', async () => {
    await using walk = new Walk()
    await walk.follow(blockOf(readme, './salt master'))
  })

  it('works as README shows it for real machines', async () => {
    await using walk = new Walk()
    await walk.follow(blockOf(readme, './salt master -d'))
  })

  for (const [name, page, first] of [
    ['README', readme, 'dist/linux/salt dev'],
    ['the page for beginners', beginners, './salt dev'],
  ] as const) {
    it(`works in two terminals as ${name} shows it`, async () => {
      await using walk = new Walk()
      const [dev, ...more] = blockOf(page, first)
      const running = walk.master.start(dev?.text.split(' ') ?? [])
      await running.until(/Ctrl-C ends them/)
      const [, shown = '', folder = ''] = / {2}(\S+ -c (\S+) '\*' test\.ping)\n/.exec(running.output) ?? []
      const typed = more.map(({ text }) => text.replace('FOLDER', folder))
      assert.deepEqual(
        typed.filter((text) => text !== shown),
        [],
        'it prints the command that the page shows',
      )
      const { exitCode, stdout } = await walk.master.shell(shown)
      assert.equal(exitCode, 0)
      assert.match(stdout, /^(?:(?:alpha|beta):\n {4}True\n){2}$/)
      assert.equal((await running.end('SIGINT')).exitCode, 0)
    })
  }

  it('works as the page for beginners shows it for a real fleet', async () => {
    await using walk = new Walk()
    const [web1, db1] = walk.minions
    await walk.follow(blockOf(beginners, './salt master'))
    await walk.follow(blockOf(beginners, "echo 'master: salt.example.com' > /etc/salt/minion"))
    await walk.follow(blockOf(beginners, './salt key -L'))
    const finger = await web1.salt('call', '--local', 'key.finger', '--out', 'newline_values_only')
    const known = await walk.master.salt('key', '-f', 'web1')
    assert.match(finger.stdout, /^(?:[0-9a-f]{2}:){31}[0-9a-f]{2}\n$/)
    assert.equal(known.stdout, `Accepted Keys:\nweb1:  ${finger.stdout}`)
    await walk.type(walk.master, './salt key -a db1')
    await walk.follow(blockOf(beginners, "./salt '*' test.ping"))
    await walk.follow(blockOf(beginners, "./salt --queue '*' cmd.run 'uname -r'"))
    await walk.follow(blockOf(beginners, "./salt cp '*' /etc/hostname /tmp/copied-by-salt/"))
    await walk.follow(blockOf(beginners, "./salt run cache.grains 'web*'"))
    const items = await walk.master.salt('*', 'grains.items', '--out', 'json', '--static')
    const grains = JSON.parse(items.stdout)
    assert.deepEqual(
      [web1, db1].map(({ name }) => [grains[name].host, grains[name].ip4_interfaces.eth0, grains[name].master]),
      [web1, db1].map(({ name, address }) => [name, [address], 'salt.example.com']),
    )
    for (const text of ['./salt run manage.up', './salt key -y -d db1']) await walk.type(walk.master, text)
    await walk.gone('db1')
    await walk.type(walk.master, './salt run manage.down')
  })
  it('works as the page for beginners shows it for somebody who is not root', async () => {
    using network = new Network(['master'])
    const host = network.host('master')
    const { home, log } = homeOfNobody(host)
    const [fleet, master, minion, start, accept, ping, ...more] = blockOf(beginners, 'mkdir -p ~/fleet && cd ~/fleet')
    assert.deepEqual(more, [])
    const type = async (...commands: readonly (ShownCommand | undefined)[]): Promise<string> => {
      const script = ['set -e', ...commands.map((command) => command?.text ?? assert.fail('the page lacks a command'))]
      const asNobody = ['setpriv', `--reuid=${nobody}`, `--regid=${nobody}`, '--clear-groups', 'sh', '-c']
      const env = { HOME: home, PATH: `${home}/bin:${process.env.PATH}` }
      const { exitCode, stdout, stderr } = await host.start([...asNobody, script.join('\n')], { cwd: home, env })
        .finished
      assert.deepEqual([exitCode, stderr], [0, ''], script.join('\n'))
      return stdout
    }
    assert.equal(await type(fleet, master, minion, start), '')
    await untilWritten(log, /waits for acceptance/)
    assert.match(await type(fleet, accept), accepted('me'))
    await untilWritten(log, /(?<!not )connected to the master/)
    assert.equal(await type(fleet, ping), 'me:\n    True\n')
  })

  it('leaves out no command of these pages', () => {
    const left = [...readme, ...beginners].filter((block) => !walked.has(block))
    assert.deepEqual(
      left.map((block) => block.map(({ text }) => text)),
      [['./scripts/demo', './scripts/test']],
    )
  })
})
