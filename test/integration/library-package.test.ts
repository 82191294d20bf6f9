/** The npm package as another program has it: the built module, its types, and nothing of the sources. */
import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, it } from 'node:test'
import { promisify } from 'node:util'
import { buildLibrary } from '../../scripts/packaging/library.ts'
import { MasterEvent } from '../../src/client/library.ts'
import { InProcessFleet } from '../support/in-process-fleet.ts'
import { projectRoot, Running } from '../support/program.ts'

const modules = join(projectRoot, 'node_modules')
let folder = ''
before(async () => {
  folder = mkdtempSync(join(tmpdir(), 'salt-package-'))
  const installed = join(folder, 'node_modules/salt-in-one-file')
  mkdirSync(installed, { recursive: true })
  cpSync(join(projectRoot, 'package.json'), join(installed, 'package.json'))
  await buildLibrary(join(installed, 'dist/lib'))
  for (const name of ['zeromq', 'libsodium-wrappers', '@types', 'undici-types']) {
    symlinkSync(join(modules, name), join(folder, 'node_modules', name))
  }
})
after(() => rmSync(folder, { recursive: true, force: true }))

it('listens and fires', async () => {
  await using fleet = new InProcessFleet()
  const master = await fleet.startMaster()
  await using bus = new MasterEvent(master.options.paths.sock_dir)
  await bus.subscribe('mytag')
  writeFileSync(
    join(folder, 'program.mjs'),
    `import { MasterEvent, SaltError, SaltEvent } from 'salt-in-one-file'
const [sockDir] = process.argv.slice(2)
await using event = new SaltEvent('master', { sockDir })
const events = event.iterEvents({ tag: 'mytag' })
await events.ready
await event.fireEvent({ message: 'hello' }, 'mytag')
const { value } = await events.next()
const nobody = await new MasterEvent('/nonexistent').connect().catch((error) => error instanceof SaltError && error.code)
console.log(value.tag, value.data.message, nobody)
`,
  )
  const program = new Running([process.execPath, join(folder, 'program.mjs'), master.options.paths.sock_dir], {
    cwd: folder,
  })
  assert.deepEqual(await program.finished, {
    exitCode: 0,
    signal: null,
    stdout: 'mytag hello master-unreachable\n',
    stderr: '',
  })
  assert.equal((await bus.getEvent({ tag: 'mytag' }))?.data.message, 'hello')
})

/** What the compiler says about a program of the package's user; empty where all is well. */
async function complaints(text: string): Promise<string> {
  writeFileSync(join(folder, 'user.mts'), text)
  const options = ['--strict', '--noEmit', '--target', 'esnext', '--module', 'nodenext', '--types', 'node']
  const compiler = join(modules, '.bin/tsc')
  return await promisify(execFile)(compiler, [...options, '--ignoreConfig', 'user.mts'], { cwd: folder }).then(
    () => '',
    (error: { stdout?: string }) => error.stdout ?? String(error),
  )
}

it('has types', async () => {
  const program = `import { type BusEvent, MasterEvent, MinionEvent, SaltEvent } from 'salt-in-one-file'
await using master = new MasterEvent('/var/run/salt/master')
await using minion = new MinionEvent({ sock_dir: '/var/run/salt/minion', id: 'web1' })
await using other: SaltEvent = new SaltEvent('minion', { sockDir: '/x', onGap: ({ dropped }) => console.log(dropped + 1) })
for await (const { tag, data, seq } of master.iterEvents({ tag: 'x', match: 'regex', since: 5 })) {
  const all: [string, Readonly<Record<string, unknown>>, number] = [tag, data, seq]
  console.log(all)
}
for await (const item of minion.iterEvents({ gaps: true })) {
  if ('gap' in item) console.log(item.gap.dropped)
  else console.log(item.tag)
}
for await (const { parts, data } of master.iterEvents({ tag: 'salt/job/:jid/ret/:id', match: 'parts' })) {
  console.log(parts.jid.length, data.retcode + 1, data._stamp.length)
}
const found: BusEvent | undefined = await master.getEvent({ wait: 1, noBlock: true })
console.log(found, await minion.fireMaster({ a: 1 }, 'tag'), await other.fireEvent({}, 'tag'))
`
  assert.equal(await complaints(program), '')
  const wrongPart = `for await (const { parts } of master.iterEvents({ tag: 'a/:b', match: 'parts' })) console.log(parts.c)\n`
  assert.match(await complaints(program + wrongPart), /user\.mts\(\d+,\d+\): error TS2339/)
  assert.match(await complaints(`${program}await master.fireEvent([1], 5)\n`), /user\.mts\(\d+,\d+\): error TS2345/)
})
