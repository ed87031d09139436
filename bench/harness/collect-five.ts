/** A program of its own: five rows in, five rows out. Its time from start to end is measured. */

import { read } from '../../src/index.ts'

const rows = await read
  .rows([1, 2, 3, 4, 5].map(delay => ({ delay })))
  .filter(r => r.delay.gt(0))
  .collect()
if (rows.length !== 5) throw new Error(`expected 5 rows, got ${rows.length}`)
