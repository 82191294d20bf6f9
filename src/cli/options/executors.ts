import { type OptionSpec, text } from './option.ts'

export const executorOptions: readonly OptionSpec[] = [
  text(
    ['--module-executors', '--executors'],
    'LIST',
    'Executors to use; direct_call, which is always used, is the only one.',
  ),
  text(['--executor-opts'], 'MAPPING', 'Options of executors; direct_call has none.'),
]
