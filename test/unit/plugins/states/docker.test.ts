/** Containers, images, networks and volumes: states and functions against an Engine that only keeps books. */
import assert from 'node:assert/strict'
import { existsSync } from 'node:fs'
import { test } from 'node:test'
import { ConfigFolder } from '../../../support/config-folder.ts'
import { FakeEngine, frame } from '../../../support/fake-engine.ts'
import { StateHost } from '../../../support/state-host.ts'

type Arguments = Readonly<Record<string, unknown>>

class World implements AsyncDisposable {
  readonly engine: FakeEngine
  readonly host: StateHost

  constructor(engine: FakeEngine, pillar: Arguments = {}) {
    this.engine = engine
    this.host = new StateHost({ config: engine.config, pillar })
  }

  static async start(pillar?: Arguments): Promise<World> {
    return new World(await FakeEngine.start(), pillar)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.engine[Symbol.asyncDispose]()
  }

  async test(state: string, args: Arguments) {
    const before = this.engine.orders.length
    const performed = await this.host.test(state, args)
    assert.deepEqual(this.engine.orders.slice(before), [], 'a dry run only asks')
    return performed
  }

  /** A dry run, a run, and one more that must have nothing to do. */
  async thrice(state: string, args: Arguments) {
    const dry = await this.test(state, args)
    const run = await this.host.apply(state, args)
    assert.equal(run.result, true, run.comment)
    const again = await this.host.apply(state, args)
    assert.deepEqual([again.result, again.changes], [true, {}], JSON.stringify(again))
    assert.equal((await this.test(state, args)).result, true)
    return { dry, run, again }
  }

  async call(fun: string, ...words: readonly string[]): Promise<unknown> {
    const outcome = await this.host.functions.type(`docker.${fun}`, ...words)
    assert.equal(outcome.success, true, `docker.${fun}: ${outcome.return}`)
    return outcome.return
  }

  /** What a function returns that may say that nothing was done. */
  async answer(fun: string, ...words: readonly string[]): Promise<unknown> {
    return (await this.host.functions.type(`docker.${fun}`, ...words)).return
  }

  async failure(fun: string, ...words: readonly string[]): Promise<string> {
    const outcome = await this.host.functions.type(`docker.${fun}`, ...words)
    assert.equal(outcome.success, false)
    return String(outcome.return)
  }
}

const web = {
  name: 'web',
  image: 'nginx:1.27',
  command: "nginx -g 'daemon off;'",
  environment: [{ MODE: 'live' }, 'LEVEL=2'],
  binds: '/srv/www:/var/www:ro,/srv/log:/log',
  port_bindings: ['8080:80', '127.0.0.1:5353:53/udp'],
  labels: { team: 'web' },
  restart_policy: 'on-failure:5',
  user: 'www',
  working_dir: '/srv',
  hostname: 'web1',
  mem_limit: '512m',
  cap_add: ['NET_ADMIN'],
  dns: ['10.0.0.1', '10.0.0.2'],
  extra_hosts: { db: '10.0.0.5' },
  ulimits: 'nofile=1024:2048',
  sysctls: { 'net.core.somaxconn': 1024 },
  tmpfs: { '/run': 'rw,size=64k' },
  devices: '/dev/net/tun',
  links: 'db',
  log_driver: 'syslog',
  log_opt: ['tag=web'],
  stop_timeout: 20,
  detach: true,
}

test('a container is made, started, and left alone', async () => {
  await using world = await World.start()
  const image = world.engine.addImage('nginx:1.27', {
    Env: ['PATH=/bin', 'MODE=test'],
    Labels: { vendor: 'x' },
    ExposedPorts: { '443/tcp': {} },
  })
  const { dry, run, again } = await world.thrice('docker_container.running', web)
  assert.deepEqual(dry, {
    result: null,
    comment: "Container 'web' would be created",
    changes: { image: { old: null, new: image.Id } },
  })
  const made = world.engine.container('web')
  assert.equal(run.comment, "Created container 'web'")
  assert.deepEqual(run.changes, { container_id: { added: made.Id }, state: { old: null, new: 'running' } })
  assert.equal(again.comment, "Container 'web' is already configured as specified")
  const { body } = world.engine.calls.find(({ path }) => path === '/containers/create') ?? assert.fail()
  assert.deepEqual(body, {
    Cmd: ['nginx', '-g', 'daemon off;'],
    Env: ['MODE=live', 'LEVEL=2'],
    Labels: { team: 'web' },
    User: 'www',
    WorkingDir: '/srv',
    Hostname: 'web1',
    StopTimeout: 20,
    Volumes: { '/var/www': {}, '/log': {} },
    ExposedPorts: { '80/tcp': {}, '53/udp': {} },
    Image: 'nginx:1.27',
    HostConfig: {
      Binds: ['/srv/www:/var/www:ro', '/srv/log:/log:rw'],
      PortBindings: {
        '80/tcp': [{ HostIp: '', HostPort: '8080' }],
        '53/udp': [{ HostIp: '127.0.0.1', HostPort: '5353' }],
      },
      RestartPolicy: { Name: 'on-failure', MaximumRetryCount: 5 },
      Memory: 536_870_912,
      CapAdd: ['NET_ADMIN'],
      Dns: ['10.0.0.1', '10.0.0.2'],
      ExtraHosts: ['db:10.0.0.5'],
      Ulimits: [{ Name: 'nofile', Soft: 1024, Hard: 2048 }],
      Sysctls: { 'net.core.somaxconn': '1024' },
      Tmpfs: { '/run': 'rw,size=64k' },
      Devices: [{ PathOnHost: '/dev/net/tun', PathInContainer: '/dev/net/tun', CgroupPermissions: 'rwm' }],
      Links: ['db:db'],
      LogConfig: { Type: 'syslog', Config: { tag: 'web' } },
    },
  })
})

test('a container that was stopped is started, unless it is to be left', async () => {
  await using world = await World.start()
  world.engine.addImage('nginx:1.27')
  const args = { name: 'web', image: 'nginx:1.27' }
  await world.host.apply('docker_container.running', args)
  await world.call('stop', 'web')
  assert.deepEqual((await world.test('docker_container.running', { ...args, start: false })).result, true)
  const dry = await world.test('docker_container.running', args)
  assert.equal(dry.comment, "Container 'web' is already configured as specified. Container would be started.")
  const run = await world.host.apply('docker_container.running', args)
  assert.equal(
    run.comment,
    "Container 'web' is already configured as specified. State changed from 'stopped' to 'running'.",
  )
  assert.deepEqual(run.changes, { state: { old: 'stopped', new: 'running' } })
})

test('each argument that changes makes a container anew', async () => {
  await using world = await World.start()
  world.engine.addImage('nginx:1.27')
  await world.host.apply('docker_container.running', web)
  for (const [change, place, field] of [
    [{ command: ['serve'] }, 'Config', 'Cmd'],
    [{ environment: { MODE: 'test' } }, 'Config', 'Env'],
    [{ labels: 'team=other' }, 'Config', 'Labels'],
    [{ binds: ['/srv/www:/var/www'] }, 'HostConfig', 'Binds'],
    [{ port_bindings: 80 }, 'HostConfig', 'PortBindings'],
    [{ restart_policy: 'always' }, 'HostConfig', 'RestartPolicy'],
    [{ mem_limit: 1024 }, 'HostConfig', 'Memory'],
    [{ dns: ['10.0.0.2', '10.0.0.1'] }, 'HostConfig', 'Dns'],
    [{ links: 'db:database' }, 'HostConfig', 'Links'],
    [{ user: '' }, 'Config', 'User'],
    [{ privileged: true }, 'HostConfig', 'Privileged'],
    [{ log_driver: 'journald' }, 'HostConfig', 'LogConfig'],
  ] as const) {
    const args = { ...web, ...change }
    const { container } = (await world.test('docker_container.running', args)).changes as {
      container: Record<string, Record<string, unknown>>
    }
    assert.ok(container?.[place]?.[field], `${field}: ${JSON.stringify(container)}`)
  }
  const { user: _user, ...without } = web
  assert.equal(
    (await world.test('docker_container.running', without)).comment,
    "Container 'web' would be replaced",
    'what is said no more',
  )
  const reordered = {
    ...web,
    environment: ['LEVEL=2', 'MODE=live'],
    cap_add: ['CAP_NET_ADMIN'],
    binds: ['/srv/log:/log:rw', '/srv/www:/var/www:ro'],
  }
  assert.equal((await world.test('docker_container.running', reordered)).result, true, 'the same in another order')
})

test('a container is replaced by one of another configuration or image', async () => {
  await using world = await World.start()
  const old = world.engine.addImage('nginx:1.27')
  const args = { name: 'web', image: 'nginx:1.27' }
  await world.host.apply('docker_container.running', args)
  const first = world.engine.container('web').Id
  world.engine.orders.length = 0
  const run = await world.host.apply('docker_container.running', { ...args, environment: 'A=1', shutdown_timeout: 3 })
  const second = world.engine.container('web').Id
  assert.deepEqual(run, {
    result: true,
    comment: "Replaced container 'web'",
    changes: {
      container_id: { removed: [first], added: second },
      container: { Config: { Env: { old: ['PATH=/bin'], new: ['PATH=/bin', 'A=1'] } } },
    },
  })
  assert.deepEqual(
    world.engine.orders.map((order) => order.replace(/[0-9a-f]{64}|web-[0-9a-f]{12}/, 'NEW')),
    [
      'POST /containers/create',
      'POST /containers/web/stop',
      'DELETE /containers/web',
      'POST /containers/NEW/rename',
      'POST /containers/web/start',
    ],
    'the new one is there before the old one goes',
  )
  world.engine.registry['nginx:1.28'] = {}
  const dry = await world.test('docker_container.running', { ...args, image: 'nginx:1.28' })
  assert.deepEqual(dry.changes, { image: { old: old.Id, new: null } })
  const newer = await world.host.apply('docker_container.running', { ...args, image: 'nginx:1.28' })
  assert.equal(newer.comment, "Replaced container 'web'. Container has a new image.")
  assert.deepEqual(newer.changes.image, { old: old.Id, new: world.engine.images.at(-1)?.Id })
  const forced = await world.test('docker_container.running', { ...args, image: 'nginx:1.28', force: true })
  assert.deepEqual(forced.changes, { forced_update: true })
  world.engine.faults['POST /containers/create'] = 'invalid mount'
  const broken = await world.host.apply('docker_container.running', { ...args, image: 'nginx:1.28', binds: '/a:/b' })
  assert.deepEqual([broken.result, broken.comment], [false, 'invalid mount (500)'])
  assert.ok(world.engine.container('web').State.Running, 'the old one runs on')
})

test('what a container watches', async () => {
  await using world = await World.start()
  world.engine.addImage('nginx:1.27')
  const args = { name: 'web', image: 'nginx:1.27' }
  await world.host.apply('docker_container.running', args)
  const { Id } = world.engine.container('web')
  const signal = await world.host.watch('docker_container.running', { ...args, watch_action: 'SIGHUP' })
  assert.deepEqual(signal, { result: true, comment: 'Sent signal SIGHUP to container', changes: { signal: 'SIGHUP' } })
  const dry = await world.host.watch('docker_container.running', { ...args, watch_action: 'SIGHUP' }, true)
  assert.equal(dry.comment, 'Signal SIGHUP would be sent to container')
  const forced = await world.host.watch('docker_container.running', args)
  assert.equal(forced.comment, "Replaced container 'web'")
  assert.notEqual(world.engine.container('web').Id, Id)
})

test('networks of a container', async () => {
  await using world = await World.start()
  world.engine.addImage('nginx:1.27')
  for (const name of ['front', 'back']) await world.call('create_network', name)
  const args = {
    name: 'web',
    image: 'nginx:1.27',
    networks: ['front', { back: [{ ipv4_address: '10.0.0.5' }, { aliases: ['www'] }] }],
  }
  await world.thrice('docker_container.running', args)
  assert.deepEqual(Object.keys(world.engine.container('web').networks), ['front', 'back'])
  const moved = { ...args, networks: [{ back: [{ ipv4_address: '10.0.0.6' }, { aliases: 'www' }] }] }
  const dry = await world.test('docker_container.running', moved)
  assert.equal(
    dry.comment,
    "Container 'web' is already configured as specified. Network configuration would be updated.",
  )
  const run = await world.host.apply('docker_container.running', moved)
  assert.equal(
    run.comment,
    "Container 'web' is already configured as specified. Reconnected to network 'back' with updated configuration. Disconnected from network 'front'.",
  )
  assert.deepEqual(run.changes, {
    container: {
      Networks: {
        back: { IPAMConfig: { old: { IPv4Address: '10.0.0.5' }, new: { IPv4Address: '10.0.0.6' } } },
        front: { IPConfiguration: { old: 'automatic', new: null } },
      },
    },
  })
  assert.equal((await world.test('docker_container.running', moved)).result, true)
  const added = await world.host.apply('docker_container.running', { ...moved, networks: ['front', ...moved.networks] })
  assert.match(added.comment, /Connected to network 'front'/)
  const refused = await world.host.apply('docker_container.running', {
    ...args,
    name: 'other',
    networks: ['front', { back: { ipv4_address: '10.0.0.66' } }],
  })
  assert.deepEqual([refused.result, world.engine.containers.length], [false, 1], 'nothing is left of it')
})

test('containers that cannot be', async () => {
  await using world = await World.start()
  world.engine.addImage('nginx:1.27')
  const args = { name: 'web', image: 'nginx:1.27' }
  for (const [change, comment] of [
    [{ image: '' }, /^The 'image' argument is required$/],
    [{ comand: 'x' }, /^'comand' is no argument of containers that is known here\. Did you mean 'command'/],
    [{ command: 'a', cmd: 'b' }, /^'cmd' is an alias for 'command', they cannot both be used$/],
    [{ binds: '/only' }, /^'\/only' is no bind: use HOST_PATH:CONTAINER_PATH/],
    [{ publish: 'http' }, /^'http' is no port: /],
    [{ publish: '8000-8001:80' }, /is no port/],
    [{ publish: '80/icmp' }, /is no port/],
    [{ restart_policy: 'sometimes' }, /is no restart policy/],
    [{ mem_limit: 'much' }, /^mem_limit must be a number of bytes, such as 512m/],
    [{ ulimits: 'nofile' }, /is no limit: use nofile=1024:2048/],
    [{ privileged: 'maybe' }, /^privileged must be true or false/],
    [{ cpu_shares: 'x' }, /^cpu_shares must be an integer/],
    [{ healthcheck: 'x' }, /^healthcheck must be a mapping/],
    [{ networks: [{ front: { ip: 1 } }] }, /^ip cannot be said of a network of a container/],
    [{ command: "a 'b" }, /is not closed/],
  ] as const) {
    const dry = await world.test('docker_container.running', { ...args, ...change })
    assert.equal(dry.result, false)
    assert.match(dry.comment, comment)
  }
  const missing = await world.host.apply('docker_container.running', { ...args, image: 'nosuch' })
  assert.equal(missing.comment, 'Failed to pull nosuch:latest: manifest for nosuch:latest not found: manifest unknown')
  world.engine.faults['POST /containers/web/start'] = 'port is already allocated'
  const unstarted = await world.host.apply('docker_container.running', args)
  assert.equal(
    unstarted.comment,
    "Failed to start container 'web': 'port is already allocated (500)'\n\nChanges already made: Created container 'web'",
  )
  const idle = await world.test('docker_container.running', { ...args, skip_translate: true })
  assert.deepEqual(idle.warnings, ["'skip_translate' has no effect: arguments are translated in any case"])
})

test('containers that are stopped, and absent', async () => {
  await using world = await World.start()
  world.engine.addImage('nginx:1.27')
  for (const name of ['a', 'b', 'c']) await world.call('create', 'nginx:1.27', `name=${name}`, 'start=true')
  await world.call('pause', 'c')
  const several = { name: 'x', containers: ['a', 'b'] }
  const { dry, run, again } = await world.thrice('docker_container.stopped', several)
  assert.equal(dry.comment, 'The following container(s) will be stopped: a, b')
  assert.equal(run.comment, 'The following container(s) were stopped: a, b')
  assert.deepEqual(run.changes.a, { result: true, state: { old: 'running', new: 'stopped' } })
  assert.equal(again.comment, 'All specified containers are not running')
  assert.equal(
    (await world.test('docker_container.stopped', { name: 'c' })).comment,
    'The following container(s) are paused: c',
  )
  assert.equal((await world.host.apply('docker_container.stopped', { name: 'c', unpause: true })).result, true)
  assert.equal(
    (await world.test('docker_container.stopped', { name: 'd' })).comment,
    'The following container(s) are absent: d',
  )
  assert.equal(
    (await world.test('docker_container.stopped', { name: 'd', error_on_absent: false })).comment,
    "Container 'd' is absent or not running",
  )
  const gone = await world.thrice('docker_container.absent', { name: 'a' })
  assert.deepEqual(
    [gone.dry.comment, gone.run.comment, gone.again.comment],
    ["Container 'a' will be removed", "Successfully removed container 'a'", "Container 'a' does not exist"],
  )
  await world.call('start', 'b')
  const refused = await world.test('docker_container.absent', { name: 'b' })
  assert.deepEqual(
    [refused.result, refused.comment],
    [false, 'Container is running, set force to True to forcibly remove it'],
  )
  assert.equal(
    (await world.host.apply('docker_container.absent', { name: 'b', force: true })).comment,
    "Forcibly removed container 'b'",
  )
})

test('a container that runs once', async () => {
  await using world = await World.start()
  using folder = new ConfigFolder()
  world.engine.registry['builder:latest'] = {}
  const args = {
    name: 'build',
    image: 'builder',
    command: '/build.sh',
    binds: `${folder.path}:/out`,
    creates: folder.file('done'),
  }
  assert.equal((await world.test('docker_container.run', args)).comment, 'Container would be run')
  const run = await world.host.apply('docker_container.run', args)
  assert.deepEqual(
    [run.result, run.comment, run.changes.Logs, run.changes.ExitCode],
    [true, 'Container ran and exited with a return code of 0', 'built\n', 0],
  )
  assert.match(
    (await world.host.apply('docker_container.run', args)).comment,
    /container already exists, and replace is not set/,
  )
  world.engine.exit = 3
  const broken = await world.host.apply('docker_container.run', { ...args, replace: true, rm: true })
  assert.deepEqual([broken.result, broken.comment], [false, 'Container ran and exited with a return code of 3'])
  assert.equal(world.engine.containers.length, 0, 'it was removed')
  assert.equal((await world.host.apply('docker_container.run', { ...args, failhard: false })).result, true)
  const behind = await world.host.apply('docker_container.run', { ...args, replace: true, bg: true })
  assert.equal(behind.comment, 'Container was run in the background')
  folder.write('done', '')
  assert.equal(
    (await world.test('docker_container.run', args)).comment,
    "All specified paths in 'creates' argument exist",
  )
  assert.equal(
    (await world.test('docker_container.run', { name: 'x', image: 'y', start: true })).comment,
    "The 'start' argument is not supported",
  )
  assert.equal((await world.test('docker_container.run', { name: 'x' })).comment, "The 'image' argument is required")
})

test('images are pulled, built, loaded and removed', async () => {
  await using world = await World.start({
    'docker-registries': { 'registry.example.org:5000': { username: 'ann', password: 's3cret' } },
  })
  using folder = new ConfigFolder({
    'app/Dockerfile': 'FROM scratch\n',
    'empty/x': '',
    'image.tar': 'archive',
    'bad.tar': 'x',
  })
  world.engine.registry['nginx:1.27'] = {}
  world.engine.registry['registry.example.org:5000/app:1'] = { needsLogin: true }
  const pulled = await world.thrice('docker_image.present', { name: 'nginx:1.27' })
  assert.deepEqual(
    [pulled.dry.comment, pulled.run.comment, pulled.again.comment],
    ['Image nginx:1.27 will be pulled', 'Image nginx:1.27 was pulled', 'Image nginx:1.27 already present'],
  )
  assert.deepEqual(pulled.run.changes.Layers, { Already_Pulled: ['aaa'], Pulled: ['bbb'] })
  assert.equal(pulled.run.changes.Status, 'Downloaded newer image for nginx:1.27')
  const login = await world.host.apply('docker_image.present', { name: 'registry.example.org:5000/app', tag: '1' })
  assert.equal(login.result, true, login.comment)
  assert.equal(JSON.stringify(login).includes('s3cret'), false)
  assert.equal(
    (await world.host.watch('docker_image.present', { name: 'nginx:1.27' })).comment,
    'Image nginx:1.27 was pulled',
  )
  const none = await world.host.apply('docker_image.present', { name: 'nosuch' })
  assert.equal(
    none.comment,
    'Encountered error pulling nosuch:latest: manifest for nosuch:latest not found: manifest unknown',
  )
  const built = await world.thrice('docker_image.present', { name: 'app', build: folder.file('app') })
  assert.deepEqual(
    [built.dry.comment, built.run.comment],
    ['Image app:latest will be built', 'Image app:latest was built'],
  )
  const unbuilt = await world.host.apply('docker_image.present', { name: 'other', build: folder.file('empty') })
  assert.match(unbuilt.comment, /^Encountered error building .+ as other:latest: Cannot locate specified Dockerfile/)
  const loaded = await world.thrice('docker_image.present', { name: 'ours:2', load: folder.file('image.tar') })
  assert.equal(loaded.run.comment, 'Image ours:2 was loaded')
  assert.match(
    (await world.host.apply('docker_image.present', { name: 'theirs', load: folder.file('bad.tar') })).comment,
    /invalid tar header/,
  )
  assert.equal(
    (await world.test('docker_image.present', { name: 'x', load: 'a', build: 'b' })).comment,
    "Only one of 'build' or 'load' is permitted.",
  )
  await world.call('create', 'nginx:1.27', 'name=web')
  const used = await world.host.apply('docker_image.absent', { name: 'nginx:1.27' })
  assert.match(
    used.comment,
    /^None of the specified images were removed\. The following errors were encountered: Unable to remove image 'nginx:1\.27': conflict/,
  )
  const some = await world.host.apply('docker_image.absent', { name: 'x', images: ['app', 'nginx:1.27'] })
  assert.match(some.comment, /^The following image\(s\) failed to be removed: nginx:1\.27/)
  const gone = await world.thrice('docker_image.absent', { name: 'nginx:1.27', force: true })
  assert.deepEqual(
    [gone.dry.comment, gone.run.comment, gone.again.comment],
    ['Image nginx:1.27 will be removed', 'Image nginx:1.27 was removed', 'Image nginx:1.27 is not present'],
  )
  assert.equal(
    (await world.test('docker_image.absent', { name: 'x', images: ['a', 'b'] })).comment,
    'All specified images are not present',
  )
})

test('networks are made, made anew, and removed', async () => {
  await using world = await World.start()
  world.engine.addImage('nginx:1.27')
  const args = {
    name: 'back',
    driver: 'bridge',
    subnet: '10.0.0.0/24',
    labels: ['team=web'],
    internal: true,
    driver_opts: [{ 'com.docker.network.bridge.name': 'br9' }],
  }
  const { dry, run } = await world.thrice('docker_network.present', args)
  assert.deepEqual(
    [dry.comment, dry.changes, run.comment, run.changes],
    ['Network will be created', { created: true }, "Network 'back' created", { created: true }],
  )
  for (const name of ['a', 'b']) await world.call('create', 'nginx:1.27', `name=${name}`)
  await world.call('connect_container_to_network', 'a', 'back', 'ipv4_address=10.0.0.5')
  const changed = { ...args, internal: false }
  const dryChange = await world.test('docker_network.present', changed)
  assert.deepEqual(
    [dryChange.comment, dryChange.changes],
    ['Network would be recreated with new config', { back: { Internal: { old: true, new: false } } }],
  )
  const again = await world.host.apply('docker_network.present', changed)
  assert.equal(again.comment, "Network 'back' was replaced with updated config")
  assert.deepEqual(again.changes, {
    back: { Internal: { old: true, new: false } },
    recreated: true,
    reconnected: ['a'],
  })
  assert.deepEqual(
    (world.engine.container('a').networks.back as Arguments).IPAMConfig,
    { IPv4Address: '10.0.0.5' },
    'it has its address',
  )
  const joined = await world.thrice('docker_network.present', { ...changed, containers: ['a', 'b'] })
  assert.deepEqual(joined.run.changes, { connected: ['b'] })
  assert.deepEqual(await world.call('connected', 'back'), ['a', 'b'])
  const smaller = await world.host.apply('docker_network.present', {
    ...changed,
    subnet: '10.1.0.0/24',
    containers: ['b'],
  })
  assert.deepEqual([smaller.changes.reconnected, smaller.changes.disconnected], [['b'], ['a']])
  const pool = await world.test('docker_network.present', { name: 'back', ipam_pools: [{ gateway: '10.0.0.1' }] })
  assert.equal(pool.comment, "'subnet' is required in IPAM configuration")
  const gone = await world.thrice('docker_network.absent', { name: 'back' })
  assert.deepEqual(
    [gone.dry.comment, gone.run.comment, gone.again.comment],
    ["Network 'back' will be removed", "Removed network 'back'", "Network 'back' already absent"],
  )
  assert.deepEqual(gone.run.changes, { disconnected: ['b'], removed: true })
})

test('volumes', async () => {
  await using world = await World.start()
  const { dry, run, again } = await world.thrice('docker_volume.present', {
    name: 'data',
    driver_opts: [{ type: 'tmpfs' }],
  })
  assert.equal(dry.comment, "The volume 'data' will be created")
  assert.equal((run.changes.created as Arguments).Name, 'data')
  assert.equal(again.comment, "Volume 'data' already exists.")
  const other = await world.test('docker_volume.present', { name: 'data', driver: 'nfs' })
  assert.deepEqual(
    [other.result, other.comment],
    [false, "Driver for existing volume 'data' ('local') does not match specified driver ('nfs') and force is False"],
  )
  const forced = await world.host.apply('docker_volume.present', { name: 'data', driver: 'nfs', force: true })
  assert.equal(forced.changes.removed, true)
  const gone = await world.thrice('docker_volume.absent', { name: 'data' })
  assert.deepEqual(
    [gone.dry.comment, gone.again.comment],
    ["The volume 'data' will be removed", "Volume 'data' already absent"],
  )
})

test('functions on containers', async () => {
  await using world = await World.start()
  world.engine.addImage('nginx:1.27')
  assert.deepEqual(await world.call('list_containers'), [])
  const made = (await world.call('create', 'nginx:1.27', 'name=web', 'publish=8000-8002:80-82')) as Arguments
  assert.deepEqual(
    [made.Name, await world.call('list_containers', 'all=true'), await world.call('state', 'web')],
    ['web', ['web'], 'stopped'],
  )
  assert.deepEqual(await world.call('start', 'web'), { result: true, state: { old: 'stopped', new: 'running' } })
  assert.deepEqual(await world.answer('start', 'web'), {
    result: false,
    state: { old: 'running', new: 'running' },
    comment: "Container 'web' already running",
  })
  assert.equal(await world.call('pid', 'web'), 4711)
  assert.deepEqual(await world.call('top', 'web'), [{ PID: '1', CMD: 'serve' }])
  assert.equal(await world.call('logs', 'web', 'tail=3'), 'built\n')
  assert.equal(world.engine.calls.at(-1)?.query.tail, '3')
  assert.match(
    await world.failure('rm', 'web'),
    /Container 'web' is running, use force=True to forcibly remove this container/,
  )
  assert.deepEqual(await world.call('pause', 'web'), { result: true, state: { old: 'running', new: 'paused' } })
  assert.match(JSON.stringify(await world.answer('start', 'web')), /is paused, cannot start/)
  assert.match(JSON.stringify(await world.answer('stop', 'web')), /run with unpause=True to unpause before stopping/)
  assert.deepEqual(await world.call('unpause', 'web'), { result: true, state: { old: 'paused', new: 'running' } })
  assert.deepEqual(await world.call('restart', 'web', 'timeout=5'), {
    result: true,
    state: { old: 'running', new: 'running' },
    restarted: true,
  })
  assert.equal(await world.call('signal', 'web', 'SIGHUP'), true)
  assert.deepEqual(await world.call('kill', 'web'), { result: true, state: { old: 'running', new: 'stopped' } })
  assert.match(JSON.stringify(await world.answer('pause', 'web')), /is stopped, cannot pause/)
  world.engine.exit = 2
  assert.deepEqual(await world.answer('wait', 'web', 'fail_on_exit_status=true'), {
    result: false,
    exit_status: 2,
    state: { old: 'stopped', new: 'stopped' },
  })
  assert.equal(await world.call('rename', 'web', 'old'), true)
  assert.deepEqual([await world.call('exists', 'web'), await world.call('exists', 'old')], [false, true])
  assert.deepEqual(await world.call('rm', 'old'), [made.Id])
  assert.match(await world.failure('inspect_container', 'web'), /No such container: web \(404\)/)
  assert.match(await world.failure('inspect', 'web'), /No such object: web/)
  assert.equal(((await world.call('ps', 'all=true')) as Arguments)[String(made.Id)], undefined)
})

test('commands in a container', async () => {
  await using world = await World.start()
  world.engine.addImage('nginx:1.27')
  await world.call('create', 'nginx:1.27', 'name=web', 'start=true')
  world.engine.execs['ls -l /a b'] = {
    output: Buffer.concat([frame(1, 'one\n'), frame(2, 'warning\n'), frame(1, 'two\n')]),
    exit: 0,
  }
  world.engine.execs['/bin/sh -c ls | wc'] = { output: frame(1, '1\n'), exit: 0 }
  assert.equal(await world.call('run_stdout', 'web', '\'ls -l "/a b"\''), 'one\ntwo')
  assert.equal(await world.call('run_stderr', 'web', '\'ls -l "/a b"\''), 'warning')
  assert.deepEqual(await world.call('run_all', 'web', '\'ls -l "/a b"\''), {
    pid: 4712,
    retcode: 0,
    stdout: 'one\ntwo',
    stderr: 'warning',
  })
  assert.equal(await world.call('run', 'web', "'ls | wc'", 'python_shell=true'), '1')
  const failed = await world.host.functions.type('docker.retcode', 'web', 'nosuch')
  assert.deepEqual([failed.return, failed.retcode], [127, 127])
  assert.match(await world.failure('run', 'web', 'cat', 'stdin=x'), /stdin cannot be given/)
})

test('functions on images and the Engine itself', async () => {
  await using world = await World.start()
  const image = world.engine.addImage('nginx:1.27')
  assert.equal(await world.call('tag', 'nginx:1.27', 'registry.example.org/nginx', 'tag=stable'), true)
  assert.deepEqual(await world.call('list_tags'), ['nginx:1.27', 'registry.example.org/nginx:stable'])
  assert.deepEqual(Object.keys((await world.call('images', 'verbose=true')) as object), [image.Id])
  assert.deepEqual(
    ((await world.call('history', 'nginx:1.27')) as Arguments[]).map((one) => one.CreatedBy),
    ['ADD file', 'CMD serve'],
  )
  const gone = (await world.call('rmi', 'nginx:1.27', 'nosuch')) as { Errors: string[]; Tags: string[] }
  assert.deepEqual(
    [gone.Tags.length, gone.Errors],
    [2, ["Unable to remove image 'nosuch': No such image: nosuch:latest (404)"]],
  )
  assert.equal(((await world.call('version')) as Arguments).Version, '28.2.2')
  assert.equal(((await world.call('info')) as Arguments).Driver, 'overlay2')
  assert.equal(await world.call('ping'), true)
  assert.deepEqual(
    ((await world.call('networks', 'names=bridge')) as Arguments[]).map((one) => one.Name),
    ['bridge'],
  )
  await world.call('create_volume', 'data')
  assert.equal(((await world.call('inspect', 'data')) as Arguments).Driver, 'local')
  assert.equal(((await world.call('volumes')) as { Volumes: unknown[] }).Volumes.length, 1)
})

test('an Engine that is not there', async () => {
  using folder = new ConfigFolder()
  const host = new StateHost({ config: { 'docker.url': `unix://${folder.file('docker.sock')}` } })
  const dry = await host.test('docker_container.running', { name: 'web', image: 'nginx' })
  assert.deepEqual([dry.result, dry.comment], [false, `No Engine of Docker listens at ${folder.file('docker.sock')}`])
  const elsewhere = new StateHost({ config: { docker: { url: 'tcp://10.0.0.1:2375' } } })
  assert.match(
    (await elsewhere.test('docker_volume.absent', { name: 'x' })).comment,
    /docker\.url must be a socket such as unix:/,
  )
})

test('a real Engine', { skip: whyNoEngine() }, async () => {
  const host = new StateHost()
  assert.equal((await host.functions.call('docker.ping')).return, true)
  assert.equal((await host.test('docker_container.absent', { name: 'no-such-container-of-a-test' })).result, true)
})

function whyNoEngine(): string | false {
  return existsSync('/var/run/docker.sock') ? false : 'needs an Engine of Docker at /var/run/docker.sock'
}
