/** Daemons whose disk is full: each has its cache on a small disk of its own, in a mount namespace. */
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { closeSync, existsSync, mkdirSync, openSync, readFileSync, rmSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { ConfigFolder } from '../support/config-folder.ts'
import { Fleet } from '../support/fleet.ts'
import { ended, Gate } from '../support/gate.ts'
import { programArgv, Running } from '../support/program.ts'

const skip =
  spawnSync('unshare', ['--mount', 'mount', '-t', 'tmpfs', 'trial', '/mnt']).status !== 0 &&
  'needs root, unshare and tmpfs'

/** Starts what follows with a disk of 1 MiB at the folder. */
function onSmallDisk(folder: string): readonly string[] {
  mkdirSync(folder, { recursive: true })
  const script = 'mount -t tmpfs -o size=1m,mode=0700 small "$0" && exec "$@"'
  return ['unshare', '--mount', 'sh', '-c', script, folder]
}

/** The small disk of a daemon, seen from outside its namespace. */
class SmallDisk {
  readonly #filler: string

  constructor(daemon: Running, folder: string) {
    this.#filler = join(`/proc/${daemon.pid}/root`, folder, 'filler')
  }

  fill(): void {
    const file = openSync(this.#filler, 'w')
    try {
      // Whole blocks first, then what is left.
      for (const size of [65_536, 4096, 1]) {
        const block = Buffer.alloc(size)
        while (tryWrite(file, block)) {}
      }
    } finally {
      closeSync(file)
    }
  }

  free(): void {
    rmSync(this.#filler)
  }
}

/** False when nothing more fits. */
function tryWrite(file: number, block: Buffer): boolean {
  try {
    return writeSync(file, block) === block.length
  } catch (error) {
    assert.equal((error as NodeJS.ErrnoException).code, 'ENOSPC')
    return false
  }
}

const occurrences = (text: string, pattern: RegExp): number => [...text.matchAll(new RegExp(pattern, 'g'))].length

describe('a full disk', { skip }, () => {
  it('under the spool of a minion loses no return, and is told once', async () => {
    let cache = ''
    await using fleet = await Fleet.start({
      minions: { alpha: '' },
      starter: (daemon, { folder }) => {
        if (daemon !== 'alpha') return []
        cache = join(folder, 'root-alpha/var/cache/salt/minion')
        return onSmallDisk(cache)
      },
    })
    const minion = fleet.minion('alpha')
    const disk = new SmallDisk(minion, cache)
    disk.fill()
    const large = 'x'.repeat(60_000)
    for (let round = 0; round < 3; round += 1) {
      const { stdout, exitCode } = await fleet.salt('alpha', 'test.echo', large, '--out', 'json')
      assert.deepEqual([exitCode, JSON.parse(stdout)], [0, { alpha: large }])
    }
    await minion.until(/the return spool cannot be written; returns stay in memory/)
    assert.equal(occurrences(minion.output, /the return spool cannot be written/), 1)
    disk.free()
    await minion.until(/the return spool can be written again/)
    assert.equal((await fleet.salt('alpha', 'test.ping')).exitCode, 0)
  })

  it('under the spool of a minion loses no return while the master is away either', async () => {
    let cache = ''
    await using fleet = await Fleet.start({
      minions: { alpha: '' },
      starter: (daemon, { folder }) => {
        if (daemon !== 'alpha') return []
        cache = join(folder, 'root-alpha/var/cache/salt/minion')
        return onSmallDisk(cache)
      },
    })
    using gate = new Gate()
    const minion = fleet.minion('alpha')
    const disk = new SmallDisk(minion, cache)
    disk.fill()
    const { stdout } = await fleet.salt('--async', 'alpha', 'cmd.run', `${gate.command}; printf '%060000d' 7`)
    const jid = /(\d{20})/.exec(stdout)?.[1] ?? assert.fail(stdout)
    const [pid = 0] = await gate.entered()
    await minion.until(/the return spool cannot be written/)
    minion.forget()
    await fleet.master.end('SIGKILL')
    await minion.until(/not connected to the master/)
    gate.open()
    await ended(pid)
    await fleet.startMaster()
    const { alpha } = await fleet.follow(jid)
    assert.match(String(alpha?.ret?.return), /^passed\n0{59999}7$/)
  })

  it('under the job cache of a master stops no job, is told, and what was kept is stored when there is room', async () => {
    let cache = ''
    await using fleet = await Fleet.start({
      minions: { alpha: '' },
      starter: (daemon, { folder }) => {
        if (daemon !== 'master') return []
        cache = join(folder, 'root/var/cache/salt/master')
        return onSmallDisk(cache)
      },
    })
    await using events = await fleet.events()
    const disk = new SmallDisk(fleet.master, cache)
    disk.fill()
    const { stdout } = await fleet.salt('alpha', 'test.echo', 'y'.repeat(60_000), '--out', 'json', '--show-jid')
    const jid = /(\d{20})/.exec(stdout)?.[1] ?? assert.fail(stdout)
    const fault = await events.until(/^salt\/storage\/fault$/)
    assert.equal(fault.data.what, 'job cache')
    await fleet.salt('alpha', 'test.ping')
    assert.equal(occurrences(fleet.master.output, /the job cache cannot be written/), 1)
    disk.free()
    await events.until(/^salt\/storage\/well$/)
    const found = await fleet.salt('run', 'jobs.lookup_jid', jid, '--out', 'json')
    assert.equal(JSON.parse(found.stdout).alpha, 'y'.repeat(60_000))
  })

  it('under the audit log of a master stops no job, is told, and the log is whole when there is room', async () => {
    let logs = ''
    await using fleet = await Fleet.start({
      minions: { alpha: '' },
      starter: (daemon, { folder }) => {
        if (daemon !== 'master') return []
        logs = join(folder, 'root/var/log/salt')
        return onSmallDisk(logs)
      },
    })
    await using events = await fleet.events()
    await using bus = await fleet.bus()
    const disk = new SmallDisk(fleet.master, logs)
    disk.fill()
    const request = { tgt: 'alpha', tgt_type: 'glob', fun: 'test.ping', arg: [], user: 'tester', ret: '', timeout: 5 }
    // More than what is left of a block.
    for (let each = 0; each < 30; each += 1) await bus.call('publish', { ...request, follow: true })
    assert.equal((await events.until(/^salt\/storage\/fault$/)).data.what, 'audit log')
    assert.equal(occurrences(fleet.master.output, /the audit log cannot be written/), 1)
    disk.free()
    await events.until(/^salt\/storage\/well$/)
    const files = `/proc/${fleet.master.pid}/root${logs}/audit`
    const { stdout, exitCode } = await fleet.salt('audit', 'verify', files)
    assert.equal(exitCode, 0, stdout)
    assert.match(stdout, /: 32 lines in 1 file, numbers 1 to 32\./)
  })

  for (const daemon of ['master', 'minion']) {
    it(`under the cache of a ${daemon} that starts ends it, with the file and what to do`, async () => {
      using folder = new ConfigFolder({
        master: 'interface: 127.0.0.1\nret_port: 0\n',
        minion: 'id: alpha\nmaster: 127.0.0.1:1\n',
      })
      const cache = folder.file(`root/var/cache/salt/${daemon}`)
      const configuration = readFileSync(folder.file(daemon), 'utf8')
      folder.write(daemon, `root_dir: ${folder.path}/root\n${configuration}`)
      const fill = ['sh', '-c', 'cat /dev/zero > "$0/filler" 2> /dev/null; exec "$@"', cache]
      const argv = [...onSmallDisk(cache), ...fill, ...programArgv('source'), daemon, '-c', folder.path]
      const { exitCode, stderr } = await new Running(argv, { timeoutMs: 20_000 }).finished
      assert.equal(exitCode, 74, stderr)
      assert.match(stderr, new RegExp(`disk is full.*where: ${cache}/.*hint: Free space on the disk\\.\n$`, 's'))
      assert.equal(existsSync(folder.file(`root/var/run/salt-${daemon}.pid`)), false, 'a pid file is left')
    })
  }
})
