import { SaltError } from '../../../base/errors.ts'
import { s } from '../../../base/schema.ts'
import { complaintOf, linesOf, mustRun } from '../../../engine/functions/host-programs.ts'
import type { ServiceManager } from '../../../engine/functions/services/manager.ts'
import {
  root,
  serviceDoc,
  serviceFunctions,
  serviceName,
} from '../../../engine/functions/services/service-functions.ts'
import { defineModule, type FunctionContext, fn } from '../../../engine/plugin.ts'
import { domainOf, findJob, readJobs, readPropertyList, requireJob } from './jobs.ts'

const runas = s.optional(s.string('User whose services are meant'))

function runasOption(user: string | undefined): { readonly runas?: string } {
  return user === undefined || user === '' ? {} : { runas: user }
}

/** What `launchctl list LABEL` prints of a job that is loaded, else undefined. */
async function loadedJob(ctx: FunctionContext, label: string, user?: string): Promise<string | undefined> {
  const { stdout, retcode } = await ctx.exec(['launchctl', 'list', label], runasOption(user))
  return retcode === 0 ? stdout : undefined
}

/** Labels of all loaded jobs: third column of `PID Status Label`. */
async function loadedLabels(ctx: FunctionContext, user: string | undefined): Promise<string[]> {
  const { stdout } = await mustRun(ctx, ['launchctl', 'list'], runasOption(user))
  return linesOf(stdout)
    .slice(1)
    .map((line) => line.split('\t')[2] ?? '')
    .filter((label) => label !== '')
    .sort()
}

async function labelOf(ctx: FunctionContext, name: string): Promise<string> {
  return (await findJob(ctx, name))?.label ?? name
}

async function allLabels(ctx: FunctionContext, user: string | undefined): Promise<string[]> {
  const defined = (await readJobs(ctx)).map(({ label }) => label)
  return [...new Set([...defined, ...(await loadedLabels(ctx, user))])].sort()
}

async function act(ctx: FunctionContext, action: string, name: string, user: string | undefined): Promise<boolean> {
  const job = await requireJob(ctx, name)
  const domain = domainOf(ctx, job)
  const options = runasOption(user)
  const isLoaded = (await loadedJob(ctx, job.label, user)) !== undefined
  if (action === 'try-restart' && !isLoaded) return true
  if (action !== 'start' && isLoaded) await mustRun(ctx, ['launchctl', 'bootout', domain, job.path], options)
  if (action === 'stop' || (action === 'start' && isLoaded)) return true
  await mustRun(ctx, ['launchctl', 'bootstrap', domain, job.path], options)
  return true
}

const launchd: ServiceManager = {
  all: (ctx, place) => allLabels(ctx, place.runas),
  enabled: (ctx, place) => loadedLabels(ctx, place.runas),
  async disabled(ctx, place) {
    const enabled = await loadedLabels(ctx, place.runas)
    return (await allLabels(ctx, place.runas)).filter((label) => !enabled.includes(label))
  },
  isAvailable: async (ctx, name) => (await findJob(ctx, name)) !== undefined,
  async isRunning(ctx, name, user) {
    const listed = await loadedJob(ctx, await labelOf(ctx, name), user)
    return listed !== undefined && /"PID" = \d+;/.test(listed)
  },
  isEnabled: async (ctx, name, place) => (await loadedJob(ctx, await labelOf(ctx, name), place.runas)) !== undefined,
  act: (ctx, action, name, options) => act(ctx, action, name, options.runas),
  async setEnabled(ctx, name, enabled, options) {
    const job = await requireJob(ctx, name)
    const target = `${domainOf(ctx, job)}/${job.label}`
    await mustRun(ctx, ['launchctl', enabled ? 'enable' : 'disable', target], runasOption(options.runas))
    return true
  },
}

export const serviceLaunchd = defineModule({
  name: 'service',
  doc: serviceDoc,
  available: ({ grains }) => grains.kernel === 'Darwin' || grains.init === 'launchd' || 'this is not macOS',
  functions: {
    ...serviceFunctions(launchd),
    show: fn({
      doc: 'Tell all properties of a unit or job.',
      args: { name: serviceName, root },
      returns: s.record(s.any()),
      examples: ["salt '*' service.show com.openssh.sshd"],
      async run(ctx, { name }) {
        const job = await requireJob(ctx, name)
        return { file_name: job.fileName, file_path: job.path, plist: await readPropertyList(ctx, job.path) }
      },
    }),
    list: fn({
      doc: 'Show what launchctl tells about all jobs, or one.',
      args: { name: s.optional(serviceName), runas },
      returns: s.text(),
      examples: ["salt '*' service.list", "salt '*' service.list org.cups.cupsd"],
      async run(ctx, { name, runas: user }) {
        const label = name === undefined ? [] : [await labelOf(ctx, name)]
        return (await mustRun(ctx, ['launchctl', 'list', ...label], runasOption(user))).stdout.trimEnd()
      },
    }),
    launchctl: fn({
      doc: 'Run launchctl; true when it worked, or its output when that is asked for.',
      args: { sub_cmd: s.string('What launchctl shall do') },
      rest: s.string('Further words'),
      extra: s.any('return_stdout, runas'),
      returns: s.union([s.boolean(), s.text()]),
      examples: ["salt '*' service.launchctl debug org.cups.cupsd"],
      async run(ctx, { sub_cmd }, { rest, extra }) {
        const argv = ['launchctl', sub_cmd, ...rest.map(String)]
        const user = typeof extra.runas === 'string' ? extra.runas : undefined
        const result = await ctx.exec(argv, runasOption(user))
        if (result.retcode !== 0) {
          throw new SaltError('execution-failed', `Failed to ${sub_cmd} service: ${complaintOf(argv, result)}`)
        }
        return extra.return_stdout === true ? result.stdout.trimEnd() : true
      },
    }),
  },
})
