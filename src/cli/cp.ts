/** `salt cp TARGET SOURCE… DEST`: copies files of the master's host to minions. */
import { resolve } from 'node:path'
import { SaltError } from '../base/errors.ts'
import type { MasterBus } from '../client/master-bus.ts'
import { commonOptions } from './options/common.ts'
import { loggingOptions } from './options/logging.ts'
import { type CommandSpec, flag, integer } from './options/option.ts'
import { outputOptions } from './options/output.ts'
import { targetOptions } from './options/target.ts'
import { parseCommand, usageError } from './parse-command.ts'
import { printerFor } from './printer.ts'

export const spec: CommandSpec = {
  name: 'salt cp',
  usage: "[options] '<target>' <source>... <destination>",
  operands: ['targets', 'files', 'files'],
  about:
    'Copies files and folders of the host of the master to minions. Each minion fetches them in parts, goes on where it stopped when the command is given again, and checks the whole before it takes the place of what was there.',
  groups: [
    {
      title: 'Options',
      options: [
        ...commonOptions,
        integer(['-t', '--timeout'], 'SECONDS', 'How long a silent minion is waited for.'),
        flag(['-C', '--chunked'], 'Accepted: files go in parts always, and folders with all that is in them.'),
        flag(['-n', '--no-compression'], 'Accepted: nothing is compressed.'),
        flag(['-s', '--static'], 'Print all answers together at the end.'),
        flag(['-p', '--progress'], 'Say on the terminal from the start who has not answered yet.'),
        flag(['-v', '--verbose'], 'Print the id of the job first.'),
        flag(['--summary'], 'Print numbers at the end.'),
      ],
    },
    {
      title: 'Kind of target (a glob for ids when none is given)',
      options: targetOptions.filter(({ names }) => !names.includes('-C')),
    },
    { title: 'Output', options: outputOptions },
    { title: 'Logging', options: loggingOptions() },
  ],
  examples: [
    { line: "salt cp 'web*' site.conf /etc/nginx/site.conf", doc: 'One file' },
    {
      line: "salt cp 'web*' *.html site /srv/www/",
      doc: 'Several, and a folder with all that is in it, below /srv/www',
    },
    { line: 'salt cp -G os:Debian image.iso /var/tmp/ --out json', doc: 'The answers as data' },
  ],
}

export async function run(argv: readonly string[]): Promise<number> {
  const parsed = await parseCommand(spec, argv)
  if (typeof parsed === 'number') return parsed
  const { options, words } = parsed
  const [target, ...paths] = words
  const dest = paths.pop()
  if (target === undefined || dest === undefined || paths.length === 0)
    return usageError(spec, 'a target, at least one source and a destination are needed')
  const { loadMasterOptions } = await import('../engine/options/master-options.ts')
  const { connectMasterBus } = await import('../client/master-bus.ts')
  const { jobRequest } = await import('./publish/job-request.ts')
  const { PublishCommand } = await import('./publish/publish-command.ts')
  const { RunningView } = await import('./publish/running-view.ts')
  const master = await loadMasterOptions({ configDir: options.text('config-dir') })
  const request = await jobRequest(options, [target, 'cp.receive'], master.values.timeout)
  await using bus = await connectMasterBus({ sockDir: master.paths.sock_dir })
  await using offer = await offered(bus, paths)
  if (offer.files === 0) process.stderr.write('There is no file among the sources; only folders are made.\n')
  const view = RunningView.onTerminal()
  const job = { ...request, arg: [offer.saltenv, dest] }
  return await new PublishCommand({ bus, request: job, options, view, printer: printerFor(options, { view }) }).run()
}

interface Offer extends AsyncDisposable {
  readonly saltenv: string
  readonly files: number
}

/** Minions may fetch the files until the offer is disposed of. */
async function offered(bus: Pick<MasterBus, 'call'>, paths: readonly string[]): Promise<Offer> {
  const end = new AbortController()
  const { promise, resolve: begin, reject } = Promise.withResolvers<Omit<Offer, typeof Symbol.asyncDispose>>()
  const call = bus.call(
    'files.offer',
    { paths: paths.map((path) => resolve(path)) },
    { signal: end.signal, onItem: (item) => begin(item) },
  )
  const ended = call.then(
    () => reject(new SaltError('session-closed', 'the master has ended the offer')),
    (error) => reject(error),
  )
  return {
    ...(await promise),
    [Symbol.asyncDispose]: async () => {
      end.abort()
      await ended
    },
  }
}
