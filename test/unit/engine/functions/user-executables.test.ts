/** Executables with a description beside them: modules, states and grains. */
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { chmodSync, existsSync, statSync } from 'node:fs'
import { test } from 'node:test'
import { isExecutable, pluginNames } from '../../../../src/engine/functions/plugin-files.ts'
import { loadUserGrains } from '../../../../src/engine/functions/user-plugins.ts'
import { ConfigFolder } from '../../../support/config-folder.ts'
import { FunctionHost } from '../../../support/function-host.ts'
import { UserPluginHost } from '../../../support/user-plugin-host.ts'

/** Answers with what it was told, and does what `device` says. */
const health = `#!/bin/sh
read -r told
case "$told" in
  *sleepy*) exec sleep 30 ;;
  *broken*) echo 'no such device' >&2; exit 3 ;;
  *silent*) exit 0 ;;
  *chatty*) echo 'just so you know' >&2; echo '"ok"' ;;
  *wordy*) echo 'all is well' ;;
  *endless*) while :; do echo '[1, 2, 3]'; done ;;
  *) printf '%s' "$told" ;;
esac
`
const description = {
  name: 'disk_health',
  doc: 'Tells how disks are.',
  functions: {
    check: {
      doc: 'Check a disk.',
      args: {
        type: 'object',
        properties: {
          device: { type: 'string', description: 'The disk' },
          deep: { type: 'boolean', default: false, description: 'Take long' },
          limits: { type: ['integer', 'null'], description: 'Limits' },
        },
        required: ['device'],
      },
      rest: { type: 'string', description: 'Further disks' },
      returns: { type: 'object' },
      examples: ["salt '*' disk_health.check /dev/sda"],
    },
    any: { doc: 'Take anything.', args: { additionalProperties: true } },
  },
}

const modules = (sidecar: object = description, text = health): Record<string, string> => ({
  '_modules/disk_health': text,
  '_modules/disk_health.json': JSON.stringify(sidecar),
})

test('it is told the function and its arguments as JSON, and answers in JSON', async () => {
  using host = await UserPluginHost.with(modules())
  const { return: value } = await host.functions.type('disk_health.check', '/dev/sda', 'deep=true')
  assert.deepEqual(value, {
    fun: 'check',
    args: [],
    kwargs: { device: '/dev/sda', deep: true },
    id: 'alpha',
  })
  const more = await host.functions.type('disk_health.check', '/dev/sda', 'false', '5', '/dev/sdb')
  const told = more.return as Record<string, unknown>
  assert.deepEqual([told.args, told.kwargs], [['/dev/sdb'], { device: '/dev/sda', deep: false, limits: 5 }])
  const any = await host.functions.type('disk_health.any', 'a=1.0', 'b="it\'s; `rm -rf`"')
  assert.deepEqual((any.return as Record<string, unknown>).kwargs, { a: 1, b: "it's; `rm -rf`" }, 'no shell in between')
})

test('it gets grains and pillar where it needs them', async () => {
  using host = await UserPluginHost.with(modules({ ...description, needs: ['grains', 'pillar'] }), {
    grains: { os: 'Debian' },
    pillar: { a: 1 },
  })
  const { return: value } = await host.functions.type('disk_health.any')
  const { grains, pillar } = value as Record<string, unknown>
  assert.deepEqual([grains, pillar], [{ os: 'Debian' }, { a: 1 }])
})

test('it is described and bound like all others', async () => {
  using host = await UserPluginHost.with(modules())
  const { catalogue } = host.functions.catalogues
  assert.equal(await catalogue.moduleDoc('disk_health'), 'Tells how disks are.')
  assert.deepEqual((await catalogue.describe('disk_health.check'))?.examples, ["salt '*' disk_health.check /dev/sda"])
  assert.match(
    String((await host.functions.type('disk_health.check')).return),
    /check\(\) missing 1 required positional argument: 'device'/,
  )
  assert.match(
    String((await host.functions.type('disk_health.check', 'a', 'deep=maybe')).return),
    /deep must be true or false/,
  )
  assert.match(String((await host.functions.type('disk_health.check', 'a', 'depp=1')).return), /not valid: depp=1/)
})

for (const [device, pattern] of [
  ['broken', /disk_health\.check failed with code 3: no such device/],
  ['wordy', /disk_health\.check must print JSON, but printed "all is well\\n"/],
] as const) {
  test(`it fails: ${device}`, async () => {
    using host = await UserPluginHost.with(modules())
    const outcome = await host.functions.type('disk_health.check', device)
    assert.match(String(outcome.return), pattern)
    assert.equal(outcome.success, false)
  })
}

test('it may print nothing, and tell people something on the side', async () => {
  using host = await UserPluginHost.with(modules())
  assert.equal((await host.functions.type('disk_health.check', 'silent')).return, null)
  assert.equal((await host.functions.type('disk_health.check', 'chatty')).return, 'ok')
  assert.ok(host.functions.logged.some(({ fields }) => fields?.text === 'just so you know'))
})

test('it has so many seconds as its description says, and what it prints has a limit', async () => {
  using host = await UserPluginHost.with(modules({ ...description, timeout: 0.2 }))
  for (const device of ['sleepy', 'endless']) {
    const { return: value } = await host.functions.type('disk_health.check', device)
    assert.match(String(value), /disk_health\.check took longer than the 0\.2 seconds that it has/, device)
  }
})

test('it ends with its job', async () => {
  const controller = new AbortController()
  using host = await UserPluginHost.with(modules(), { signal: controller.signal })
  const running = host.functions.type('disk_health.check', 'sleepy')
  controller.abort(new Error('enough'))
  assert.equal((await running).return, 'ERROR: The job was cancelled.')
})

for (const [what, sidecar, pattern] of [
  ['no JSON', '{', /disk_health\.json: It is not JSON: /],
  ['no mapping', '[]', /must be a mapping/],
  ['no functions', '{"doc": "D."}', /./],
  ['no doc', '{"functions": {}}', /disk_health\.json.*: The module disk_health needs a doc/],
  [
    'no doc of a function',
    '{"doc": "D.",\n"functions": {\n"check": {}}}',
    /disk_health\.json:3: disk_health\.check needs a doc/,
  ],
  [
    'a type that there is not',
    '{"doc": "D.", "functions": {"check": {"doc": "C.", "args": {"properties": {"a": {"type": "text"}}}}}}',
    /check\.args\.properties\.a has the type "text"/,
  ],
  [
    'a reference',
    '{"doc": "D.", "functions": {"check": {"doc": "C.", "args": {"$ref": "#"}}}}',
    /check\.args has a \$ref/,
  ],
  [
    'a need that there is not',
    '{"doc": "D.", "functions": {}, "needs": "config"}',
    /It may need grains and pillar, not "config"/,
  ],
] as const) {
  test(`a description that is wrong is told: ${what}`, async () => {
    using host = await UserPluginHost.with({ '_modules/disk_health': health, '_modules/disk_health.json': sidecar })
    if (what === 'no functions') assert.deepEqual(host.faults, [])
    else assert.match(host.faults.join(), pattern)
  })
}

test('it must be executable', async () => {
  using host = await UserPluginHost.with(modules())
  chmodSync(host.file('_modules/disk_health'), 0o600)
  await host.reload()
  assert.match(host.faults.join(), /disk_health: It cannot be executed: /)
})

const state = `#!/bin/sh
read -r told
mark=$(printf '%s' "$told" | sed 's/.*"name": "\\([^"]*\\)".*/\\1/')
case "$told" in
  *'"test": true'*) if [ -e "$mark" ]; then r=true; else r=null; fi; printf '{"result": %s, "comment": "planned", "changes": {}}' $r ;;
  *) touch "$mark"; echo '{"result": true, "comment": "made", "changes": {"made": true}}' ;;
esac
`

test('a state: the same, with whether it is a dry run', async () => {
  const sidecar = { name: 'marks', doc: 'Marks.', functions: { present: { doc: 'Have a mark.' } } }
  using host = await UserPluginHost.with({ '_states/marks.sh': state, '_states/marks.json': JSON.stringify(sidecar) })
  const name = host.folder.file('mark')
  assert.deepEqual(await host.states.test('marks.present', { name }), { result: null, comment: 'planned', changes: {} })
  assert.equal(existsSync(name), false)
  const made = { result: true, comment: 'made', changes: { made: true } }
  assert.deepEqual(await host.states.apply('marks.present', { name }), made)
  assert.equal((await host.states.test('marks.present', { name })).result, true)
})

test('grains are what it prints', async () => {
  using folder = new ConfigFolder({
    'extmods/grains/site.sh': '#!/bin/sh\necho \'{"site": "here"}\'\n',
    'extmods/grains/site.json': '{}',
    'extmods/grains/bad.sh': '#!/bin/sh\necho 3\n',
    'extmods/grains/bad.json': '{}',
  })
  for (const name of ['site', 'bad']) chmodSync(folder.file(`extmods/grains/${name}.sh`), 0o700)
  const host = new FunctionHost({ config: { cachedir: folder.path, id: 'web1' } })
  const [bad, site] = await loadUserGrains(host.inputs.config, host.log)
  const read = (plugin: typeof site) =>
    plugin?.read({
      platform: 'linux',
      readFile: () => undefined,
      exec: () => Promise.reject(),
      config: host.inputs.config,
    })
  assert.deepEqual(await read(site), { site: 'here' })
  await assert.rejects(async () => read(bad), /It did not print a mapping/)
})

const hasPython = spawnSync('python3', ['--version']).status === 0

test('a script of Python is an executable like any other', {
  skip: hasPython ? false : 'python3 is not installed',
}, async () => {
  const script = `#!/usr/bin/env python3
import json, sys
told = json.load(sys.stdin)
print(json.dumps({"doubled": told["kwargs"]["value"] * 2, "umlaut": "ü"}, ensure_ascii=False))
`
  const args = { properties: { value: { type: 'integer' } }, required: ['value'] }
  const sidecar = { doc: 'Doubles.', functions: { double: { doc: 'Double.', args } } }
  using host = await UserPluginHost.with({ '_modules/py.py': script, '_modules/py.json': JSON.stringify(sidecar) })
  assert.deepEqual((await host.functions.type('py.double', '21')).return, { doubled: 42, umlaut: 'ü' })
})

test('which files of a folder are plugins', () => {
  const names = ['a.ts', 'b.py', 'b.json', 'c.py', 'd.json', 'lib/e.js', 'f', 'f.json', 'README.md', '.hidden']
  assert.deepEqual(pluginNames(names), ['a.ts', 'b.py', 'b.json', 'lib/e.js', 'f', 'f.json'])
  assert.deepEqual(
    names.filter((name) => isExecutable(name, names)),
    ['b.py', 'f'],
  )
})

test('executables are synced with their descriptions, and can be executed', async () => {
  using folder = new ConfigFolder({
    'srv/_modules/disk_health': health,
    'srv/_modules/disk_health.json': JSON.stringify(description),
    'srv/_modules/old.py': 'import salt\n',
  })
  const host = new FunctionHost({ config: { cachedir: folder.path, file_roots: { base: [folder.file('srv')] } } })
  assert.deepEqual((await host.call('saltutil.sync_modules')).return, ['modules.disk_health'])
  assert.equal(statSync(folder.file('extmods/modules/disk_health')).mode & 0o777, 0o700)
  assert.equal(statSync(folder.file('extmods/modules/disk_health.json')).mode & 0o777, 0o600)
  assert.equal(existsSync(folder.file('extmods/modules/old.py')), false, 'modules of Python are none of ours')
  assert.deepEqual((await host.call('saltutil.sync_modules')).return, [])
  assert.deepEqual((await host.call('saltutil.list_extmods')).return, { modules: ['disk_health'] })
})
