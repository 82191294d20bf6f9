/** Virtual environments and packages with a real Python, without a package index. */
import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { test } from 'node:test'
import { ConfigFolder } from '../../../support/config-folder.ts'
import { StateHost } from '../../../support/state-host.ts'

function whyNot(): string | false {
  try {
    execFileSync('python3', ['-c', 'import venv, ensurepip'], { stdio: 'ignore' })
    return false
  } catch {
    return 'needs python3 with venv and ensurepip'
  }
}

const project = {
  'app/pyproject.toml':
    '[build-system]\nrequires = []\nbuild-backend = "backend"\nbackend-path = ["."]\n[project]\nname = "our-app"\nversion = "1.2"\n',
  'app/backend.py': [
    'import zipfile',
    'def build_wheel(directory, config_settings=None, metadata_directory=None):',
    "    name = 'our_app-1.2-py3-none-any.whl'",
    "    with zipfile.ZipFile(directory + '/' + name, 'w') as wheel:",
    "        wheel.writestr('our_app/__init__.py', '')",
    "        wheel.writestr('our_app/hello.txt', 'hello')",
    "        wheel.writestr('our_app-1.2.dist-info/METADATA', 'Metadata-Version: 2.1\\nName: our-app\\nVersion: 1.2\\n')",
    "        wheel.writestr('our_app-1.2.dist-info/WHEEL', 'Wheel-Version: 1.0\\nRoot-Is-Purelib: true\\nTag: py3-none-any\\n')",
    "        wheel.writestr('our_app-1.2.dist-info/RECORD', '')",
    '    return name',
    '',
  ].join('\n'),
}

test('an environment is made, filled and emptied', { skip: whyNot() }, async () => {
  using folder = new ConfigFolder(project)
  const host = new StateHost()
  const name = folder.file('venv')
  const place = { bin_env: name, no_index: true }
  const made = await host.apply('virtualenv.managed', { name, venv_bin: 'venv' })
  assert.deepEqual([made.result, made.comment], [true, 'Created new virtualenv'], made.comment)
  assert.match(String(made.changes.new), /^Python 3\./)
  assert.equal((await host.test('virtualenv.managed', { name })).comment, 'virtualenv exists')
  const installed = await host.apply('pip.installed', { name: folder.file('app'), ...place })
  assert.equal(installed.result, true, installed.comment)
  const there = await host.test('pip.installed', { name: 'Our.App >= 1, < 2', ...place })
  assert.match(there.comment, /was already installed\nAll specified packages are already installed$/)
  const missing = await host.apply('pip.installed', { name: 'our-app>=2', ...place })
  assert.match(missing.comment, /^Failed to install packages: our-app>=2\. Error: .*No matching distribution/s)
  const { functions } = host
  const packages = String((await functions.call('virtualenv.get_site_packages', name)).return)
  assert.match(packages, /\/venv\/lib.*\/site-packages$/)
  assert.equal((await functions.call('virtualenv.get_distribution_path', name, 'our-app')).return, packages)
  const resource = [name, 'our_app', 'hello.txt']
  assert.equal(
    (await functions.call('virtualenv.get_resource_path', ...resource)).return,
    `${packages}/our_app/hello.txt`,
  )
  assert.equal((await functions.call('virtualenv.get_resource_content', ...resource)).return, 'hello')
  assert.equal((await functions.call('virtualenv.get_resource_path', name, 'nosuch', 'x')).success, false)
  const removed = await host.apply('pip.removed', { name: 'our_app', bin_env: name })
  assert.deepEqual(removed, {
    result: true,
    comment: 'Package was successfully removed.',
    changes: { our_app: 'Removed' },
  })
})
