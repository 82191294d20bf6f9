import { basename, dirname } from 'node:path'
import { s } from '../../base/schema.ts'
import { setOption, writeInclude } from '../../engine/options/edit-options.ts'
import { loadMasterOptions, masterRole } from '../../engine/options/master-options.ts'
import { defineRunner, runnerFn } from '../../engine/plugin.ts'

export const config = defineRunner({
  name: 'config',
  doc: 'Reads and changes the configuration files of the master. Changes take effect when it reads them again: with SIGHUP, or its next start.',
  functions: {
    values: runnerFn({
      doc: 'Show the options as the files say now, with the defaults for the others.',
      returns: s.record(s.any()),
      isSecret: true,
      examples: ['salt wheel config.values'],
      run: async (ctx) => ({ ...(await loadMasterOptions({ configDir: dirname(ctx.configFile) })).view.all }),
    }),
    apply: runnerFn({
      doc: 'Set an option in the main file. Comments and other options stay as they are; a value that a start would refuse is refused.',
      args: { key: s.string('Name of the option'), value: s.any('Its value') },
      returns: s.null(),
      examples: ['salt wheel config.apply timeout 10', "salt wheel config.apply peer '{web1: [test.*]}'"],
      async run(ctx, { key, value }) {
        await setOption(masterRole, ctx.configFile, [key, value])
        return null
      },
    }),
    update_config: runnerFn({
      doc: 'Write options into a file of their own in the folder of default_include, in place of what that file held.',
      args: {
        file_name: s.string('Name of the file without .conf'),
        yaml_contents: s.record(s.any(), 'The options'),
      },
      returns: s.string(),
      examples: ["salt wheel config.update_config limits '{timeout: 10, max_minions: 500}'"],
      async run(ctx, { file_name, yaml_contents }) {
        return `Wrote ${basename(await writeInclude(masterRole, ctx.configFile, [file_name, yaml_contents]))}`
      },
    }),
  },
})
