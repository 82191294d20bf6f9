/** Pillar is compared whole where minions ask: they must not find out the pillar of others by patterns. */

/** The kind that means the same with exact values of pillar. */
export function exactTargetType(type: string): string {
  if (type === 'pillar' || type === 'pillar_pcre') return 'pillar_exact'
  return type === 'compound' ? 'compound_pillar_exact' : type
}

/** Whether a target may look at pillar by patterns. */
export function mayUsePillarPatterns(tgt: string | readonly string[], type: string): boolean {
  if (type === 'compound') return [tgt].flat().some((part) => /[IJN]@/.test(part))
  return exactTargetType(type) !== type
}
