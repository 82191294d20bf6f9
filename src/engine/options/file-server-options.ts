/** Options of the file server: those of the master count, and those of a minion where it works alone. */
import { s } from '../../base/schema.ts'
import { refuseExpressions } from '../files/file-filter.ts'
import { refuseRemotes } from '../files/git/git-option-names.ts'
import { option, type Refusal } from './option.ts'

const patterns = s.union([s.string(), s.array(s.string())])
const known: ReadonlySet<string> = new Set(['roots', 'git', 'gitfs'])

export const passphraseDoc = 'Must be empty: nobody types it. Use a key without one, or an ssh-agent.'

export function refusePassphrase(value: string): Refusal | undefined {
  if (value === '') return undefined
  return {
    reason: 'is for somebody who types it',
    hint: 'Use a key without a passphrase, or load it into an ssh-agent whose socket the master has in SSH_AUTH_SOCK.',
  }
}

export const fileServerOptions = {
  fileserver_backend: option(
    s.array(s.string()),
    ['roots'],
    'Where files come from, in the order in which they are looked for: `roots` (`file_roots`) and `git` (`gitfs_remotes`).',
    { refuse: refuseBackends },
  ),
  file_ignore_regex: option(
    patterns,
    [],
    'Regular expressions: files whose paths they find something in are neither listed nor served.',
    { refuse: refuseExpressions },
  ),
  file_ignore_glob: option(patterns, [], 'The same as globs over the whole path: `*.pyc`.'),
  fileserver_followsymlinks: option(
    s.boolean(),
    true,
    'List what lies in folders that links lead to. Links that lead out of a root are never followed.',
  ),
  fileserver_ignoresymlinks: option(s.boolean(), false, 'List no links.'),
  gitfs_remotes: option(
    s.array(s.union([s.string(), s.record(s.any())])),
    [],
    'Addresses of git repositories, in the order in which files are looked for; each may be a mapping of the address to options of its own, named as those below without `gitfs_`.',
    { refuse: (remotes) => refuseRemotes(remotes, 'gitfs') },
  ),
  gitfs_base: option(s.string(), 'master', 'Branch or tag that is the environment `base`.'),
  gitfs_root: option(s.string(), '', 'Folder of the repositories that files are served from.'),
  gitfs_mountpoint: option(s.string(), '', 'Folder that the files appear in: `salt://web`.'),
  gitfs_saltenv: option(
    s.array(s.any()),
    [],
    'Options for single environments: a list of mappings of the name to its `ref`, `root` and `mountpoint`.',
  ),
  gitfs_saltenv_whitelist: option(
    patterns,
    [],
    'The only environments that there are: globs, or regular expressions for the whole name.',
  ),
  gitfs_saltenv_blacklist: option(patterns, [], 'Environments that there are not, in the same form.'),
  gitfs_ref_types: option(
    s.array(s.literal(['branch', 'tag', 'sha'])),
    ['branch', 'tag', 'sha'],
    'What can be an environment.',
  ),
  gitfs_disable_saltenv_mapping: option(
    s.boolean(),
    false,
    'Let only `base` and the environments of `gitfs_saltenv` be environments, not every branch and tag.',
  ),
  gitfs_fallback: option(s.string(), '', 'Branch or tag for environments that have none of their own.'),
  gitfs_refspecs: option(
    s.array(s.string()),
    [],
    'What is fetched of the repositories, in place of all branches and tags: `+refs/pull/*/head:refs/remotes/origin/pr/*`; what goes below `refs/remotes/origin` counts as branches.',
  ),
  gitfs_update_interval: option(s.seconds(), 60, 'How old what is known of a git repository may be.'),
  gitfs_ssl_verify: option(s.boolean(), true, 'Check the certificates of servers.'),
  gitfs_user: option(s.string(), '', 'User for repositories that are reached by HTTP.'),
  gitfs_password: option(s.string(), '', 'Password for `gitfs_user`.'),
  gitfs_insecure_auth: option(s.boolean(), false, 'Send user and password also without TLS.'),
  gitfs_privkey: option(s.string(), '', 'Private key file for repositories that are reached by SSH.'),
  gitfs_passphrase: option(s.string(), '', passphraseDoc, { refuse: refusePassphrase }),
}

function refuseBackends(names: readonly string[]): Refusal | undefined {
  const unknown = names.find((name) => !known.has(name))
  if (unknown === undefined) return undefined
  return {
    reason: `names '${unknown}', which is no backend here`,
    hint: 'There are roots and git. Bring other sources into a folder of file_roots with a program of their own, by a timer.',
  }
}
