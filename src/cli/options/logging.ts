import { logLevels } from '../../base/log.ts'
import { type OptionSpec, text } from './option.ts'

const levels = 'all, garbage, trace, debug, profile, info, warning, error, critical, quiet'

export function loggingOptions(level: readonly string[] = ['-l', '--log-level']): readonly OptionSpec[] {
  return [
    text(level, 'LEVEL', `Least important messages to show on the terminal: ${levels}.`, { choices: logLevels }),
    text(['--log-file'], 'FILE', 'Log file instead of the configured one.'),
    text(['--log-file-level'], 'LEVEL', 'Least important messages to write to the log file.', { choices: logLevels }),
  ]
}
