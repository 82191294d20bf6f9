/** Options of pillar: those of the master count, and those of a minion where it works alone. */
import { s } from '../../base/schema.ts'
import { refuseExtPillar } from '../pillar/sources/source-names.ts'
import { passphraseDoc, refusePassphrase } from './file-server-options.ts'
import { option, unset } from './option.ts'

const strategies = ['smart', 'recurse', 'aggregate', 'list', 'overwrite', 'none'] as const

export const pillarOptions = {
  pillar_roots: option(
    s.record(s.union([s.array(s.path()), s.path()])),
    { base: ['/srv/pillar'] },
    'Folders that hold the pillar of each environment; the first folder that has a file wins. `__env__` stands for any environment that is not named, also within its paths.',
  ),
  pillarenv: unset(s.string(), 'The only environment that pillar is taken from; all of them when left out.'),
  pillarenv_from_saltenv: option(
    s.boolean(),
    false,
    'Take the environment of a state run for `pillarenv`, where that is not given.',
  ),
  pillar_source_merging_strategy: option(
    s.literal(strategies),
    'smart',
    'How a value joins the one that is there: `smart` and `recurse` go into mappings, `aggregate` joins the outermost level alone, `list` keeps both in a list, `overwrite` takes the new one whole, `none` uses the environment of the state run alone.',
  ),
  pillar_merge_lists: option(s.boolean(), false, 'Join lists instead of taking the new one.'),
  pillar_includes_override_sls: option(s.boolean(), false, 'Let what an SLS file includes win over the file itself.'),
  pillar_raise_on_missing: option(
    s.boolean(),
    false,
    'Let `pillar.get` fail for a key that is not there, where no default is given.',
  ),
  ext_pillar: option(
    s.array(s.record(s.any())),
    [],
    'Further sources of pillar, in their order: each a mapping of its name (`cmd_json`, `cmd_yaml`, `file_tree`, `git`, `http_json`, `http_yaml`, `stack`) to its arguments. See the page on pillar.',
    { refuse: refuseExtPillar },
  ),
  ext_pillar_first: option(
    s.boolean(),
    false,
    'Ask the sources of `ext_pillar` first: SLS files then see what they gave, and win over it.',
  ),
  ext_pillar_timeout: option(s.seconds(), 30, 'How long one source of `ext_pillar` may take.', { isOurs: true }),
  on_demand_ext_pillar: option(
    s.array(s.string()),
    [],
    'Sources that `pillar.ext` may ask, by name. Whoever may run that function chooses their arguments.',
  ),
  decrypt_pillar: option(
    s.union([s.array(s.any()), s.record(s.any())]),
    [],
    'Keys of pillar whose values are decrypted when it is made: names with colons between the levels, each with a renderer if it is to be another than `decrypt_pillar_default`.',
  ),
  decrypt_pillar_default: option(s.string(), 'gpg', 'Renderer that decrypts where `decrypt_pillar` names none.'),
  decrypt_pillar_delimiter: option(s.string(), ':', 'What stands between the levels in `decrypt_pillar`.'),
  decrypt_pillar_renderers: option(s.array(s.string()), ['gpg'], 'Renderers that may decrypt.'),
  gpg_keydir: option(
    s.string(),
    '',
    'Folder of the keys that the renderer `gpg` decrypts with; `gpgkeys` beside the configuration when left out.',
  ),
  gpg_decrypt_must_succeed: option(
    s.boolean(),
    false,
    'Let a text that cannot be decrypted be an error; otherwise it stays as it is, with a warning.',
  ),
  git_pillar_base: option(
    s.string(),
    'master',
    'Branch that stands for the environment `base` in git sources of pillar.',
  ),
  git_pillar_branch: option(s.string(), 'master', 'Branch of a git source of pillar that names none.'),
  git_pillar_env: option(s.string(), '', 'Environment of git sources of pillar, whatever their branches.'),
  git_pillar_root: option(s.string(), '', 'Folder of the repositories that pillar lies in.'),
  git_pillar_includes: option(
    s.boolean(),
    true,
    'Let SLS files of a git source include those of other git sources of the same environment.',
  ),
  git_pillar_fallback: option(
    s.string(),
    '',
    'Branch or tag for environments that have none of their own, where a remote names `__env__`.',
  ),
  git_pillar_refspecs: option(s.array(s.string()), [], 'As `gitfs_refspecs`, for git sources of pillar.'),
  git_pillar_ssl_verify: option(s.boolean(), true, 'Check the certificates of servers of git sources of pillar.'),
  git_pillar_update_interval: option(s.seconds(), 60, 'How old what is known of a git source of pillar may be.'),
  git_pillar_user: option(s.string(), '', 'User for git sources of pillar that are reached by HTTP.'),
  git_pillar_password: option(s.string(), '', 'Password for `git_pillar_user`.'),
  git_pillar_insecure_auth: option(s.boolean(), false, 'Send user and password also without TLS.'),
  git_pillar_privkey: option(s.string(), '', 'Private key file for git sources of pillar that are reached by SSH.'),
  git_pillar_passphrase: option(s.string(), '', passphraseDoc, { refuse: refusePassphrase }),
}
