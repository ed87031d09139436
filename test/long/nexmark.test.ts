/**
 * Nexmark in all settings: of the whole product, which takes an hour, another part each day. `NEXMARK_SEED` repeats the
 * part of a day, `NEXMARK_SETTINGS=216` runs them all.
 */

import { describe, it } from 'vitest'
import { QUERIES } from '../../bench/nexmark/queries/index.ts'
import { seeded } from '../../src/testing/seeded.ts'
import { checkQuery } from '../nexmark/run-query.ts'
import { ALL, labelOf } from '../nexmark/settings.ts'

const DAY_MS = 86_400_000
const seed = Number(process.env.NEXMARK_SEED ?? Math.floor(Date.now() / DAY_MS))
/** Settings for each query. */
const SETTINGS = Number(process.env.NEXMARK_SETTINGS ?? 20)

const random = seeded(seed)
for (const [name, query] of Object.entries(QUERIES)) {
  describe(`${name}, NEXMARK_SEED=${seed}`, () => {
    const order = ALL.map(setting => ({ setting, at: random() })).sort((a, b) => a.at - b.at)
    for (const { setting } of order.slice(0, SETTINGS)) {
      it(labelOf(setting), () => checkQuery(name, query, setting))
    }
  })
}
