/** State that is forgotten with event time: keys are numbered anew then, and come back. */

import { expect, it } from 'vitest'
import { outcome, runWhole } from '../cases/verb-case.ts'

const ROWS = 27_000
const KEYS = 9_000
const at = (second: number) => new Date(Date.UTC(2026, 0, 1) + second * 1000)
const schema = { at: 'timestamp[ms]', key: 'utf8', i: 'int32' } as const
/** A row a second; a key is seen again when most others are forgotten. */
const rows = (laterSeconds: number) =>
  Array.from({ length: ROWS }, (_, i) => ({ at: at(i + laterSeconds), key: `key ${i % KEYS}`, i }))

it.each([0, 2])(
  'a join of streams pairs what is near, on %i shards, after keys were forgotten',
  async shards => {
    const { rows: found } = await runWhole(
      {
        inputs: [
          { schema, rows: rows(0) },
          { schema, rows: rows(3) },
        ],
        query: (a: any, b: any) =>
          a.watermark('at').join(b.watermark('at'), { on: 'key', within: '10s' }).select('i', 'i_right'),
        expect: [],
      },
      false,
      { shards, batchRows: 500 },
    )
    const pairs = outcome(found)
    expect(pairs).toHaveLength(ROWS)
    expect(pairs.every(({ i, i_right }) => i === i_right)).toBe(true)
  },
)

it.each([
  ['5000s', ROWS],
  ['20000s', KEYS],
] as const)('distinct with a ttl of %s gives %i rows', async (ttl, expected) => {
  const { rows: found } = await runWhole(
    {
      schema,
      rows: rows(0),
      query: (d: any) => d.watermark('at').distinct('key', { ttl }),
      expect: [],
    },
    false,
    { shards: 0, batchRows: 500 },
  )
  expect(outcome(found)).toHaveLength(expected)
})
