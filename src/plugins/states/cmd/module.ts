import type { Schema } from '../../../base/schema.ts'
import { defineStates, state } from '../../../engine/plugin.ts'
import { right } from '../../../engine/state/plan.ts'
import { ignoredArguments, runArguments, scriptArguments } from './arguments.ts'
import { planCommand } from './command.ts'
import { planScript } from './script.ts'

const ignored = ignoredArguments

const wait = {
  doc: 'Run a command line only when something that the state watches has changed. cmd.run with onchanges does the same.',
  args: runArguments,
  ignored,
  plan: () => right(''),
  watch: planCommand,
} satisfies { args: Record<string, Schema> } & Record<string, unknown>

export const cmd = defineStates({
  name: 'cmd',
  doc: 'Runs commands and scripts. They count as changes whenever they run, unless they are stateful.',
  functions: {
    run: state({
      doc: 'Run a command line with a shell.',
      args: runArguments,
      ignored,
      examples: [
        'make the index:\n  cmd.run:\n    - name: /usr/local/bin/index --all\n    - cwd: /srv/data\n    - runas: www-data\n    - creates: /srv/data/index',
        'say what has changed:\n  cmd.run:\n    - name: echo "changed=yes comment=\'all is well\'"\n    - stateful: true',
      ],
      plan: planCommand,
      watch: planCommand,
    }),
    wait: state({
      ...wait,
      examples: ['newaliases:\n  cmd.wait:\n    - watch:\n      - file: /etc/aliases'],
    }),
    watch: state({
      ...wait,
      examples: ['newaliases:\n  cmd.watch:\n    - watch:\n      - file: /etc/aliases'],
    }),
    script: state({
      doc: 'Run a script that comes from the master or lies on the minion.',
      args: scriptArguments,
      ignored,
      examples: [
        'set up the database:\n  cmd.script:\n    - source: salt://scripts/setup.sh\n    - args: "--name shop"\n    - creates: /var/lib/shop/db',
      ],
      plan: planScript,
      watch: planScript,
    }),
    wait_script: state({
      doc: 'Run a script only when something that the state watches has changed.',
      args: scriptArguments,
      ignored,
      examples: ['salt://scripts/reindex.sh:\n  cmd.wait_script:\n    - watch:\n      - file: /srv/data/list'],
      plan: () => right(''),
      watch: planScript,
    }),
  },
})
