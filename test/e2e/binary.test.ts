/** The built binary by itself: what it says of itself, how it checks a release, where it unpacks its addon. */
import assert from 'node:assert/strict'
import { type SpawnSyncReturns, spawnSync } from 'node:child_process'
import { generateKeyPairSync, type KeyObject } from 'node:crypto'
import * as fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { after, before, describe, test } from 'node:test'
import { digestFile, signManifest } from '../../src/engine/artifacts/manifest.ts'

const root = path.resolve(import.meta.dirname, '../..')
const built = path.join(root, process.platform === 'darwin' ? 'dist/osx/salt' : 'dist/linux/salt')
const { version }: { version: string } = JSON.parse(fs.readFileSync(path.join(root, 'package.json'), 'utf8'))
const isRoot = process.getuid?.() === 0

/** Root reads and writes whatever the modes say, so as root the binary runs as another user. */
const unprivileged = 65534

let folder: string
let binary: string

function run(argv: readonly string[], environment: NodeJS.ProcessEnv = {}): SpawnSyncReturns<string> {
  const [program = '', ...rest] = isRoot
    ? ['setpriv', `--reuid=${unprivileged}`, `--regid=${unprivileged}`, '--clear-groups', binary, ...argv]
    : [binary, ...argv]
  const env = {
    PATH: process.env.PATH,
    HOME: path.join(folder, 'home'),
    TMPDIR: path.join(folder, 'tmp'),
    ...environment,
  }
  return spawnSync(program, rest, { encoding: 'utf8', env, cwd: folder })
}

function makeFolder(name: string, mode = 0o700): string {
  const made = path.join(folder, name)
  fs.mkdirSync(made, { recursive: true })
  if (isRoot) fs.chownSync(made, unprivileged, unprivileged)
  fs.chmodSync(made, mode)
  return made
}

describe('the binary', { skip: fs.existsSync(built) ? false : 'dist has no binary: npm run build' }, () => {
  before(() => {
    folder = fs.mkdtempSync(path.join(os.tmpdir(), 'salt-binary-'))
    fs.chmodSync(folder, 0o755)
    makeFolder('home')
    makeFolder('tmp')
    binary = path.join(folder, 'salt')
    fs.copyFileSync(built, binary)
    fs.chmodSync(binary, 0o755)
  })
  after(() => fs.rmSync(folder, { recursive: true, force: true }))

  test('--version', () => {
    const { status, stdout, stderr } = run(['--version'])
    assert.deepEqual([status, stdout, stderr], [0, `salt ${version}\n`, ''])
  })

  test('--version costs at most half as much again as an empty program', () => {
    const empty = path.join(folder, 'empty.cjs')
    fs.writeFileSync(empty, '')
    const cost = (program: string, argument: string): number => {
      const start = performance.now()
      spawnSync(program, [argument])
      return performance.now() - start
    }
    // Turn about, so that what else the machine does meets both alike; more rounds where it does much.
    let floor = Number.POSITIVE_INFINITY
    let own = Number.POSITIVE_INFINITY
    for (let round = 0; round < 10 || (own > floor * 1.5 && round < 60); round++) {
      floor = Math.min(floor, cost(process.execPath, empty))
      own = Math.min(own, cost(binary, '--version'))
    }
    assert.ok(own <= floor * 1.5, `${own.toFixed(1)} ms against ${floor.toFixed(1)} ms`)
  })

  test('--versions-report names the libraries, each loaded from within', () => {
    const { status, stdout, stderr } = run(['--versions-report'])
    assert.deepEqual([status, stderr], [0, ''])
    assert.match(stdout, new RegExp(`^Salt Version:\n +Salt: ${version.replaceAll('.', '\\.')}\n`))
    for (const line of [/^ +ZMQ: \d+\.\d+\.\d+$/m, /^ +libsodium: 1\.\d+/m, /^ +yargs: \d+/m, /^System Versions:$/m]) {
      assert.match(stdout, line)
    }
    assert.doesNotMatch(stdout, /not available/)
  })

  test('nothing to do: the commands are listed and the exit code is 1', () => {
    const { status, stdout } = run([])
    assert.equal(status, 1)
    assert.match(stdout, /^ +master +\S/m)
    assert.match(stdout, /^ +verify +\S/m)
  })

  test('an unknown option ends with the code of a usage error', () => {
    const { status, stdout, stderr } = run(['verify', '--no-such-option'])
    assert.deepEqual([status, stdout], [64, ''])
    assert.match(stderr, /^salt: .*--no-such-option.*\[usage\]\n +hint: /)
  })

  test('an unknown option of a command of Salt does too', () => {
    for (const command of ['key', 'call', 'master'])
      assert.equal(run([command, '--no-such-option']).status, 64, command)
  })

  test('NODE_OPTIONS is not meant for it', () => {
    const { status, stdout } = run(['--version'], { NODE_OPTIONS: '--require /no/such/file.js' })
    assert.deepEqual([status, stdout], [0, `salt ${version}\n`])
  })

  test('a reader that goes away ends it without a word', () => {
    const { stderr } = spawnSync('sh', ['-c', '"$0" --versions-report | true', binary], { encoding: 'utf8' })
    assert.equal(stderr, '')
  })

  describe('verify', () => {
    const { privateKey, publicKey } = generateKeyPairSync('ed25519')
    let release: string

    before(async () => {
      release = makeFolder('release', 0o755)
      fs.writeFileSync(path.join(release, 'release.pub'), publicKey.export({ type: 'spki', format: 'pem' }))
      fs.mkdirSync(path.join(release, 'linux'))
      fs.writeFileSync(path.join(release, 'linux', 'salt-9.9.9-x64'), 'a released file')
      fs.symlinkSync('salt-9.9.9-x64', path.join(release, 'linux', 'salt'))
      await sign(privateKey)
    })

    async function sign(key: KeyObject): Promise<void> {
      const name = 'salt-9.9.9-x64'
      const { size, ...digests } = await digestFile(path.join(release, 'linux', name))
      const manifest = { linux: { [name]: { name, version: '9.9.9', arch: 'x64', size, ...digests } } }
      fs.writeFileSync(path.join(release, 'repo.json'), JSON.stringify(manifest))
      fs.writeFileSync(path.join(release, 'repo.json.sig'), signManifest(manifest, key))
    }

    const verify = (...argv: readonly string[]): SpawnSyncReturns<string> =>
      run(['verify', '--key', path.join(release, 'release.pub'), ...argv])

    test('a good file, by its name, through the link to the newest, and under another name', () => {
      const copy = path.join(folder, 'renamed')
      fs.copyFileSync(path.join(release, 'linux', 'salt-9.9.9-x64'), copy)
      for (const argv of [
        [path.join(release, 'linux/salt-9.9.9-x64')],
        [path.join(release, 'linux/salt')],
        [copy, '--manifest', path.join(release, 'repo.json')],
      ]) {
        const { status, stdout, stderr } = verify(...argv)
        assert.deepEqual([status, stderr], [0, ''])
        assert.match(stdout, /: good: salt-9\.9\.9-x64, version 9\.9\.9, linux x64\n$/)
      }
    })

    test('a tampered file of the same size', () => {
      const tampered = path.join(folder, 'salt-9.9.9-x64')
      fs.writeFileSync(tampered, 'A released file')
      const { status, stdout, stderr } = verify(tampered, '--manifest', path.join(release, 'repo.json'))
      assert.deepEqual([status, stdout], [1, ''])
      assert.match(stderr, /digests.*\[bad-artifact\]\n +hint: Do not run it/)
    })

    test('a tampered manifest, and one signed by another key', async () => {
      const file = path.join(release, 'linux/salt')
      const manifest = path.join(release, 'repo.json')
      const original = fs.readFileSync(manifest, 'utf8')
      fs.writeFileSync(manifest, original.replace('9.9.9"', '9.9.8"'))
      assert.match(verify(file).stderr, /signature of the manifest does not fit.*\[bad-artifact\]/)
      await sign(generateKeyPairSync('ed25519').privateKey)
      assert.match(verify(file).stderr, /signature of the manifest does not fit.*\[bad-artifact\]/)
      await sign(privateKey)
      assert.equal(verify(file).status, 0)
    })

    test('an unsigned manifest, and none at all', () => {
      const bare = makeFolder('bare', 0o755)
      const file = path.join(bare, 'salt')
      fs.writeFileSync(file, 'a released file')
      assert.match(verify(file).stderr, /no manifest is beside .*\[bad-artifact\]/)
      fs.copyFileSync(path.join(release, 'repo.json'), path.join(bare, 'repo.json'))
      const { status, stderr } = verify(file)
      assert.equal(status, 1)
      assert.match(stderr, /signature of the manifest cannot be read.*\[bad-artifact\]/)
    })

    test('without a file, and with two', () => {
      assert.equal(verify().status, 64)
      assert.equal(verify('a', 'b').status, 64)
      assert.equal(run(['verify', '--help']).status, 0)
    })
  })

  describe('the addon', () => {
    const loads = (environment: NodeJS.ProcessEnv): void => {
      const { stdout, stderr } = run(['--versions-report'], environment)
      assert.match(stdout, /^ +ZMQ: \d+\.\d+\.\d+$/m, stderr)
    }
    const addonIn = (where: string): string => {
      const [name, ...more] = fs.readdirSync(where)
      assert.deepEqual(more, [])
      assert.match(name ?? '', /^[0-9a-f]{16}-zeromq\.node$/)
      return path.join(where, name ?? '')
    }

    test('goes where SALT_NATIVE_DIR says, and is used again', () => {
      const native = makeFolder('native')
      loads({ SALT_NATIVE_DIR: native })
      const { ino } = fs.statSync(addonIn(native))
      loads({ SALT_NATIVE_DIR: native })
      assert.equal(fs.statSync(addonIn(native)).ino, ino)
    })

    test('a tampered copy is refused and written anew', () => {
      const native = makeFolder('native-tampered')
      loads({ SALT_NATIVE_DIR: native })
      const file = addonIn(native)
      const good = fs.readFileSync(file)
      fs.chmodSync(file, 0o700)
      const changed = Buffer.from(good)
      changed.writeUInt8(changed.readUInt8(changed.length >> 1) ^ 0xff, changed.length >> 1)
      fs.writeFileSync(file, changed)
      loads({ SALT_NATIVE_DIR: native })
      assert.ok(fs.readFileSync(file).equals(good))
    })

    test('a home that cannot be written to gives way to the temporary folder', () => {
      const home = makeFolder('home-read-only', 0o500)
      const temporary = makeFolder('tmp-instead')
      loads({ HOME: home, TMPDIR: temporary })
      assert.equal(fs.readdirSync(temporary).filter((name) => name.startsWith('salt-native-')).length, 1)
    })

    test('no home at all', () => {
      loads({ HOME: '', TMPDIR: makeFolder('tmp-no-home') })
    })

    const mount = isRoot && spawnSync('unshare', ['--mount', 'true']).status === 0
    test('a noexec file system gives way to the next folder', { skip: mount ? false : 'needs root to mount' }, () => {
      const native = makeFolder('native-noexec')
      const temporary = makeFolder('tmp-exec')
      const script =
        'mount -t tmpfs none /var/cache && mount -t tmpfs -o noexec,mode=0700 none "$1" && "$0" --versions-report'
      const env = {
        PATH: process.env.PATH,
        HOME: native,
        XDG_CACHE_HOME: native,
        SALT_NATIVE_DIR: native,
        TMPDIR: temporary,
      }
      const { stdout, stderr } = spawnSync('unshare', ['--mount', 'sh', '-c', script, binary, native], {
        encoding: 'utf8',
        env,
      })
      assert.match(stdout, /^ +ZMQ: \d+\.\d+\.\d+$/m, stderr)
    })
  })
})
