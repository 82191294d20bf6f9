/** What every function of every module, runner and wheel module must have. `npm run new module NAME` starts with what is missing here. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { staleFiles } from '../../../scripts/registry.ts'
import type { Schema } from '../../../src/base/schema.ts'
import { validate } from '../../../src/base/validate.ts'
import { PluginCatalogue } from '../../../src/engine/functions/catalogue.ts'
import type { FunctionDoc } from '../../../src/engine/plugin.ts'
import { moduleRegistry, runnerRegistry, wheelRegistry } from '../../../src/plugins/registry.ts'
import { ConfigFolder } from '../../support/config-folder.ts'
import { FunctionHost } from '../../support/function-host.ts'

const kinds = [
  { kind: 'module', registry: moduleRegistry, command: /^salt \S/ },
  { kind: 'runner', registry: runnerRegistry, command: /^salt run / },
  { kind: 'wheel', registry: wheelRegistry, command: /^salt wheel / },
] as const

const sentence = /^[A-Z].*\.$/s

for (const { kind, registry, command } of kinds) {
  for (const entry of registry.entries) {
    test(`${kind} ${entry.name}`, async () => {
      const definition = await entry.load()
      const faults: string[] = []
      if (!sentence.test(definition.doc)) faults.push('its doc must be a sentence, from a capital letter to a period')
      for (const [name, fun] of Object.entries(definition.functions)) {
        faults.push(...faultsOf(`${entry.name}.${name}`, fun, command).map((fault) => `${name}: ${fault}`))
      }
      assert.deepEqual(faults, [])
    })
  }
}

function faultsOf(name: string, fun: FunctionDoc, command: RegExp): string[] {
  const faults: string[] = []
  const short = name.slice(name.indexOf('.') + 1)
  // Those in capitals are named after what they tell: types of records of the DNS.
  if (!/^(?:[a-z][a-z0-9_]*|[A-Z]+)$/.test(short)) faults.push('its name must be snake_case')
  if (!sentence.test(fun.doc)) faults.push('its doc must be a sentence, from a capital letter to a period')
  if (fun.examples.length === 0) faults.push('it needs an example')
  for (const example of fun.examples) {
    if (!command.test(example)) faults.push(`the example must start with a command: ${example}`)
    if (!example.includes(name)) faults.push(`the example must call ${name}: ${example}`)
  }
  for (const [arg, schema] of Object.entries(fun.args)) {
    if (!/^[a-z][a-z0-9_]*$/.test(arg)) faults.push(`the argument ${arg} must be snake_case`)
    faults.push(...describedFaults(`the argument ${arg}`, schema))
    if (schema.default !== undefined && validate(schema, schema.default).issues.length > 0) {
      faults.push(`the default of ${arg} does not fit its schema`)
    }
  }
  if (fun.rest !== undefined) faults.push(...describedFaults('rest', fun.rest))
  if (fun.extra !== undefined) faults.push(...describedFaults('extra', fun.extra))
  faults.push(...orderFaults(fun))
  return faults
}

function describedFaults(what: string, schema: Schema): string[] {
  const { description = '' } = schema
  return description === '' ? [`${what} needs a description`] : []
}

/** An argument that must be given cannot follow one that may be left out. */
function orderFaults({ args }: FunctionDoc): string[] {
  const schemas = Object.entries(args)
  const firstOptional = schemas.findIndex(([, schema]) => schema['x-optional'] === true)
  if (firstOptional < 0) return []
  return schemas
    .slice(firstOptional)
    .filter(([, schema]) => schema['x-optional'] !== true)
    .map(([arg]) => `the argument ${arg} must be optional, or stand further left`)
}

test('the registry is up to date', async () => {
  assert.deepEqual(await staleFiles(), [], 'run npm run registry')
})

test('names and docs of the registry agree', async () => {
  for (const { registry } of kinds) {
    const docs = await registry.loadDocs()
    for (const entry of registry.entries) {
      for (const name of entry.functions) assert.ok(docs[entry.name]?.functions[name], `${entry.name}.${name}`)
    }
  }
})

/** Examples that wait, need a master or a terminal, change the host or fail on purpose. */
const notHarmless =
  /sleep|run_bg|tty|script|runas|raise_exception|test\.exception|saltutil\.s(?:ync|ignal)|state|versions? --|cross_test|grains\.(?:set|del|append|remove)|dev|file\.(?:append|chattr|chgrp|chown|copy|lchown|link|makedirs_perms|mknod|move|patch|prepend|psed|rename|restorecon|rmdir|seek_write|set_|symlink|touch|truncate|write)/

/** Functions about packages that change the host, ask the network, or take a program that few have. */
const changesPackages =
  /\bpkg\.(?!(?:file_dict|file_list|get_repo|get_selections|info_installed|list_(?:downloaded|holds|pkgs|repo_pkgs|repos)|normalize_name|owner|parse_arch|show|upgrade_available|version|version_cmp|which)\b)|\bpip\.(?:download|install|list_all_versions|list_upgrades|uninstall|upgrade)|\bnpm\.(?:cache_clean|install|uninstall)|\balternatives\.(?:auto|config \S+ choice|install|remove|set)|\bdebconf\./

/** Functions about the running system that change it, or take a program or an init system that few test hosts have. */
const changesHost =
  /\b(?:service\.|logrotate\.|ps\.(?:kill_pid|pkill|lsof|netstat|ss)\b|disk\.(?!(?:usage|inodeusage|percent)\b)|mount\.(?!(?:active|fstab|is_mounted|swaps|get_mount_from_path|get_device_from_path|read_mount_cache)\b)|sysctl\.(?!default_config\b)|kmod\.(?:load|remove)\b|timezone\.(?!(?:get_(?:zone|zonecode|offset|hwclock)|zone_compare)\b)|locale\.(?:set_|gen_)|system\.(?!(?:get_system|get_computer_name)))/

/** Functions that change accounts, keys and schedules of this host, or ask the network. */
const changesAccounts =
  /\b(?:(?:user|group)\.(?!(?:info|getent|list_users|list_groups|primary_group|get_loginclass)\b)|shadow\.(?!(?:info|list_users|gen_password)\b)|ssh\.(?!(?:auth_keys|check_key|check_known_host|get_known_host_entries|host_keys|user_keys)\b)|hosts\.(?!(?:get_alias|get_ip|has_pair|list_hosts)\b)|cron\.(?!(?:get_entry|list_tab|ls|raw_cron)\b)|at\.)/

/** Functions about archives and repositories, which have to be there, and those that write files or need a master; tests of their own run all of them. */
const takesFiles = /\b(?:archive|git\.(?!version\b)|cp\.(?:get_url|push|push_dir|receive|recv|recv_chunked)\b)/

/** Functions that ask the network, change how this host is called and reached, write a file, or take privileges for a firewall. */
const changesNetwork =
  /\b(?:hashutil\.base64_decodefile|http\.|dnsutil\.(?!(?:check_ip|parse_hosts|serial)\b)|(?:ip|nf)tables\.(?!build_rule\b)|network\.(?:connect|dig|fqdns|get_route|mod_|ping|set_|traceroute|wol))/

test('examples can be run, and give what is promised', async () => {
  using folder = new ConfigFolder()
  const config = { id: 'alpha', config_dir: folder.path, cachedir: folder.path, pki_dir: folder.path, file_roots: {} }
  const host = new FunctionHost({ config, grains: { kernel: 'Linux', os: 'Debian', os_family: 'Debian' } })
  const catalogue = new PluginCatalogue(moduleRegistry, { grains: {} })
  let ran = 0
  for (const name of catalogue.names()) {
    const doc = (await catalogue.describe(name)) ?? assert.fail(name)
    for (const example of doc.examples) {
      if (
        [notHarmless, changesPackages, changesHost, changesAccounts, takesFiles, changesNetwork].some((kind) =>
          kind.test(example),
        )
      )
        continue
      const words = shellWords(example)
      const at = words.indexOf(name)
      const outcome = await host.type(name, ...words.slice(at + 1).filter((word) => !word.startsWith('--')))
      // What a host lacks is told; that is no fault of the function.
      if (outcome.failure?.error.code === 'missing-program') continue
      assert.equal(outcome.failure, undefined, example)
      const { issues } = validate(doc.returns, JSON.parse(JSON.stringify(outcome.return)))
      assert.deepEqual(issues, [], `${example} does not return what its schema says`)
      ran++
    }
  }
  assert.ok(ran > 60, `only ${ran} examples were run`)
})

/** The words of an example; all of them are quoted with single quotes or not at all. */
function shellWords(line: string): string[] {
  return [...line.matchAll(/(?:[^\s']+|'[^']*')+/g)].map(([word]) => word.replaceAll("'", ''))
}

test('a module without docs is told what is missing', () => {
  const bare: FunctionDoc = { doc: 'no', args: { Bad: {} }, returns: {}, examples: ['run it'] }
  assert.equal(faultsOf('x.noGood', bare, /^salt /).length, 6)
})
