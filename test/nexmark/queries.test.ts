/** Every query of Nexmark, in one way; `npm run test:nexmark` runs it in so many that every pair of settings occurs. */

import { describe, it } from 'vitest'
import { QUERIES } from '../../bench/nexmark/queries/index.ts'
import { checkQuery } from './run-query.ts'
import type { Setting } from './settings.ts'

const EVENTS = 2000
const FEW: Setting = {
  input: 'out of order',
  batchRows: 128,
  shards: 2,
  restored: true,
  splits: 2,
  text: 'codes',
}

describe('DuckDB agrees with', () => {
  for (const [name, query] of Object.entries(QUERIES)) {
    it(`${name}, ${query.title}`, async () => {
      await checkQuery(name, query, FEW, EVENTS)
    })
  }
})
