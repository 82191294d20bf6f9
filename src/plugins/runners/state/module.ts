import { defineRunner } from '../../../engine/plugin.ts'
import { controlFunctions } from './control.ts'
import { event } from './event.ts'
import { orchestrate, orchestrateHigh, orchestrateSingle, showOrchestration } from './orchestrate.ts'

export const state = defineRunner({
  name: 'state',
  doc: 'Orchestration: what the master does with its minions, step by step. And a look at the event bus.',
  functions: {
    ...controlFunctions,
    event,
    orchestrate,
    orch: {
      ...orchestrate,
      doc: 'The short name of `state.orchestrate`.',
      examples: ['salt run state.orch orch.deploy'],
    },
    sls: { ...orchestrate, doc: 'Another name of `state.orchestrate`.', examples: ['salt run state.sls orch.deploy'] },
    orchestrate_high: orchestrateHigh,
    orchestrate_single: orchestrateSingle,
    orchestrate_show_sls: showOrchestration,
    orch_show_sls: {
      ...showOrchestration,
      doc: 'The short name of `state.orchestrate_show_sls`.',
      examples: ['salt run state.orch_show_sls orch.deploy'],
    },
  },
})
