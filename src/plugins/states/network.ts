import { s } from '../../base/schema.ts'
import { defineStates, type StateContext, state } from '../../engine/plugin.ts'
import { hasFunction } from '../../engine/state/functions-here.ts'
import { done, failed, impossible, pending, right, type StatePlan } from '../../engine/state/plan.ts'
import { assertHostname } from '../modules/network/hostname.ts'

interface Wishes {
  readonly name: string
  readonly hostname: string | undefined
}

const upToDate = 'Global network settings are up to date.'

async function planSystem(ctx: StateContext, { hostname }: Wishes): Promise<StatePlan> {
  if (hostname === undefined) return right(upToDate)
  if (!(await hasFunction(ctx, 'network.mod_hostname'))) {
    return impossible('The name of this host cannot be set on this platform.')
  }
  assertHostname(hostname)
  const now = String(await ctx.salt('network.get_hostname'))
  const isSame = now === hostname || now.split('.')[0] === hostname
  if (isSame) return right(upToDate)
  const difference = `-HOSTNAME=${now}\n+HOSTNAME=${hostname}`
  return pending({
    comment: `Global network settings are set to be updated:\n${difference}`,
    changes: { network_settings: difference },
    async apply() {
      if ((await ctx.salt('network.mod_hostname', [hostname])) !== true) {
        return failed(`Failed to set the name of the host to ${hostname}`)
      }
      return done('Global network settings are updated.', { network_settings: difference })
    },
  })
}

/** What would have to know every program that configures networks; the way round does the same. */
function refused(what: string): () => StatePlan {
  return () =>
    impossible(
      `network.${what} is not available: networks are configured by files of many programs. Write the file with file.managed (/etc/network/interfaces.d/NAME, /etc/systemd/network/NAME.network, /etc/NetworkManager/system-connections/NAME.nmconnection or /etc/netplan/NAME.yaml) and let service.running watch it, or cmd.run apply it with onchanges.`,
    )
}

const elsewhere = 'the files of the network hold it: write them with file.managed'

export const network = defineStates({
  name: 'network',
  doc: 'Sets the name of the host. Interfaces and routes are left to files.',
  functions: {
    system: state({
      doc: 'Let the host have a name.',
      args: {
        name: s.string('Any text'),
        hostname: s.optional(s.string('The name')),
        apply_hostname: s.withDefault(s.boolean('Accepted: the name counts at once'), true),
        retain_settings: s.withDefault(s.boolean('Accepted: what is not named stays as it is'), true),
      },
      ignored: {
        enabled: elsewhere,
        gateway: elsewhere,
        gatewaydev: elsewhere,
        nozeroconf: elsewhere,
        nisdomain: elsewhere,
        require_reboot: 'the name counts at once',
        search: elsewhere,
      },
      examples: ['system:\n  network.system:\n    - hostname: web1.example.org'],
      plan: planSystem,
    }),
    managed: state({
      doc: 'Refused: an interface is configured by a file, which file.managed writes.',
      args: { name: s.string('Name of the interface') },
      extra: s.any('Any setting'),
      examples: ['eth0:\n  network.managed:\n    - type: eth\n    - proto: dhcp'],
      plan: refused('managed'),
    }),
    routes: state({
      doc: 'Refused: routes are configured by files, which file.managed writes.',
      args: { name: s.string('Name of the interface') },
      extra: s.any('Any setting'),
      examples: [
        'eth0:\n  network.routes:\n    - routes:\n      - name: office\n        ipaddr: 10.2.0.0\n        netmask: 255.255.0.0\n        gateway: 10.1.0.3',
      ],
      plan: refused('routes'),
    }),
  },
})
