/** `archive.extracted` on archives that real programs made. */
import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import {
  chmodSync,
  existsSync,
  linkSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { describe, it } from 'node:test'
import type { PerformedState } from '../../../../src/engine/state/perform.ts'
import { ConfigFolder } from '../../../support/config-folder.ts'
import { StateHost } from '../../../support/state-host.ts'

const isRoot = process.geteuid?.() === 0
const hasUnzip = existsSync('/usr/bin/unzip')

/** A folder with archives of `app/` in its file root, and a host. */
class Archives implements Disposable {
  readonly folder: ConfigFolder
  readonly host: StateHost

  constructor(files: Readonly<Record<string, string>> = { 'app/a.txt': 'a\n', 'app/sub/b.txt': 'b\n' }) {
    this.folder = new ConfigFolder()
    for (const [name, text] of Object.entries(files)) this.folder.write(`in/${name}`, text)
    mkdirSync(this.folder.file('srv'))
    const config = {
      cachedir: this.folder.file('cache'),
      file_roots: { base: [this.folder.file('srv')] },
    }
    this.host = new StateHost({ config })
  }

  tar(name: string, ...paths: readonly string[]): string {
    execFileSync('tar', ['-caf', this.folder.file(`srv/${name}`), '-C', this.folder.file('in'), ...paths])
    return this.folder.file(`srv/${name}`)
  }

  async zip(name: string, ...paths: readonly string[]): Promise<string> {
    const path = this.folder.file(`srv/${name}`)
    await this.host.functions.call('archive.zip', path, paths.join(','), {
      __kwarg__: true,
      cwd: this.folder.file('in'),
    })
    return path
  }

  get out(): string {
    return this.folder.file('out')
  }

  extract(args: Readonly<Record<string, unknown>>): Promise<PerformedState> {
    return this.host.apply('archive.extracted', { name: this.out, ...args })
  }

  dry(args: Readonly<Record<string, unknown>>): Promise<PerformedState> {
    return this.host.test('archive.extracted', { name: this.out, ...args })
  }

  read(name: string): string {
    return readFileSync(this.folder.file(name), 'utf8')
  }

  [Symbol.dispose](): void {
    this.folder[Symbol.dispose]()
  }
}

const sha256 = (path: string): string => createHash('sha256').update(readFileSync(path)).digest('hex')

describe('archive.extracted', () => {
  it('extracts a tar file of the file server once', async () => {
    using all = new Archives()
    all.tar('app.tar.gz', 'app')
    const source = 'salt://app.tar.gz'
    const dry = await all.dry({ source })
    assert.equal(dry.result, null)
    assert.equal(
      dry.comment,
      `Archive salt://app.tar.gz would be extracted to ${all.out}/, due to absence of one or more files/dirs`,
    )
    assert.equal(existsSync(all.out), false)
    const run = await all.extract({ source })
    assert.equal(run.comment, `salt://app.tar.gz extracted to ${all.out}/, due to absence of one or more files/dirs`)
    assert.deepEqual(run.changes.directories_created, [`${all.out}/`])
    const names = ['app', 'app/a.txt', 'app/sub', 'app/sub/b.txt']
    assert.deepEqual([run.changes.extracted_files].flat().sort(), names)
    assert.equal(all.read('out/app/sub/b.txt'), 'b\n')
    const again = await all.extract({ source })
    assert.deepEqual(
      [again.result, again.comment, again.changes],
      [true, 'All files in archive are already present', {}],
    )
  })

  it('extracts it again where something is missing, or where it shall', async () => {
    using all = new Archives()
    const source = all.tar('app.tar', 'app')
    await all.extract({ source })
    rmSync(all.folder.file('out/app/a.txt'))
    assert.equal(
      (await all.extract({ source })).comment,
      `${source} extracted to ${all.out}/, due to absence of one or more files/dirs`,
    )
    all.folder.write('out/app/a.txt', 'other')
    assert.deepEqual((await all.extract({ source })).changes, {})
    assert.equal((await all.extract({ source, overwrite: true })).comment, `${source} extracted to ${all.out}/`)
    assert.equal(all.read('out/app/a.txt'), 'a\n')
  })

  it('leaves nothing of an extraction that failed, and what was there before', async () => {
    using all = new Archives({ 'app/a.txt': 'a\n', 'app/b.txt': 'b\n' })
    all.tar('whole.tar', 'app')
    // A hard link to what is not there cannot be made; the file before it is written by then.
    linkSync(all.folder.file('in/app/b.txt'), all.folder.file('in/app/c.txt'))
    const source = all.tar('app.tar', 'app/a.txt', 'app/b.txt', 'app/c.txt')
    execFileSync('tar', ['--delete', '-f', source, 'app/b.txt'])
    for (const want of [{}, { if_missing: `${all.out}/app` }, { if_missing: all.out }]) {
      const { result, comment } = await all.extract({ source, ...want })
      assert.equal(result, false)
      assert.match(comment, /[Cc]annot hard link/)
      assert.equal(existsSync(all.out), false)
    }
    all.folder.write('out/app/own.txt', 'mine')
    assert.equal((await all.extract({ source })).result, false)
    assert.deepEqual(readdirSync(all.folder.file('out/app')), ['own.txt'])
    assert.equal((await all.extract({ source: 'salt://whole.tar' })).result, true)
    assert.equal(all.read('out/app/b.txt'), 'b\n')
  })

  it('shortens what it tells', async () => {
    using all = new Archives()
    const source = all.tar('app.tar', 'app')
    const { changes, comment } = await all.extract({ source, trim_output: 1 })
    assert.deepEqual(changes.extracted_files, ['app'])
    assert.match(comment, /\. Output was trimmed to 1 number of lines$/)
  })

  it('passes options to tar', async () => {
    using all = new Archives()
    const source = all.tar('app.tar.gz', 'app')
    const options = '--strip-components=1'
    const run = await all.extract({ source, options, enforce_toplevel: false })
    assert.equal(run.result, true, run.comment)
    assert.equal(all.read('out/a.txt'), 'a\n')
    assert.deepEqual((await all.extract({ source, options, enforce_toplevel: false })).changes, {})
  })

  it('refuses what has no single folder at its top', async () => {
    using all = new Archives()
    const source = all.tar('app.tar', '-C', 'app', 'a.txt', 'sub')
    for (const run of [await all.dry({ source }), await all.extract({ source })]) {
      assert.equal(run.result, false)
      assert.match(run.comment, /^Archive does not have a single top-level directory\. .*'tar-bomb'/)
    }
    assert.equal(existsSync(all.out), false)
    assert.equal((await all.extract({ source, enforce_toplevel: false })).result, true)
  })

  it('refuses members that lead out of the folder', async () => {
    using all = new Archives()
    const source = all.tar('evil.tar', '-P', '--transform', 's#app/a.txt#app/../../evil#', 'app/a.txt')
    const run = await all.extract({ source, enforce_toplevel: false })
    assert.equal(run.result, false)
    assert.match(run.comment, /leads out of the destination/)
    assert.equal(existsSync(all.folder.file('evil')), false)
  })

  it('holds archives to their checksums', async () => {
    using all = new Archives()
    const path = all.tar('app.tar', 'app')
    const wrong = '0'.repeat(64)
    for (const source of [path, `file://${path}`]) {
      const run = await all.extract({ source, source_hash: wrong })
      assert.deepEqual([run.result, run.comment], [false, `${path} does not match the desired source_hash ${wrong}`])
    }
    assert.equal(existsSync(all.out), false)
    assert.equal((await all.extract({ source: path, source_hash: `sha256=${sha256(path)}` })).result, true)
  })

  it('extracts again when the checksum has changed', async () => {
    using all = new Archives()
    const source = all.tar('app.tar', 'app')
    const args = () => ({ source, source_hash: sha256(source), source_hash_update: true })
    assert.equal((await all.extract(args())).result, true)
    assert.deepEqual((await all.extract(args())).changes, {})
    all.folder.write('in/app/a.txt', 'new\n')
    all.tar('app.tar', 'app')
    assert.equal(
      (await all.dry(args())).comment,
      `Archive ${source} would be extracted to ${all.out}/, due to source_hash update`,
    )
    assert.equal((await all.extract(args())).comment, `${source} extracted to ${all.out}/, due to source_hash update`)
    assert.equal(all.read('out/app/a.txt'), 'new\n')
    assert.deepEqual((await all.extract(args())).changes, {})
    const skipped = await all.extract({ ...args(), skip_files_list_verify: true })
    assert.match(skipped.comment, /existing source sum is the same as the expected one/)
  })

  it('removes what is in the way', async () => {
    using all = new Archives()
    const source = all.tar('app.tar', 'app')
    all.folder.write('out/app/sub', 'a file')
    const refused = await all.extract({ source })
    assert.equal(refused.result, false)
    assert.match(
      refused.comment,
      /incorrect type .* To proceed with extraction, set 'force' to True\. .*\n\n- app\/sub\/$/s,
    )
    assert.equal((await all.dry({ source, force: true })).result, null)
    const run = await all.extract({ source, force: true })
    assert.deepEqual(run.changes.removed, [`${all.out}/app/sub/`])
    assert.equal(all.read('out/app/sub/b.txt'), 'b\n')
  })

  it('cleans before it extracts', async () => {
    using all = new Archives()
    const source = all.tar('app.tar', 'app')
    all.folder.write('out/app/old', 'old')
    all.folder.write('out/other', 'other')
    assert.match((await all.dry({ source, clean: true })).comment, /, after cleaning destination path\(s\)/)
    assert.deepEqual((await all.extract({ source, clean: true })).changes.removed, [`${all.out}/app/`])
    assert.deepEqual([existsSync(all.folder.file('out/app/old')), all.read('out/other')], [false, 'other'])
    const whole = await all.extract({ source, clean_parent: true, overwrite: true })
    assert.equal(whole.changes.removed, `Directory ${all.out}/ was removed prior to the extraction`)
    assert.equal(existsSync(all.folder.file('out/other')), false)
  })

  it('does nothing where if_missing exists', async () => {
    using all = new Archives()
    const run = await all.extract({ source: '/no/such.tar', if_missing: all.folder.path })
    assert.deepEqual([run.result, run.comment], [true, `Path ${all.folder.path} exists`])
  })

  it('sets owners', { skip: !isRoot && 'only root can do this' }, async () => {
    using all = new Archives()
    const source = all.tar('app.tar', 'app')
    const owners = { user: 'daemon', group: 'daemon' }
    const run = await all.extract({ source, ...owners })
    assert.equal(run.changes['updated ownership'], true)
    assert.equal(lstatSync(all.folder.file('out/app/sub/b.txt')).uid, 1)
    assert.deepEqual((await all.extract({ source, ...owners })).changes, {})
    const dry = await all.dry({ source, user: 'root' })
    assert.deepEqual([dry.result, dry.changes], [null, { 'updated ownership': true }])
    assert.match(dry.comment, /Ownership would be updated on one or more files\/directories\.$/)
    assert.equal((await all.extract({ source, user: 'nosuchuser' })).comment, 'User nosuchuser does not exist')
    const { result, warnings } = await all.dry({ source, user: 'nosuchuser' })
    assert.deepEqual(
      [result, warnings],
      [null, ['User nosuchuser does not exist, and no state before this one makes it so']],
    )
  })

  it('extracts ZIP files', async () => {
    using all = new Archives()
    const source = await all.zip('app.zip', 'app')
    const run = await all.extract({ source })
    assert.equal(run.result, true, run.comment)
    assert.equal(all.read('out/app/sub/b.txt'), 'b\n')
    assert.deepEqual((await all.extract({ source })).changes, {})
    chmodSync(all.folder.file('out/app/a.txt'), 0o600)
    assert.equal((await all.extract({ source, overwrite: true, extract_perms: false })).result, true)
  })

  it('extracts ZIP files with unzip', { skip: !hasUnzip && 'needs unzip' }, async () => {
    using all = new Archives()
    const source = await all.zip('app.zip', 'app')
    assert.equal((await all.extract({ source, options: '-q' })).result, true)
  })

  it('says what does not go together', async () => {
    using all = new Archives()
    const source = all.tar('app.tar', 'app')
    const zip = await all.zip('app.zip', 'app')
    writeFileSync(all.folder.file('srv/app'), 'no archive')
    writeFileSync(all.folder.file('srv/bad.tar'), 'no archive')
    const faults: readonly (readonly [Readonly<Record<string, unknown>>, RegExp])[] = [
      [{ source, name: 'out' }, /^out is not an absolute path$/],
      [{ source, name: '' }, /^Name of the directory path needs to be specified$/],
      [{ source, name: source }, / exists and is not a directory$/],
      [{ source, if_missing: 'x' }, /^Value for 'if_missing' is not an absolute path$/],
      [{ source, enforce_ownership_on: 'x' }, /^Value for 'enforce_ownership_on' is not an absolute path$/],
      [{ source, enforce_ownership_on: '/etc' }, /^Value for 'enforce_ownership_on' must be within /],
      [{ source, clean: true, clean_parent: true }, /^Only one of 'clean' and 'clean_parent' can be set to True$/],
      [{ source, skip_verify: true, skip_files_list_verify: true }, /^Only one of "skip_files_list_verify"/],
      [{ source: 'salt://app' }, /^Could not guess archive_format/],
      [
        { source, archive_format: 'cpio' },
        /^Invalid archive_format 'cpio'\. Either set it to a supported value \(tar, rar, zip\)/,
      ],
      [{ source, password: 'x' }, /^The 'password' argument is only supported for zip archives$/],
      [{ source: zip, options: '-q', use_cmd_unzip: false }, /^'use_cmd_unzip' cannot be set to False/],
      [{ source, options: 'x', archive_format: 'rar' }, /^The 'options' argument is only compatible/],
      [{ source: '/no/such.tar' }, /^Source file '\/no\/such\.tar' does not exist$/],
      [{ source: ['salt://no.tar'] }, /^none of the specified sources were found$/],
      [{ source: 'salt://no.tar' }, /^Source file salt:\/\/no\.tar not found in saltenv 'base'$/],
      [{ source: 'http://127.0.0.1/x.tar' }, /^Unable to verify upstream hash of source file/],
      [{ source: 'salt://bad.tar' }, /'if_missing' must be set/],
    ]
    for (const [args, comment] of faults) {
      const run = await all.extract(args)
      assert.equal(run.result, false, JSON.stringify(args))
      assert.match(run.comment, comment)
      assert.deepEqual(run.changes, {})
    }
    const warned = await all.extract({ source, keep: true, keep_source: true, source_hash_update: true })
    assert.equal(warned.warnings?.length, 2)
  })

  it('drops the copy in the cache', async () => {
    using all = new Archives()
    all.tar('app.tar', 'app')
    await all.extract({ source: 'salt://app.tar', keep_source: false })
    assert.equal(existsSync(all.folder.file('cache/files/base/app.tar')), false)
    await all.extract({ source: 'salt://app.tar', overwrite: true })
    assert.equal(existsSync(all.folder.file('cache/files/base/app.tar')), true)
  })
})
