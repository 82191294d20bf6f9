import { s } from '../../../base/schema.ts'
import { defineStates, state } from '../../../engine/plugin.ts'
import { absentArguments, fileArguments, leftOver, presentArguments, user } from './arguments.ts'
import { planFile } from './file.ts'
import { planAbsent, planNoVariable, planPresent, planVariable } from './jobs.ts'

const variable = s.string('Name of the variable')

export const cron = defineStates({
  name: 'cron',
  doc: 'Manages the crontabs of users.',
  functions: {
    present: state({
      doc: 'Let a job be in a crontab. It is found by its identifier, which is the command where none is given.',
      args: presentArguments,
      examples: [
        '/usr/local/bin/backup --all:\n  cron.present:\n    - identifier: backup\n    - user: root\n    - minute: random\n    - hour: 2',
        'at boot:\n  cron.present:\n    - name: /usr/local/bin/announce\n    - special: "@reboot"',
      ],
      plan: planPresent,
    }),
    absent: state({
      doc: 'Let a job not be in a crontab.',
      args: absentArguments,
      ignored: leftOver,
      examples: ['no backup:\n  cron.absent:\n    - name: /usr/local/bin/backup\n    - identifier: backup'],
      plan: planAbsent,
    }),
    file: state({
      doc: 'Let a file be the whole crontab of a user.',
      args: fileArguments,
      ignored: {
        source_hash_name: 'source_hash is the hash itself',
        backup: 'the changes of the state show what was there',
      },
      examples: ['salt://cron/fred:\n  cron.file:\n    - user: fred\n    - template: jinja'],
      plan: planFile,
    }),
    env_present: state({
      doc: 'Let a variable be set in a crontab.',
      args: { name: variable, value: s.optional(s.string('Its value; empty by default')), user },
      examples: ['MAILTO:\n  cron.env_present:\n    - value: admin@example.org\n    - user: fred'],
      plan: planVariable,
    }),
    env_absent: state({
      doc: 'Let a variable not be set in a crontab.',
      args: { name: variable, user },
      examples: ['MAILTO:\n  cron.env_absent:\n    - user: fred'],
      plan: planNoVariable,
    }),
  },
})
