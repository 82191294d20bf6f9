/** How SLS files are rendered and put together: options of minions, and of the master for what it orchestrates. */
import { s } from '../../base/schema.ts'
import { option, unset } from './option.ts'

const environments = s.array(s.string())

export const stateOptions = {
  renderer: option(
    s.string(),
    'jinja|yaml',
    'Renderers of an SLS file whose first line names none, with `|` between them.',
  ),
  renderer_whitelist: option(
    s.array(s.string()),
    [],
    'The only renderers that SLS files may use, where any are named.',
  ),
  renderer_blacklist: option(s.array(s.string()), [], 'Renderers that SLS files must not use.'),
  jinja_env: option(
    s.record(s.any()),
    {},
    "Jinja's options for templates, under its own names, such as `trim_blocks`; not for SLS files.",
  ),
  jinja_trim_blocks: option(s.boolean(), false, 'The same as `trim_blocks` in `jinja_env` and `jinja_sls_env`.'),
  jinja_lstrip_blocks: option(s.boolean(), false, 'The same as `lstrip_blocks` in `jinja_env` and `jinja_sls_env`.'),
  jinja_sls_env: option(s.record(s.any()), {}, "Jinja's options for SLS files, under its own names."),
  state_top: option(s.string(), 'top.sls', 'The top file of every environment, below its roots.'),
  state_top_saltenv: unset(
    s.union([s.string(), s.boolean()]),
    'The only environment whose top file is read; those of all when left out.',
  ),
  top_file_merging_strategy: option(
    s.string(),
    'merge',
    'What counts of several top files: with `merge` that of `base` decides for what it names, and others for their own environment; with `same` each for its own environment; with `merge_all` all of them.',
  ),
  default_top: option(
    s.string(),
    'base',
    'With `same`: the environment whose top file stands in for those that are not there.',
  ),
  env_order: option(
    environments,
    [],
    'The environments whose top files are read, in their order; all, `base` first, where none are named.',
  ),
  autoload_dynamic_modules: option(
    s.boolean(),
    true,
    'Let a run of all states that the top files have bring modules, states and grains of the file server first.',
  ),
  clean_dynamic_modules: option(
    s.boolean(),
    true,
    'Remove modules and the like that were brought and are not on the file server any more.',
  ),
  state_auto_order: option(s.boolean(), true, 'Run states in the order in which they are written.'),
  disabled_requisites: option(
    s.union([s.string(), environments]),
    [],
    'Requisites that count for nothing, by name, such as `require_in`.',
  ),
}
