/** `salt verify FILE`: is this file what its maker released? */
import { readFile, realpath } from 'node:fs/promises'
import path from 'node:path'
import { parseArgs } from 'node:util'
import { releasePublicKey } from '../base/build-info.ts'
import { SaltError, systemCode } from '../base/errors.ts'
import { openManifest, verifyFile } from '../engine/artifacts/manifest.ts'
import { terminalColumns } from './columns.ts'
import { helpText } from './help-text.ts'
import { type CommandSpec, flag, text } from './options/option.ts'

export const spec: CommandSpec = {
  name: 'salt verify',
  usage: '[options] FILE',
  operands: ['files'],
  about: "Checks the signature of a release's manifest, then the size and the digests of FILE against it.",
  groups: [
    {
      title: 'Options',
      options: [
        text(
          ['--manifest'],
          'FILE',
          'The manifest; its signature is the same name with .sig. When left out, repo.json beside FILE or in the folder above.',
        ),
        text(['--key'], 'FILE', 'Public key of the release in PEM form, instead of the one in this program.'),
        flag(['-h', '--help'], 'Print this help and end.'),
      ],
    },
  ],
  examples: [{ line: 'salt verify linux/salt', doc: 'Is this file what its maker released?' }],
}

interface VerifyOptions {
  readonly file: string
  readonly manifest: string | undefined
  readonly key: string | undefined
}

export async function run(argv: readonly string[]): Promise<number> {
  const options = parse(argv)
  if (options === 'help') {
    process.stdout.write(helpText(spec, terminalColumns()))
    return 0
  }
  const { entry, system } = await verifyArtifact(options)
  process.stdout.write(`${options.file}: good: ${entry.name}, version ${entry.version}, ${system} ${entry.arch}\n`)
  return 0
}

function parse(argv: readonly string[]): VerifyOptions | 'help' {
  const hint = 'See salt verify --help.'
  try {
    const { values, positionals } = parseArgs({
      args: [...argv],
      allowPositionals: true,
      options: { manifest: { type: 'string' }, key: { type: 'string' }, help: { type: 'boolean', short: 'h' } },
    })
    if (values.help === true) return 'help'
    const [file, ...more] = positionals
    if (file === undefined || more.length > 0) throw new SaltError('usage', 'give exactly one file', { hint })
    return { file, manifest: values.manifest, key: values.key }
  } catch (thrown) {
    if (thrown instanceof SaltError) throw thrown
    const message = thrown instanceof Error ? (thrown.message.split('. ')[0] ?? '') : String(thrown)
    throw new SaltError('usage', message, { hint })
  }
}

async function verifyArtifact(options: VerifyOptions): ReturnType<typeof verifyFile> {
  const key = options.key === undefined ? releasePublicKey : await readInput(options.key, 'the release key')
  if (key === undefined) {
    throw new SaltError('key-invalid', 'this program was built without a release key', {
      hint: 'Give the public key of the release with --key FILE.',
    })
  }
  // `dist/linux/salt` is a link to the newest file, which the manifest knows by its full name.
  const file = await realpath(options.file).catch((cause: unknown) => {
    throw new SaltError('bad-artifact', `${options.file} cannot be read (${systemCode(cause) ?? 'unknown error'})`, {
      cause,
    })
  })
  const manifestFile = options.manifest ?? (await findManifest(file))
  const text = await readInput(manifestFile, 'the manifest')
  const signature = await readInput(`${manifestFile}.sig`, 'the signature of the manifest', unsigned)
  return await verifyFile(options.file, path.basename(file), openManifest(text, signature, key, manifestFile))
}

async function findManifest(file: string): Promise<string> {
  const beside = path.join(path.dirname(file), 'repo.json')
  const above = path.join(path.dirname(file), '..', 'repo.json')
  for (const candidate of [beside, above]) {
    if ((await readFile(candidate).catch(() => undefined)) !== undefined) return candidate
  }
  throw new SaltError('bad-artifact', `no manifest is beside ${file} or in the folder above`, {
    hint: 'Fetch repo.json and repo.json.sig of the release, or name the manifest with --manifest FILE.',
  })
}

const unsigned = 'a manifest without its signature proves nothing: fetch both from the release'

async function readInput(file: string, what: string, hint?: string): Promise<string> {
  try {
    return await readFile(file, 'utf8')
  } catch (cause) {
    throw new SaltError('bad-artifact', `${what} cannot be read (${systemCode(cause) ?? 'unknown error'})`, {
      where: file,
      cause,
      ...(hint === undefined ? {} : { hint }),
    })
  }
}
