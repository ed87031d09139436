/** Every query of Nexmark in every pair of settings. */

import { describe, expect, it } from 'vitest'
import { QUERIES } from '../../../bench/nexmark/queries/index.ts'
import { checkQuery } from '../run-query.ts'
import { ALL, labelOf, PAIRWISE, pairsOf } from '../settings.ts'

it('the table of settings has every pair', () => {
  expect(new Set(PAIRWISE.flatMap(pairsOf))).toEqual(new Set(ALL.flatMap(pairsOf)))
})

for (const [name, query] of Object.entries(QUERIES)) {
  describe(`${name}, ${query.title}`, () => {
    for (const setting of PAIRWISE) {
      it(labelOf(setting), () => checkQuery(name, query, setting))
    }
  })
}
