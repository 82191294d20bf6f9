/** The life of the daemons' processes, with the sources as real processes. */
import assert from 'node:assert/strict'
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readlinkSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, it } from 'node:test'
import { receiveDatagrams, withoutReceiver } from '../support/datagrams.ts'
import { programArgv, Running, run } from '../support/program.ts'

describe('the process of a daemon', () => {
  let folder = ''
  let started: Running[] = []

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'salt-daemon-'))
    started = []
    configure('')
  })

  afterEach(async () => {
    await Promise.all(started.map((running) => running.end('SIGKILL')))
    rmSync(folder, { recursive: true, force: true })
  })

  function configure(more: string): void {
    writeFileSync(join(folder, 'master'), `root_dir: ${folder}\ninterface: 127.0.0.1\nret_port: 0\n${more}`)
  }

  const pidFile = (): string => join(folder, 'var/run/salt-master.pid')
  const pidIn = (): number => Number(readFileSync(pidFile(), 'utf8'))

  async function foreground(): Promise<Running> {
    const running = new Running([...programArgv('source'), 'master', '-c', folder, '-l', 'info'])
    started.push(running)
    await running.until(/the master is ready/)
    return running
  }

  /** For what nobody tells: that a process of somebody else is gone, that a file is there. */
  async function eventually(isSo: () => boolean, what: string): Promise<void> {
    for (let tries = 0; tries < 200; tries++) {
      if (isSo()) return
      await new Promise((resolve) => setTimeout(resolve, 50))
    }
    assert.fail(what)
  }

  function isGone(pid: number): boolean {
    try {
      process.kill(pid, 0)
      return false
    } catch {
      return true
    }
  }

  it('tells systemd that it is ready, reads its configuration again, and ends', { skip: withoutReceiver }, async () => {
    const address = join(folder, 'notify')
    const receiver = await receiveDatagrams(address)
    started.push(receiver)
    const env = { NOTIFY_SOCKET: address, WATCHDOG_USEC: '60000000' }
    const master = new Running([...programArgv('source'), 'master', '-c', folder, '-l', 'info'], { env })
    started.push(master)
    const said = (words: string): Promise<void> => receiver.until(new RegExp(`^${master.pid} ${words}$`, 'm'))
    await said('READY=1')
    assert.match(master.output, /the master is ready/)
    await said('WATCHDOG=1')
    receiver.forget()
    process.kill(master.pid, 'SIGHUP')
    await said('RELOADING=1 MONOTONIC_USEC=\\d+\\n\\d+ READY=1')
    process.kill(master.pid, 'SIGTERM')
    await said('STOPPING=1')
    assert.equal((await master.finished).exitCode, 0)
  })

  it('writes its pid, and on SIGTERM removes it and ends with 0', async () => {
    const running = await foreground()
    assert.equal(pidIn(), running.pid)
    const { exitCode, signal } = await running.end('SIGTERM')
    assert.deepEqual({ exitCode, signal }, { exitCode: 0, signal: null })
    assert.equal(existsSync(pidFile()), false)
  })

  it('takes over the file of a process that is gone, or is something else', async () => {
    mkdirSync(join(folder, 'var/run'), { recursive: true })
    for (const pid of ['999999999', '1', String(process.pid), 'rubbish']) {
      writeFileSync(pidFile(), pid)
      const running = await foreground()
      assert.equal(pidIn(), running.pid)
      await running.end()
    }
  })

  it('does not start beside itself', async () => {
    const first = await foreground()
    const second = await run('source', ['master', '-c', folder])
    assert.equal(second.exitCode, 69)
    assert.match(second.stderr, new RegExp(`running already, as process ${first.pid} \\[address-in-use\\]`))
    assert.equal(pidIn(), first.pid, 'the file of the first one must stay')
  })

  it('goes into the background once it is ready', async () => {
    const { exitCode, stdout, stderr } = await run('source', ['master', '-d', '-c', folder])
    assert.deepEqual({ exitCode, stdout, stderr }, { exitCode: 0, stdout: '', stderr: '' })
    const pid = pidIn()
    try {
      const answer = await run('source', ['run', '-c', folder, 'manage.up'])
      assert.equal(answer.exitCode, 0, answer.stderr)
      assert.equal(answer.stdout, '')
      if (process.platform === 'linux') assert.equal(readlinkSync(`/proc/${pid}/cwd`), '/')
    } finally {
      process.kill(pid, 'SIGTERM')
    }
    await eventually(() => isGone(pid), `process ${pid} does not end`)
    assert.equal(existsSync(pidFile()), false)
  })

  it('shows in the foreground why it could not go into the background', async () => {
    configure('rett_port: 1\n')
    const wrong = await run('source', ['master', '-d', '-c', folder])
    assert.equal(wrong.exitCode, 78)
    assert.match(wrong.stderr, /'rett_port' is not an option of the master\. Did you mean 'ret_port'\?/)

    const server = createServer()
    const port = await new Promise<number>((resolve) => {
      server.listen(0, '127.0.0.1', () => {
        const address = server.address()
        resolve(typeof address === 'object' && address !== null ? address.port : 0)
      })
    })
    writeFileSync(join(folder, 'master'), `root_dir: ${folder}\ninterface: 127.0.0.1\nret_port: ${port}\n`)
    const taken = await run('source', ['master', '-d', '-c', folder])
    server.close()
    assert.equal(taken.exitCode, 69)
    assert.match(taken.stderr, /address-in-use/)
    assert.equal(existsSync(pidFile()), false)
  })

  it('reopens its log and keeps running with a wrong configuration on SIGHUP', async () => {
    const running = await foreground()
    const log = join(folder, 'var/log/salt/master')
    await eventually(() => existsSync(log), 'there is no log file')
    renameSync(log, `${log}.1`)
    configure('log_level: nonsense\n')
    process.kill(running.pid, 'SIGHUP')
    await running.until(/the configuration was not taken up/)
    await eventually(() => existsSync(log), 'the log file was not opened again')
    configure('log_level: info\n')
    running.forget()
    process.kill(running.pid, 'SIGHUP')
    await running.until(/configuration was read again/)
    assert.equal((await running.end()).exitCode, 0)
  })

  it('refuses to become a user that does not exist', async () => {
    const { exitCode, stderr } = await run('source', ['master', '-c', folder, '-u', 'nosuchuser'])
    assert.equal(exitCode, 78)
    assert.match(stderr, /no system user 'nosuchuser'/)
  })

  it('says where to look when no master answers', async () => {
    for (const words of [
      ['-c', folder, '*', 'test.ping'],
      ['run', '-c', folder, 'manage.up'],
    ]) {
      const { exitCode, stdout, stderr } = await run('source', words)
      assert.deepEqual([exitCode, stdout], [69, ''])
      assert.match(stderr, /^salt: no master answers on its bus in .* \[master-unreachable\]\n/)
    }
  })
})
