import { s } from '../../../base/schema.ts'
import { withoutPublication } from '../../../engine/functions/bind.ts'
import { asRecord, attempt } from '../../../engine/functions/keeper-functions.ts'
import { defineModule, type FunctionDefinition, fn } from '../../../engine/plugin.ts'
import {
  addBeacon,
  deleteBeacon,
  modifyBeacon,
  resetBeacons,
  saveBeacons,
  switchAll,
  switchBeacon,
} from './changing.ts'
import { ask, entriesOf, shown } from './listing.ts'

const name = s.string('Name of the beacon')
const data = s.union([s.array(s.any()), s.record(s.any())], 'Its options: a list of mappings, or a mapping')
const options = s.any('test: change nothing; persist: keep the change in beacons.conf (true)')
const returns = s.record(s.any(), 'result, comment, and changes')
const asText = s.withDefault(s.boolean('As YAML text; else as data'), true)

function switching(on: boolean): Record<string, FunctionDefinition> {
  const verb = on ? 'enable' : 'disable'
  return {
    [verb]: fn({
      doc: on ? 'Let the beacons work again.' : 'Let no beacon work.',
      extra: options,
      returns,
      examples: [`salt '*' beacons.${verb}`],
      run: (ctx, _args, { extra }) =>
        asRecord(attempt(`Failed to ${verb} beacons on minion`, () => switchAll(ctx, on, withoutPublication(extra)))),
    }),
    [`${verb}_beacon`]: fn({
      doc: on ? 'Let a beacon work again, also one that was disabled because it failed.' : 'Let a beacon work no more.',
      args: { name },
      extra: options,
      returns,
      examples: [`salt '*' beacons.${verb}_beacon ps`],
      run: (ctx, args, { extra }) =>
        asRecord(
          attempt(`Failed to ${verb} beacon ${args.name} on minion`, () =>
            switchBeacon(ctx, args.name, on, withoutPublication(extra)),
          ),
        ),
    }),
  }
}

export const beacons = defineModule({
  name: 'beacons',
  doc: 'Shows and changes what a minion watches on its host. Changes reach the running minion, and outlive it.',
  functions: {
    list: fn({
      doc: 'List the beacons that are configured.',
      args: {
        return_yaml: asText,
        include_pillar: s.withDefault(s.boolean('Those of pillar'), true),
        include_opts: s.withDefault(s.boolean('Those of the configuration'), true),
      },
      returns: s.any('YAML text, or a mapping'),
      examples: ["salt '*' beacons.list", "salt '*' beacons.list return_yaml=False"],
      run: async (ctx, { return_yaml, ...which }) => shown(await entriesOf(ctx, which), return_yaml),
    }),
    list_available: fn({
      doc: 'List the beacons that can be used on this host.',
      args: { return_yaml: asText },
      returns: s.any('YAML text, or a list of names'),
      examples: ["salt '*' beacons.list_available"],
      async run(ctx, { return_yaml }) {
        const { available = [] } = await ask(ctx, { func: 'list_available' })
        return shown(available, return_yaml)
      },
    }),
    add: fn({
      doc: 'Add a beacon.',
      args: { name, beacon_data: data },
      extra: options,
      returns,
      examples: [
        "salt '*' beacons.add load '[{averages: {1m: [0, 4]}}, {onchangeonly: true}]'",
        "salt '*' beacons.add watch_hosts '[{files: {/etc/hosts: {mask: [modify]}}}, {beacon_module: inotify}]'",
      ],
      run: (ctx, args, { extra }) =>
        asRecord(
          attempt(`Failed to add beacon ${args.name}`, () =>
            addBeacon(ctx, { name: args.name, data: args.beacon_data, given: withoutPublication(extra) }),
          ),
        ),
    }),
    modify: fn({
      doc: 'Give a beacon other options, all of them.',
      args: { name, beacon_data: data },
      extra: options,
      returns,
      examples: ["salt '*' beacons.modify ps '[{processes: {apache2: stopped}}]'"],
      run: (ctx, args, { extra }) =>
        asRecord(
          attempt(`Failed to modify beacon ${args.name}`, () =>
            modifyBeacon(ctx, { name: args.name, data: args.beacon_data, given: withoutPublication(extra) }),
          ),
        ),
    }),
    delete: fn({
      doc: 'Delete a beacon.',
      args: { name },
      extra: options,
      returns,
      examples: ["salt '*' beacons.delete ps"],
      run: (ctx, args, { extra }) =>
        asRecord(
          attempt(`Failed to delete beacon ${args.name}`, () =>
            deleteBeacon(ctx, args.name, withoutPublication(extra)),
          ),
        ),
    }),
    ...switching(true),
    ...switching(false),
    save: fn({
      doc: 'Keep all beacons in the file beacons.conf, which outlives the minion, those of pillar excepted.',
      extra: options,
      returns,
      examples: ["salt '*' beacons.save"],
      run: (ctx, _args, { extra }) =>
        asRecord(attempt('Failed to save beacons', () => saveBeacons(ctx, withoutPublication(extra)))),
    }),
    reset: fn({
      doc: 'Delete all beacons.',
      extra: options,
      returns,
      examples: ["salt '*' beacons.reset"],
      run: (ctx, _args, { extra }) =>
        asRecord(attempt('Failed to reset beacons', () => resetBeacons(ctx, withoutPublication(extra)))),
    }),
  },
})
