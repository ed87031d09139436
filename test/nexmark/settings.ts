/** The ways in which every query is run, and tables of them: all, or so many that every pair occurs. */

export const FACTORS = {
  input: ['bounded', 'in order', 'out of order'],
  batchRows: [1, 7, 4096],
  shards: [1, 2, 3],
  restored: [false, true],
  splits: [1, 2],
  text: ['codes', 'plain'],
} as const

export type Setting = {
  readonly [F in keyof typeof FACTORS]: (typeof FACTORS)[F][number] extends number
    ? number
    : (typeof FACTORS)[F][number]
}

const NAMES = Object.keys(FACTORS) as (keyof Setting)[]

/** All combinations of all settings. */
export const ALL: readonly Setting[] = NAMES.reduce<readonly Partial<Setting>[]>(
  (some, name) => some.flatMap(setting => FACTORS[name].map(value => ({ ...setting, [name]: value }))),
  [{}],
) as readonly Setting[]

/** The pairs of settings that one run has. */
export function pairsOf(setting: Setting): string[] {
  return NAMES.flatMap((a, i) => NAMES.slice(i + 1).map(b => JSON.stringify([a, setting[a], b, setting[b]])))
}

/** Settings of which every pair of two factors' values occurs in one at least: each time the one that adds most. */
export const PAIRWISE: readonly Setting[] = pairwise()

function pairwise(): Setting[] {
  const missing = new Set(ALL.flatMap(pairsOf))
  const table: Setting[] = []
  while (missing.size > 0) {
    let best = ALL[0]!
    let most = 0
    for (const setting of ALL) {
      const adds = pairsOf(setting).filter(pair => missing.has(pair)).length
      if (adds > most) [best, most] = [setting, adds]
    }
    table.push(best)
    for (const pair of pairsOf(best)) missing.delete(pair)
  }
  return table
}

export const labelOf = ({ input, batchRows, shards, restored, splits, text }: Setting): string =>
  `${input}, batches of ${batchRows}, ${shards} shards, ${splits} splits, texts as ${text}${restored ? ', restored' : ''}`
