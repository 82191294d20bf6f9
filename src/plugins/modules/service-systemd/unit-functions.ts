/** Functions of `service` that only systemd has. */
import { s } from '../../../base/schema.ts'
import { assertOperand, linesOf, wordsOf } from '../../../engine/functions/host-programs.ts'
import { root, serviceName } from '../../../engine/functions/services/service-functions.ts'
import { fn } from '../../../engine/plugin.ts'
import { unitsInState } from './manager.ts'
import { readExecs, readProperties } from './properties.ts'
import { assertBooted, isOffline, mustSystemctl, reloadDaemon, setMask, systemctl } from './systemctl.ts'
import { isMasked, shortName } from './units.ts'

const runtime = s.withDefault(s.boolean('Only until the next boot'), false)

const unmask = fn({
  doc: 'Lift the mask of a service.',
  args: { name: serviceName, runtime, root },
  returns: s.boolean('Always true'),
  examples: ["salt '*' service.unmask foo", "salt '*' service.unmask foo runtime=true"],
  run(ctx, args) {
    assertOperand(args.name, 'the name of a service')
    return setMask(ctx, args.name, false, args)
  },
})

export const unitFunctions = {
  get_running: fn({
    doc: 'List the units that run.',
    returns: s.array(s.string()),
    examples: ["salt '*' service.get_running"],
    async run(ctx) {
      assertBooted(ctx, 'run')
      const { stdout } = await systemctl(ctx, ['list-units', '--full', '--no-legend', '--no-pager', '--plain'])
      const running = linesOf(stdout)
        .map(wordsOf)
        .filter((words) => words[3] === 'running')
      return [...new Set(running.map(([unit = '']) => shortName(unit)).filter((name) => name !== undefined))].sort()
    },
  }),
  get_static: fn({
    doc: 'List the units that cannot be enabled by themselves, because others need them.',
    args: { root },
    returns: s.array(s.string()),
    examples: ["salt '*' service.get_static"],
    run: async (ctx, args) => [...new Set(await unitsInState(ctx, 'static', args.root))].sort(),
  }),
  mask: fn({
    doc: 'Keep a service from being started at all.',
    args: { name: serviceName, runtime, root },
    returns: s.boolean('Always true'),
    examples: ["salt '*' service.mask foo", "salt '*' service.mask foo runtime=true"],
    run(ctx, args) {
      assertOperand(args.name, 'the name of a service')
      return setMask(ctx, args.name, true, args)
    },
  }),
  unmask,
  unmask_: { ...unmask, examples: ["salt '*' service.unmask_ foo"] },
  masked: fn({
    doc: 'Tell whether a service is masked.',
    args: {
      name: serviceName,
      runtime: s.withDefault(s.boolean('Look for the mask that lasts until the next boot'), false),
      root,
    },
    returns: s.boolean(),
    examples: ["salt '*' service.masked foo", "salt '*' service.masked foo runtime=true"],
    run: (ctx, args) => isMasked(ctx, args.name, args.runtime, args.root),
  }),
  show: fn({
    doc: 'Tell all properties of a unit.',
    args: { name: serviceName, root },
    returns: s.record(s.any()),
    examples: ["salt '*' service.show sshd"],
    async run(ctx, args) {
      assertOperand(args.name, 'the name of a service')
      return readProperties((await systemctl(ctx, ['show'], args)).stdout)
    },
  }),
  execs: fn({
    doc: 'Tell which program each service starts.',
    args: { root },
    returns: s.record(s.string()),
    examples: ["salt '*' service.execs"],
    run: (ctx, args) => readExecs(ctx, args.root),
  }),
  cat: fn({
    doc: 'Show the files that define a unit.',
    args: { name: serviceName, root },
    returns: s.text(),
    examples: ["salt '*' service.cat sshd"],
    async run(ctx, args) {
      assertOperand(args.name, 'the name of a service')
      const { stdout } = await mustSystemctl(ctx, ['cat', '--no-pager'], args)
      return stdout.trimEnd()
    },
  }),
  offline: fn({
    doc: 'Tell whether systemd is used on files only, as in an image that is being built.',
    returns: s.boolean(),
    examples: ["salt '*' service.offline"],
    run: (ctx) => isOffline(ctx.grains),
  }),
  systemctl_reload: fn({
    doc: 'Let systemd read all unit files again, as is needed after a change to one of them.',
    returns: s.boolean('Always true'),
    examples: ["salt '*' service.systemctl_reload"],
    async run(ctx) {
      assertBooted(ctx, 'reload')
      await reloadDaemon(ctx)
      return true
    },
  }),
}
