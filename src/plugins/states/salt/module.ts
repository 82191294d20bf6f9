import { defineStates } from '../../../engine/plugin.ts'
import { runFunction } from './run-function.ts'
import { runRunner, runWheel } from './run-master-function.ts'
import { runParallelRunners } from './run-parallel-runners.ts'
import { runStates } from './run-states.ts'
import { waitForEvent } from './wait-for-event.ts'

export const salt = defineStates({
  name: 'salt',
  doc: 'Orchestration: what the master does with its minions and itself, step by step, with `salt run state.orchestrate`.',
  functions: {
    state: runStates,
    function: runFunction,
    runner: runRunner,
    parallel_runners: runParallelRunners,
    wheel: runWheel,
    wait_for_event: waitForEvent,
  },
})
