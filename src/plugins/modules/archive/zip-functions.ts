/** Functions of `archive` for ZIP files. */

import { randomBytes } from 'node:crypto'
import * as fs from 'node:fs'
import { posix } from 'node:path'
import { SaltError } from '../../../base/errors.ts'
import { isRecord } from '../../../base/narrow.ts'
import { pythonString } from '../../../base/python-repr.ts'
import { s } from '../../../base/schema.ts'
import { commaList } from '../../../engine/arguments/comma-list.ts'
import { mustRun } from '../../../engine/functions/host-programs.ts'
import { type FunctionContext, fn } from '../../../engine/plugin.ts'
import { splitShellWords } from '../cmd/shell-words.ts'
import { attemptAsync, systemText } from '../file/failure.ts'
import {
  cwd,
  excludes,
  expandSources,
  lines,
  names,
  renderedArguments,
  runas,
  runLines,
  sourcesArgument,
  template,
  trimmed,
  trimOutput,
  zipPassword,
} from './arguments.ts'
import { fetchArchive, fetchArguments } from './cached.ts'
import { assertInside } from './escape.ts'
import { extractZip } from './zip-extraction.ts'
import { isEncrypted, ZipFile } from './zip-reader.ts'
import { membersOf, type ZipMember } from './zip-sources.ts'
import { ZipWriter } from './zip-writer.ts'

const zipFile = s.path('The archive')
const destination = s.path('Folder to extract into; it is made where it is not there')

function passwordText(password: unknown): string | undefined {
  return password === undefined || password === null || password === '' ? undefined : pythonString(password)
}

/** Members of an archive that nothing is known of are for the program to judge. */
function assertMembersInside(archive: string, left: readonly string[]): void {
  let zip: ZipFile
  try {
    zip = new ZipFile(archive)
  } catch {
    return
  }
  using opened = zip
  for (const { name } of opened.entries) if (!left.includes(name)) assertInside(archive, name)
}

/** An archive that was there before stays until the new one is whole. */
async function writeZip(
  path: string,
  members: readonly ZipMember[],
  zip64: boolean,
  signal: AbortSignal,
): Promise<void> {
  const temporary = `${path}.${randomBytes(6).toString('hex')}.tmp`
  try {
    using writer = new ZipWriter(temporary, zip64)
    for (const { name, path: source, status } of members) {
      if (name.endsWith('/')) writer.addFolder(name, status)
      else await writer.addFile(name, source, status, signal)
    }
    writer.finish()
    fs.renameSync(temporary, path)
  } catch (error) {
    fs.rmSync(temporary, { force: true })
    throw new SaltError('execution-failed', `Exception encountered creating zipfile: ${systemText(error, path)}`, {
      cause: error,
    })
  }
}

/** What another user may read and write is for a program to find out that runs as that user. */
async function zipAs(
  ctx: FunctionContext,
  user: string,
  archive: string,
  folder: string,
  members: readonly ZipMember[],
): Promise<void> {
  const root = members.every(
    ({ name, path }) => posix.join(folder, name) === posix.join(path, name.endsWith('/') ? '/' : ''),
  )
    ? folder
    : '/'
  await mustRun(ctx, ['rm', '-f', '--', archive], { runas: user })
  const listed = members.map(({ name, path }) => posix.relative(root, path) + (name.endsWith('/') ? '/' : ''))
  await mustRun(ctx, ['zip', '-q', '-@', archive], { runas: user, cwd: root, stdin: `${listed.join('\n')}\n` })
}

async function unzipAs(ctx: FunctionContext, user: string, request: UnzipRequest): Promise<string[]> {
  const { archive, dest, left, password } = request
  using zip = new ZipFile(archive)
  const listed = zip.entries.map(({ name }) => name).filter((name) => !left.includes(name))
  for (const name of listed) assertInside(archive, name)
  const argv = ['unzip', '-q', '-o', ...(password === undefined ? [] : ['-P', password]), archive, '-d', dest]
  await mustRun(ctx, left.length === 0 ? argv : [...argv, '-x', ...left], { runas: user })
  return listed
}

interface UnzipRequest {
  readonly archive: string
  readonly dest: string
  readonly left: readonly string[]
  readonly password: string | undefined
}

export const zipFunctions = {
  cmd_unzip: fn({
    doc: 'Extract a ZIP file with the program unzip.',
    args: {
      zip_file: zipFile,
      dest: destination,
      excludes,
      options: s.optional(s.string('More options for unzip')),
      template,
      runas,
      trim_output: trimOutput,
      password: zipPassword,
    },
    returns: lines,
    examples: ["salt '*' archive.cmd_unzip /srv/backup/docs.zip /srv/restored excludes=b.txt"],
    async run(ctx, given) {
      const args = await renderedArguments(ctx, given, ['zip_file', 'dest', 'excludes'])
      const left = commaList(args.excludes)
      const options = splitShellWords(args.options ?? '')
      if (!options.includes('-:')) assertMembersInside(args.zip_file, left)
      const password = passwordText(args.password)
      const argv = [
        'unzip',
        ...(password === undefined ? [] : ['-P', password]),
        ...options,
        args.zip_file,
        '-d',
        args.dest,
      ]
      const result = await ctx.salt('cmd.run_all', [left.length === 0 ? argv : [...argv, '-x', ...left]], {
        python_shell: false,
        redirect_stderr: true,
        runas: args.runas ?? null,
        output_loglevel: password === undefined ? 'debug' : 'quiet',
      })
      const { retcode, stdout } = isRecord(result) ? result : {}
      const output = pythonString(stdout ?? '')
      if (retcode !== 0) throw new SaltError('execution-failed', output)
      return trimmed(output.split('\n'), args.trim_output)
    },
  }),
  unzip: fn({
    doc: 'Extract a ZIP file. What would land outside of the destination is refused before anything is written.',
    args: {
      zip_file: zipFile,
      dest: destination,
      excludes,
      options: s.optional(s.any('Accepted, and without effect here')),
      template,
      runas,
      trim_output: trimOutput,
      password: zipPassword,
      extract_perms: s.withDefault(s.boolean('Give files the permissions that the archive tells'), true),
    },
    returns: names,
    examples: ["salt '*' archive.unzip /srv/backup/docs.zip /srv/restored password='BadPassword'"],
    async run(ctx, given) {
      const args = await renderedArguments(ctx, given, ['zip_file', 'dest', 'excludes'])
      const { zip_file: archive, dest, extract_perms: permissions } = args
      const left = commaList(args.excludes)
      const password = passwordText(args.password)
      if (args.runas !== undefined) {
        return trimmed(await unzipAs(ctx, args.runas, { archive, dest, left, password }), args.trim_output)
      }
      const files = await attemptAsync(archive, async () => {
        using zip = new ZipFile(archive)
        return await extractZip(zip, archive, { destination: dest, excludes: left, password, permissions }, ctx.signal)
      })
      return trimmed(files, args.trim_output)
    },
  }),
  cmd_zip: fn({
    doc: 'Make a ZIP file with the program zip.',
    args: { zip_file: zipFile, sources: sourcesArgument, template, cwd, runas },
    returns: lines,
    examples: ["salt '*' archive.cmd_zip /srv/backup/new.zip /srv/docs/a.txt,/srv/docs/b.txt"],
    async run(ctx, given) {
      const args = await renderedArguments(ctx, given, ['zip_file', 'sources', 'cwd'])
      return runLines(ctx, ['zip', '-r', args.zip_file, ...expandSources(args.sources, args.cwd)], {
        cwd: args.cwd ?? null,
        runas: args.runas ?? null,
      })
    },
  }),
  zip: fn({
    doc: 'Make a ZIP file.',
    args: {
      zip_file: zipFile,
      sources: sourcesArgument,
      template,
      cwd,
      runas,
      zip64: s.withDefault(s.boolean('Allow more than 4 GiB; few programs cannot read that'), false),
    },
    returns: names,
    examples: ["salt '*' archive.zip /srv/backup/new.zip /srv/docs/a.txt,/srv/docs/b.txt"],
    async run(ctx, given) {
      const args = await renderedArguments(ctx, given, ['zip_file', 'sources', 'cwd'])
      const members = membersOf(args.sources, args.cwd)
      const found = members.map(({ name }) => name)
      if (args.runas !== undefined) await zipAs(ctx, args.runas, args.zip_file, args.cwd ?? '/', members)
      else await writeZip(args.zip_file, members, args.zip64, ctx.signal)
      return found
    },
  }),
  is_encrypted: fn({
    doc: 'Tell whether a ZIP file has a member that takes a password.',
    args: { name: s.string('The archive: a path or an address'), ...fetchArguments },
    returns: s.boolean(),
    examples: ["salt '*' archive.is_encrypted /srv/backup/docs.zip clean=true"],
    async run(ctx, args) {
      using fetched = await fetchArchive(ctx, args)
      return attemptAsync(fetched.path, async () => {
        using zip = new ZipFile(fetched.path)
        return zip.entries.some(isEncrypted)
      })
    },
  }),
}
