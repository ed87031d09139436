/** A corpus in the likeness of NAB of series whose law is known: what the threshold of the headline is chosen on. */

import { HOUR_MS, START_MS, seeded } from '../../test/models/detectors/simulate.ts'
import { BASE_SERIES } from '../../test/models/generators/base-series.ts'
import { MONITORING_SERIES } from '../../test/models/generators/monitoring-series.ts'
import { RESTLESS_SERIES } from '../../test/models/generators/restless-series.ts'
import { FAULTS } from '../power/faults.ts'
import type { CorpusSeries } from './read-corpus.ts'

/** About what NAB has for a window; the window is a tenth of them, as there. */
const ROWS = 3500
const WINDOW = 350
/** Windows begin after the probation, and end before the last row. */
const FIRST_ONSET = 725
const LAST_ONSET = 3300
const PER_KIND = 10

/** Ten series of each kind of the power suite, each with one fault that suits it, in the middle of its window. */
export function simulatedCorpus(seed: number): CorpusSeries[] {
  return [...BASE_SERIES, ...MONITORING_SERIES, ...RESTLESS_SERIES].flatMap((base, kind) =>
    Array.from({ length: PER_KIND }, (_, i) => {
      const u = seeded(1_000_003 * seed + 101 * kind + i)
      const faults = FAULTS.filter(fault => fault.suits?.(base) ?? true)
      const fault = faults[Math.floor(u() * faults.length)]!
      const onset = FIRST_ONSET + Math.floor(u() * (LAST_ONSET - FIRST_ONSET))
      const sign = base.counts || u() < 0.5 ? 1 : -1
      const values = base.draw(u, ROWS, fault.change(onset, sign, base))
      const { everyMs = HOUR_MS } = base
      return {
        name: `${base.name}/${i}, ${fault.name}`,
        rows: ROWS,
        timesMs: Float64Array.from(values, (_, row) => START_MS + row * everyMs),
        values,
        windows: [{ first: onset - WINDOW / 2, last: onset + WINDOW / 2 - 1 }],
      }
    }),
  )
}
