/** Pillar of a minion that works alone: from its own `pillar_roots` and sources. */
import { type ContextInputs, createFunctionContext } from '../functions/context.ts'
import type { PillarQuestion } from '../plugin.ts'
import { DecryptedMessages } from '../render/gpg/gpg-decryptor.ts'
import { type CompiledPillar, compilePillar } from './compile-pillar.ts'

/** @param inputs those of a function of this minion. */
export async function compileHere(inputs: ContextInputs, question: PillarQuestion): Promise<CompiledPillar> {
  return await compilePillar(
    {
      config: inputs.config,
      log: inputs.log,
      decrypted: new DecryptedMessages(),
      memory: new Map(),
      contextFor: async ({ id, grains, pillar, log, services }) =>
        createFunctionContext({
          ...inputs,
          id,
          grains: () => grains,
          pillar,
          log,
          services: { ...inputs.services, ...services },
        }).context,
    },
    { id: inputs.id, grains: inputs.grains(), ...question },
  )
}
