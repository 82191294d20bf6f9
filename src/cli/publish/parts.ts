import type { PublishRequest } from '../../client/api.ts'
import type { MasterBus } from '../../client/master-bus.ts'
import type { OptionValues } from '../parse-command.ts'
import type { Printer } from '../printer.ts'
import type { RunningView } from './running-view.ts'

/** What a job needs that a command line started. */
export interface PublishParts {
  readonly bus: Pick<MasterBus, 'call'>
  readonly request: PublishRequest
  readonly options: OptionValues
  readonly printer: Printer
  /** Undefined where nobody looks. */
  readonly view: RunningView | undefined
}
