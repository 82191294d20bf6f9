/** `salt key`: the keys of the minions, with or without a running master. */
import type { MasterOptions } from '../engine/options/master-options.ts'
import { commonOptions, eauthOptions, userOption } from './options/common.ts'
import { loggingOptions } from './options/logging.ts'
import { type CommandSpec, flag, integer, type OptionSpec, optionKey, text } from './options/option.ts'
import { outputOptions } from './options/output.ts'
import { type OptionValues, parseCommand, usageError } from './parse-command.ts'

const withoutSignatures = 'the master proves itself with its one key; there is no signature to make'

export const spec: CommandSpec = {
  name: 'salt key',
  usage: '[options]',
  about:
    'Shows and decides which minions the master trusts. It works on the files of the master, so it needs the rights of its user, and the master need not run. Without an action it lists all keys.',
  groups: [
    {
      title: 'Actions',
      options: [
        text(['-l', '--list'], 'STATE', 'List the keys of one state: pre (or un, unaccepted), acc, rej, den, or all.', {
          offers: ['all', 'pre', 'un', 'acc', 'rej', 'den'],
        }),
        flag(['-L', '--list-all'], 'List all keys.'),
        text(['-a', '--accept'], 'GLOB', 'Accept the waiting keys with these ids.', { offers: 'keys' }),
        flag(['-A', '--accept-all'], 'Accept all waiting keys.'),
        text(['-r', '--reject'], 'GLOB', 'Reject the waiting keys with these ids.', { offers: 'keys' }),
        flag(['-R', '--reject-all'], 'Reject all waiting keys.'),
        flag(['--include-all'], 'Let --accept and --reject see keys of the other states too.'),
        flag(['--include-accepted'], 'Let --reject see accepted keys too.'),
        flag(['--include-rejected'], 'Let --accept see rejected keys too.'),
        flag(['--include-denied'], 'Let --accept and --reject see denied keys too.'),
        text(['-p', '--print'], 'GLOB', 'Print the keys with these ids.', { offers: 'keys' }),
        flag(['-P', '--print-all'], 'Print all keys.'),
        text(['-d', '--delete'], 'GLOB', 'Delete the keys with these ids, whatever their state.', { offers: 'keys' }),
        flag(['-D', '--delete-all'], 'Delete all keys.'),
        text(['-f', '--finger'], 'GLOB', 'Print the fingerprints of the keys with these ids.', { offers: 'keys' }),
        flag(['-F', '--finger-all'], 'Print all fingerprints, that of the master first.'),
      ],
    },
    {
      title: 'Making keys',
      options: [
        text(['--gen-keys'], 'NAME', 'Make a key pair NAME.pem and NAME.pub, to be given to a minion by hand.'),
        text(['--gen-keys-dir'], 'DIR', 'Folder for that pair; the current one when left out.'),
        integer(['--keysize'], 'BITS', 'Accepted: Ed25519 keys have one size.'),
        flag(['--gen-signature'], '', { refused: withoutSignatures }),
        text(['--priv'], 'FILE', '', { refused: withoutSignatures }),
        text(['--pub'], 'FILE', '', { refused: withoutSignatures }),
        text(['--signature-path'], 'DIR', '', { refused: withoutSignatures }),
        flag(['--auto-create'], '', { refused: withoutSignatures }),
      ],
    },
    {
      title: 'Options',
      options: [
        ...commonOptions,
        userOption,
        flag(['-q', '--quiet'], 'Print nothing but questions and errors.'),
        flag(['-y', '--yes'], 'Answer every question with yes.'),
        text(['--rotate-aes-key'], 'BOOLEAN', 'Accepted: each minion has keys of its own, and only its session ends.'),
        text(['--preserve-minions'], 'BOOLEAN', 'Accepted: what is known of a minion goes with its key.'),
      ],
    },
    // `-a` is --accept here.
    {
      title: 'External authentication',
      options: eauthOptions.map((option) => ({ ...option, names: option.names.filter((name) => name !== '-a') })),
    },
    { title: 'Output', options: outputOptions },
    // `-l` is --list here.
    { title: 'Logging', options: loggingOptions(['--log-level']) },
  ],
  examples: [
    { line: 'salt key', doc: 'All keys by state' },
    { line: 'salt key -f web1', doc: 'The fingerprint to compare with what the minion shows' },
    { line: 'salt key -a web1', doc: 'Accept it, after a question' },
    { line: "salt key -y -d 'old*'", doc: 'Delete the keys of all minions whose name begins with old' },
  ],
}

export async function run(argv: readonly string[]): Promise<number> {
  const parsed = await parseCommand(spec, argv)
  if (typeof parsed === 'number') return parsed
  const { options, words } = parsed
  const fault = strayWord(words, options) ?? faultOf(options)
  if (fault !== undefined) return usageError(spec, fault)
  if (options.has('gen-keys')) return await (await import('./key-pair.ts')).makeKeyPair(options)
  const { loadMasterOptions } = await import('../engine/options/master-options.ts')
  const master = await loadMasterOptions({ configDir: options.text('config-dir') })
  await becomeMasterUser(options, master)
  const { KeyCommand } = await import('./key-command.ts')
  return await new KeyCommand(options, master).run()
}

const actions: readonly OptionSpec[] = [
  ...(spec.groups[0]?.options ?? []).filter((option) => !optionKey(option).startsWith('include-')),
  ...(spec.groups[1]?.options ?? []).filter((option) => optionKey(option) === 'gen-keys'),
]

function longName(option: OptionSpec): string {
  return `--${optionKey(option)}`
}

/** Salt ignores such words: `salt-key -a web1 web2` accepts one key and says nothing of the other. */
function strayWord([word]: readonly string[], options: OptionValues): string | undefined {
  // Salt's own guides say `salt-key -F master`.
  if (word === undefined || (word === 'master' && options.has('finger-all'))) return undefined
  const action = spec.groups[0]?.options.find(({ names }) => names.includes(`--${word}`))
  const hint = action === undefined ? 'Several ids: a glob, or one command for each.' : `Did you mean --${word}?`
  return `'${word}' belongs to no option\n${hint}`
}

function faultOf(options: OptionValues): string | undefined {
  const [first, second] = actions.filter((action) => options.has(optionKey(action)))
  if (first !== undefined && second !== undefined) {
    return `${longName(first)} and ${longName(second)} are two actions\nGive one command for each.`
  }
  const list = options.text('list')
  if (list === undefined || /^(all|acc|pre|un|rej|den)/.test(list)) return undefined
  return `option -l/--list: '${list}' is no state of keys; use all, acc, pre, un, rej or den`
}

async function becomeMasterUser(options: OptionValues, master: MasterOptions): Promise<void> {
  const user = options.text('user') ?? master.values.user
  if (user !== undefined) (await import('./become-user.ts')).becomeUser(user)
}
