/** Functions of `test` that tell about the minion itself. */
import { version } from '../../../base/build-info.ts'
import { s } from '../../../base/schema.ts'
import { type FunctionContext, fn } from '../../../engine/plugin.ts'
import { versionsInformation, versionsReport } from '../../../engine/versions.ts'

async function moduleNames(ctx: FunctionContext): Promise<string[]> {
  const names = await ctx.functions.availableNames()
  return [...new Set(names.map((name) => name.slice(0, name.indexOf('.'))))]
}

export const hostFunctions = {
  version: fn({
    doc: 'Tell the version of this program.',
    returns: s.string(),
    examples: ["salt '*' test.version"],
    run: () => version,
  }),
  versions_information: fn({
    doc: 'Tell the versions of this program, of its libraries and of the system, as data.',
    returns: s.record(s.record(s.string())),
    examples: ["salt '*' test.versions_information"],
    run: async () => ({ ...(await versionsInformation()) }),
  }),
  versions_report: fn({
    doc: 'Tell the versions of this program, of its libraries and of the system, as text.',
    returns: s.text(),
    examples: ["salt '*' test.versions_report"],
    run: () => versionsReport(),
  }),
  versions: fn({
    doc: 'Tell the versions of this program, of its libraries and of the system; short for test.versions_report.',
    returns: s.text(),
    examples: ["salt '*' test.versions"],
    run: () => versionsReport(),
  }),
  conf_test: fn({
    doc: 'Give back the value of the option test.foo in the configuration.',
    returns: s.any(),
    examples: ["salt '*' test.conf_test"],
    run: (ctx) => ctx.salt('config.option', ['test.foo']),
  }),
  get_opts: fn({
    doc: 'Show the configuration that this minion runs with.',
    returns: s.record(s.any()),
    examples: ["salt '*' test.get_opts"],
    run: (ctx) => ({ ...ctx.config.all }),
  }),
  opts_pkg: fn({
    doc: 'Show the configuration that this minion runs with, and its grains.',
    returns: s.record(s.any()),
    examples: ["salt '*' test.opts_pkg"],
    run: (ctx) => ({ ...ctx.config.all, grains: ctx.grains }),
  }),
  provider: fn({
    doc: 'Tell which module stands behind a name.',
    args: { module: s.string('Name of the module') },
    returns: s.string('Empty where there is none'),
    examples: ["salt '*' test.provider cmd"],
    async run(ctx, { module }) {
      return (await moduleNames(ctx)).includes(module) ? module : ''
    },
  }),
  providers: fn({
    doc: 'List the modules and what stands behind each name.',
    returns: s.record(s.string()),
    examples: ["salt '*' test.providers"],
    run: async (ctx) => Object.fromEntries((await moduleNames(ctx)).map((name) => [name, name])),
  }),
  not_loaded: fn({
    doc: 'List the modules that cannot be used on this host.',
    returns: s.array(s.string()),
    examples: ["salt '*' test.not_loaded"],
    async run(ctx) {
      const usable = await moduleNames(ctx)
      const all = new Set(ctx.functions.names().map((name) => name.slice(0, name.indexOf('.'))))
      return [...all].filter((name) => !usable.includes(name))
    },
  }),
  module_report: fn({
    doc: 'List all functions and modules that can be called here.',
    returns: s.record(s.array(s.string())),
    examples: ["salt '*' test.module_report"],
    async run(ctx) {
      const functions = [...(await ctx.functions.availableNames())]
      const modules = await moduleNames(ctx)
      return {
        functions,
        function_attrs: functions,
        function_subs: functions,
        modules,
        module_attrs: modules,
        missing_attrs: [],
        missing_subs: [],
      }
    },
  }),
}
