/** An Engine of Docker on a socket of the tests' own: it keeps books, answers in the shapes of the real one, and runs nothing. */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { join } from 'node:path'
import { ConfigFolder } from './config-folder.ts'

type Fields = Record<string, unknown>

interface FakeContainer {
  readonly Id: string
  Name: string
  readonly Image: string
  readonly Config: Fields
  readonly HostConfig: Fields
  State: { Running: boolean; Paused: boolean; ExitCode: number; Pid: number }
  readonly networks: Record<string, Fields>
}

interface FakeImage {
  readonly Id: string
  readonly RepoTags: string[]
  readonly Config: Fields
}

interface Call {
  readonly method: string
  readonly path: string
  readonly query: Readonly<Record<string, string>>
  readonly body: Fields
  readonly bytes: Buffer
  readonly headers: IncomingMessage['headers']
}

class Refusal extends Error {
  readonly status: number

  constructor(status: number, message: string) {
    super(message)
    this.status = status
  }
}

const id = (number: number): string => number.toString(16).padStart(64, '0')

/** What a piece of output looks like where there is no terminal. */
export function frame(stream: 1 | 2, text: string): Buffer {
  const head = Buffer.alloc(8)
  head[0] = stream
  head.writeUInt32BE(Buffer.byteLength(text), 4)
  return Buffer.concat([head, Buffer.from(text)])
}

export class FakeEngine implements AsyncDisposable {
  readonly #folder = new ConfigFolder()
  readonly #server: Server
  #counter = 100
  readonly images: FakeImage[] = []
  readonly containers: FakeContainer[] = []
  readonly networks: Fields[] = [
    {
      Id: id(1),
      Name: 'bridge',
      Driver: 'bridge',
      Containers: {},
      Options: {},
      Labels: {},
      IPAM: { Config: [{ Subnet: '172.17.0.0/16' }] },
    },
  ]
  readonly volumes: Fields[] = []
  /** `POST /containers/create`, in their order; questions are not among them. */
  readonly orders: string[] = []
  readonly calls: Call[] = []
  /** Images that a registry would have: name → configuration. */
  readonly registry: Record<string, Fields> = {}
  /** Answers to commands in containers, by their words. */
  readonly execs: Record<string, { readonly output: Buffer; readonly exit: number }> = {}
  /** Exit code and output of containers that are waited for. */
  exit = 0
  output = frame(1, 'built\n')
  /** Orders that fail: `POST /containers/create` → why. */
  readonly faults: Record<string, string> = {}

  private constructor() {
    this.#server = createServer((request, response) => void this.#answer(request, response))
  }

  static async start(): Promise<FakeEngine> {
    const engine = new FakeEngine()
    await new Promise<void>((resolve) => engine.#server.listen(engine.socket, resolve))
    return engine
  }

  get socket(): string {
    return join(this.#folder.path, 'docker.sock')
  }

  get config(): Fields {
    return { 'docker.url': `unix://${this.socket}` }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.closeAllConnections()
    await new Promise((resolve) => this.#server.close(resolve))
    this.#folder[Symbol.dispose]()
  }

  addImage(tag: string, Config: Fields = {}): FakeImage {
    const image = {
      Id: `sha256:${id(++this.#counter)}`,
      RepoTags: [tag],
      Config: { Env: ['PATH=/bin'], Cmd: ['serve'], Labels: null, ...Config },
    }
    this.images.push(image)
    return image
  }

  container(name: string): FakeContainer {
    const found = this.containers.find((one) => one.Name === `/${name}` || one.Id === name || one.Id.startsWith(name))
    if (found === undefined) throw new Refusal(404, `No such container: ${name}`)
    return found
  }

  #image(name: string): FakeImage {
    const full = name.includes(':') ? name : `${name}:latest`
    const found = this.images.find((one) => one.Id === name || one.RepoTags.includes(full))
    if (found === undefined) throw new Refusal(404, `No such image: ${full}`)
    return found
  }

  #network(name: string): Fields {
    const found = this.networks.find((one) => one.Name === name || one.Id === name)
    if (found === undefined) throw new Refusal(404, `network ${name} not found`)
    return found
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(request.url ?? '/', 'http://docker')
    const chunks: Buffer[] = []
    for await (const chunk of request as AsyncIterable<Buffer>) chunks.push(chunk)
    const bytes = Buffer.concat(chunks)
    const isJson = request.headers['content-type'] === 'application/json'
    const call: Call = {
      method: request.method ?? '',
      path: decodeURIComponent(url.pathname),
      query: Object.fromEntries(url.searchParams),
      body: isJson ? JSON.parse(bytes.toString()) : {},
      bytes,
      headers: request.headers,
    }
    this.calls.push(call)
    const order = `${call.method} ${call.path}`
    if (call.method !== 'GET' && call.method !== 'HEAD') this.orders.push(order)
    try {
      const fault = Object.entries(this.faults).find(([start]) => order.startsWith(start))
      if (fault !== undefined) throw new Refusal(500, fault[1])
      this.#send(response, this.#route(call))
    } catch (error) {
      const status = error instanceof Refusal ? error.status : 500
      response.writeHead(status, { 'content-type': 'application/json' })
      response.end(JSON.stringify({ message: error instanceof Error ? error.message : String(error) }))
    }
  }

  #send(response: ServerResponse, value: unknown): void {
    if (value === undefined) response.writeHead(204).end()
    else if (Buffer.isBuffer(value))
      response.writeHead(200, { 'content-type': 'application/vnd.docker.raw-stream' }).end(value)
    else if (typeof value === 'string') response.writeHead(200).end(value)
    else response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(value))
  }

  #route(call: Call): unknown {
    const [, kind, name = '', action = ''] =
      /^\/(\w+)(?:\/(.+?))?(?:\/(json|start|stop|restart|kill|pause|unpause|wait|rename|logs|exec|top|tag|history|connect|disconnect))?$/.exec(
        call.path,
      ) ?? []
    if (call.path === '/_ping') return 'OK'
    if (call.path === '/version') return { Version: '28.2.2', ApiVersion: '1.50', Os: 'linux' }
    if (call.path === '/info') return { Containers: this.containers.length, Driver: 'overlay2' }
    if (kind === 'containers') return this.#containers(call, name, action)
    if (kind === 'images') return this.#images(call, name, action)
    if (kind === 'networks') return this.#networks(call, name, action)
    if (kind === 'volumes') return this.#volumes(call, name)
    if (kind === 'exec') return this.#exec(name, action)
    if (kind === 'build') return this.#build(call)
    throw new Refusal(404, `page not found: ${call.path}`)
  }

  #inspect(one: FakeContainer): Fields {
    return {
      Id: one.Id,
      Name: one.Name,
      Image: one.Image,
      Config: one.Config,
      HostConfig: one.HostConfig,
      State: one.State,
      NetworkSettings: { Networks: one.networks },
    }
  }

  #containers({ method, body, query }: Call, name: string, action: string): unknown {
    if (name === 'json') {
      const network = (JSON.parse(query.filters ?? '{}') as { network?: string[] }).network
      return this.containers
        .filter((one) => query.all === '1' || one.State.Running)
        .filter((one) => network === undefined || network.some((net) => Object.hasOwn(one.networks, net)))
        .map((one) => ({
          Id: one.Id,
          Names: [one.Name],
          Image: one.Config.Image,
          State: one.State.Running ? 'running' : 'exited',
        }))
    }
    if (name === 'create') return this.#create(body, query.name)
    const one = this.container(name)
    if (method === 'DELETE') return this.#remove(one, query.force === '1')
    if (action === 'exec') {
      this.#counter += 1
      this.#commands.set(id(this.#counter), (body.Cmd as string[]).join(' '))
      return { Id: id(this.#counter) }
    }
    return this.#act(one, action, query)
  }

  readonly #commands = new Map<string, string>()

  #remove(one: FakeContainer, force: boolean): undefined {
    if (one.State.Running && !force)
      throw new Refusal(409, `cannot remove container "${one.Name}": container is running`)
    this.containers.splice(this.containers.indexOf(one), 1)
  }

  #act(one: FakeContainer, action: string, query: Call['query']): unknown {
    if (action === 'json') return this.#inspect(one)
    if (action === 'start' || action === 'restart') one.State = { ...one.State, Running: true, Pid: 4711 }
    else if (action === 'stop') one.State = { ...one.State, Running: false, Pid: 0 }
    else if (action === 'kill')
      one.State = { ...one.State, Running: query.signal !== undefined && query.signal !== 'SIGKILL' }
    else if (action === 'pause') one.State = { ...one.State, Paused: true }
    else if (action === 'unpause') one.State = { ...one.State, Paused: false }
    else if (action === 'rename') one.Name = `/${query.name}`
    else if (action === 'logs') return this.output
    else if (action === 'top') return { Titles: ['PID', 'CMD'], Processes: [['1', 'serve']] }
    else if (action === 'wait') {
      one.State = { ...one.State, Running: false, ExitCode: this.exit }
      return { StatusCode: this.exit }
    } else throw new Refusal(404, 'page not found')
    return undefined
  }

  #create(body: Fields, name: string | undefined): unknown {
    const { HostConfig, NetworkingConfig, Image, ...config } = body as Fields & { HostConfig: Fields }
    const image = this.#image(String(Image))
    if (this.containers.some((one) => one.Name === `/${name}`))
      throw new Refusal(409, `Conflict. The container name "/${name}" is already in use`)
    this.#counter += 1
    const given = (NetworkingConfig as { EndpointsConfig?: Record<string, Fields> } | undefined)?.EndpointsConfig
    const base = image.Config
    const key = id(this.#counter)
    this.containers.push({
      Id: key,
      Name: `/${name ?? `brave_${this.#counter}`}`,
      Image: image.Id,
      Config: {
        Hostname: key.slice(0, 12),
        Domainname: '',
        User: '',
        Tty: false,
        OpenStdin: false,
        WorkingDir: '',
        Entrypoint: null,
        ...base,
        ...config,
        Image,
        ...inherited(base, config),
      },
      HostConfig: {
        NetworkMode: 'default',
        RestartPolicy: { Name: 'no', MaximumRetryCount: 0 },
        ShmSize: 67_108_864,
        LogConfig: { Type: 'json-file', Config: {} },
        Binds: null,
        ...HostConfig,
        ...linked(HostConfig, name),
      },
      State: { Running: false, Paused: false, ExitCode: 0, Pid: 0 },
      networks: given === undefined ? { bridge: {} } : structuredClone(given),
    })
    return { Id: key, Warnings: [] }
  }

  #images({ method, query, headers, bytes }: Call, name: string, action: string): unknown {
    if (name === 'json') return this.images.map(({ Id, RepoTags }) => ({ Id, RepoTags, Size: 1 }))
    if (name === 'create') return this.#pull(`${query.fromImage}:${query.tag}`, headers)
    if (name === 'load') {
      if (!bytes.toString().includes('archive')) return `${JSON.stringify({ error: 'invalid tar header' })}\n`
      this.addImage('loaded:latest')
      return `${JSON.stringify({ stream: 'Loaded image: loaded:latest\n' })}\n`
    }
    const image = this.#image(name)
    if (method === 'DELETE') {
      if (query.force !== '1' && this.containers.some((one) => one.Image === image.Id))
        throw new Refusal(409, `conflict: unable to remove repository reference "${name}"`)
      this.images.splice(this.images.indexOf(image), 1)
      return [{ Untagged: name }]
    }
    if (action === 'tag') return void image.RepoTags.push(`${query.repo}:${query.tag}`)
    if (action === 'history')
      return [
        { Id: image.Id, CreatedBy: 'CMD serve' },
        { Id: '<missing>', CreatedBy: 'ADD file' },
      ]
    return { Id: image.Id, RepoTags: image.RepoTags, Config: image.Config }
  }

  #pull(name: string, headers: Call['headers']): string {
    const config = this.registry[name]
    const lines: Fields[] = [{ status: `Pulling from ${name}` }]
    if (config === undefined) lines.push({ error: `manifest for ${name} not found: manifest unknown` })
    else if (config.needsLogin === true && headers['x-registry-auth'] === undefined)
      lines.push({ error: 'no basic auth credentials' })
    else {
      for (const image of this.images.filter((one) => one.RepoTags.includes(name)))
        this.images.splice(this.images.indexOf(image), 1)
      this.addImage(name, config)
      lines.push(
        { status: 'Already exists', id: 'aaa' },
        { status: 'Downloading', id: 'bbb' },
        { status: 'Pull complete', id: 'bbb' },
      )
      lines.push({ status: `Status: Downloaded newer image for ${name}` })
    }
    return lines.map((line) => `${JSON.stringify(line)}\r\n`).join('')
  }

  #build({ query, bytes }: Call): string {
    if (!bytes.toString('latin1').includes('FROM'))
      return `${JSON.stringify({ error: 'Cannot locate specified Dockerfile: Dockerfile' })}\n`
    const image = this.addImage(query.t ?? '<none>:<none>')
    return `${JSON.stringify({ stream: 'Step 1/1 : FROM scratch\n' })}\n${JSON.stringify({ aux: { ID: image.Id } })}\n`
  }

  #exec(name: string, action: string): unknown {
    const command = this.#commands.get(name) ?? ''
    const answer = this.execs[command] ?? { output: frame(2, `exec: ${command}: not found\n`), exit: 127 }
    return action === 'start' ? answer.output : { ExitCode: answer.exit, Pid: 4712 }
  }

  #networks({ method, body, query }: Call, name: string, action: string): unknown {
    if (name === '') {
      const { name: names } = JSON.parse(query.filters ?? '{}') as { name?: string[] }
      return this.networks.filter((one) => names === undefined || names.includes(String(one.Name)))
    }
    if (name === 'create') {
      this.#counter += 1
      const ipam = {
        Driver: 'default',
        Config: [{ Subnet: '172.30.0.0/16', Gateway: '172.30.0.1' }],
        ...(body.IPAM as Fields | undefined),
      }
      this.networks.push({
        Id: id(this.#counter),
        Driver: 'bridge',
        Internal: false,
        Attachable: false,
        EnableIPv6: false,
        Options: {},
        Labels: {},
        Scope: 'local',
        ...body,
        IPAM: ipam,
        Containers: {},
      })
      return { Id: id(this.#counter), Warning: '' }
    }
    const network = this.#network(name)
    if (method === 'DELETE') return void this.networks.splice(this.networks.indexOf(network), 1)
    if (method === 'GET') return network
    const one = this.container(String(body.Container))
    const members = network.Containers as Record<string, Fields>
    if (action === 'disconnect') {
      delete one.networks[String(network.Name)]
      delete members[one.Id]
    } else {
      const config = (body.EndpointConfig ?? {}) as Fields
      const address = (config.IPAMConfig as Fields | undefined)?.IPv4Address
      if (address === '10.0.0.66') throw new Refusal(400, 'user specified IP address is not in the subnet')
      one.networks[String(network.Name)] = {
        ...config,
        Aliases: [...((config.Aliases as string[] | undefined) ?? []), one.Id.slice(0, 12)],
      }
      members[one.Id] = { Name: one.Name.slice(1), IPv4Address: address === undefined ? '' : `${address}/24` }
    }
    return undefined
  }

  #volumes({ method, body }: Call, name: string): unknown {
    if (name === '') return { Volumes: this.volumes, Warnings: null }
    if (name === 'create') {
      const volume = { Driver: 'local', ...body, Mountpoint: `/var/lib/docker/volumes/${body.Name}/_data` }
      this.volumes.push(volume)
      return volume
    }
    const found = this.volumes.find((one) => one.Name === name)
    if (found === undefined) throw new Refusal(404, `get ${name}: no such volume`)
    if (method === 'DELETE') return void this.volumes.splice(this.volumes.indexOf(found), 1)
    return found
  }
}

/** The Engine merges what an image says with what is asked for. */
function inherited(base: Fields, config: Fields): Fields {
  const variables = [...((base.Env as string[] | undefined) ?? []), ...((config.Env as string[] | undefined) ?? [])]
  const merged = new Map(variables.map((one) => [one.split('=')[0], one]))
  return {
    Env: [...merged.values()],
    Labels: { ...(base.Labels as Fields | null), ...(config.Labels as Fields | undefined) },
    ExposedPorts: { ...(base.ExposedPorts as Fields | undefined), ...(config.ExposedPorts as Fields | undefined) },
    Volumes: { ...(base.Volumes as Fields | undefined), ...(config.Volumes as Fields | undefined) },
    ...(config.Entrypoint !== undefined && config.Cmd === undefined ? { Cmd: null } : {}),
  }
}

/** `db:database` of `web` is shown as `/db:/web/database`. */
function linked(host: Fields, name: string | undefined): Fields {
  const links = host.Links as string[] | undefined
  if (links === undefined) return {}
  return { Links: links.map((link) => `/${link.split(':')[0]}:/${name}/${link.split(':')[1]}`) }
}
