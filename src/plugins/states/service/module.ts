import { s } from '../../../base/schema.ts'
import { defineStates, state } from '../../../engine/plugin.ts'
import { planBoot } from './boot.ts'
import { bootArguments, ignoredArguments, runArguments } from './calls.ts'
import { planMask } from './mask.ts'
import { planDead, planRunning } from './running.ts'
import { cannotWatch, planRestart, planStop } from './watching.ts'

const maskArguments = {
  name: bootArguments.name,
  runtime: s.withDefault(s.boolean('The mask that lasts until the next boot'), false),
}

export const service = defineStates({
  name: 'service',
  doc: 'Starts and stops services, and sets which of them start at boot.',
  functions: {
    running: state({
      doc: 'Let a service run. It is restarted when something that it watches has changed.',
      args: runArguments,
      ignored: ignoredArguments,
      examples: [
        'nginx:\n  service.running:\n    - enable: true\n    - watch:\n      - file: /etc/nginx/nginx.conf',
        'dns:\n  service.running:\n    - name: bind9\n    - reload: true\n    - init_delay: 2',
      ],
      plan: planRunning,
      watch: planRestart,
    }),
    dead: state({
      doc: 'Let a service not run. One that is not installed is dead.',
      args: runArguments,
      ignored: ignoredArguments,
      examples: ['telnetd:\n  service.dead:\n    - enable: false'],
      plan: planDead,
      watch: planStop,
    }),
    enabled: state({
      doc: 'Let a service start at boot, whether it runs now or not.',
      args: bootArguments,
      examples: ['ssh:\n  service.enabled'],
      plan: (ctx, want) => planBoot(ctx, want, true),
      watch: cannotWatch,
    }),
    disabled: state({
      doc: 'Do not let a service start at boot, whether it runs now or not.',
      args: bootArguments,
      examples: ['avahi-daemon:\n  service.disabled'],
      plan: (ctx, want) => planBoot(ctx, want, false),
      watch: cannotWatch,
    }),
    masked: state({
      doc: 'Keep a service from being started at all, with systemd.',
      args: maskArguments,
      examples: ['rpcbind:\n  service.masked'],
      plan: (ctx, want) => planMask(ctx, want, true),
      watch: cannotWatch,
    }),
    unmasked: state({
      doc: 'Let a service be started again, with systemd.',
      args: maskArguments,
      examples: ['rpcbind:\n  service.unmasked:\n    - runtime: true'],
      plan: (ctx, want) => planMask(ctx, want, false),
      watch: cannotWatch,
    }),
  },
})
