import fc from 'fast-check'
import { expect, it } from 'vitest'
import type { Dataset } from '../../src/index.ts'
import { type Row, runWhole } from '../cases/verb-case.ts'
import { runs } from '../effort.ts'

interface SideRow extends Row {
  readonly at: bigint
  readonly k: number | null
  readonly n: number
}

/** Microseconds: several in one millisecond, before 1970 and after it. */
const time = fc.oneof(
  fc.integer({ min: -3, max: 3 }).map(ms => BigInt(ms * 1000)),
  fc.integer({ min: -2500, max: 2500 }).map(BigInt),
)
const splits = fc.array(
  fc.array(fc.record({ at: time, k: fc.option(fc.integer({ min: 0, max: 2 }), { freq: 8 }) }), {
    maxLength: 14,
  }),
  { minLength: 1, maxLength: 2 },
)
const side = fc.record({ splits, bounded: fc.boolean() })

/** Rows with a number each, which is their place. */
function numbered(splits: readonly (readonly { at: bigint; k: number | null }[])[]): SideRow[][] {
  let n = 0
  return splits.map(rows => rows.map(row => ({ ...row, n: n++ })))
}

const DIRECTIONS = ['backward', 'forward', 'nearest'] as const

interface Wanted {
  readonly direction: (typeof DIRECTIONS)[number]
  readonly keyed: boolean
  readonly toleranceUs: bigint | undefined
}

/** By definition: among all rows that may be met the nearest one, of those as near the earlier, at one time the last. */
function partner(
  row: SideRow,
  others: readonly SideRow[],
  { direction, keyed, toleranceUs }: Wanted,
): SideRow | undefined {
  const apart = (other: SideRow) => (other.at < row.at ? row.at - other.at : other.at - row.at)
  return others
    .filter(
      other =>
        (!keyed || (row.k !== null && other.k === row.k)) &&
        (direction === 'nearest' || (direction === 'backward' ? other.at <= row.at : other.at >= row.at)) &&
        (toleranceUs === undefined || apart(other) <= toleranceUs),
    )
    .sort((a, b) => Number(apart(a) - apart(b)) || Number(a.at - b.at) || b.n - a.n)[0]
}

it('an as-of join finds what a search of all rows finds, whatever is streamed, cut up and spread', async () => {
  await fc.assert(
    fc.asyncProperty(
      side,
      side,
      fc.record({
        direction: fc.constantFrom(...DIRECTIONS),
        keyed: fc.boolean(),
        tolerance: fc.constantFrom(undefined, 0, 1, 2),
        inner: fc.boolean(),
      }),
      fc.constantFrom(0, 0, 1, 2, 3),
      fc.constantFrom(1, 2, 5, 1000),
      async (left, right, { direction, keyed, tolerance, inner }, shards, batchRows) => {
        const [lefts, rights] = [numbered(left.splits), numbered(right.splits)]
        const schema = { at: 'timestamp[us]', k: 'int32', n: 'int32' } as const
        const inputs = [
          { schema, rows: lefts },
          { schema: { ...schema, k: 'int64' }, rows: rights },
        ] as const
        const isTemporal = direction === 'backward' && keyed && tolerance === undefined
        const outOfOrder = '6ms'
        const query = (a: Dataset<any, any>, b: Dataset<any, any>) => {
          const sides = [a.watermark('at', { outOfOrder }), b.watermark('at', { outOfOrder })] as const
          if (isTemporal)
            return sides[0]
              .join(sides[1], { on: 'k', asOf: 'event', how: inner ? 'inner' : 'left' })
              .select('n', 'n_right')
          return sides[0]
            .asofJoin(sides[1], {
              direction,
              ...(keyed ? { on: 'k' } : {}),
              ...(tolerance === undefined ? {} : { tolerance }),
            })
            .select('n', 'n_right')
        }
        const bounds = [left.bounded, right.bounded]
        const { rows } = await runWhole({ inputs, query, expect: [] }, bounds, { shards, batchRows })
        const wanted = {
          direction,
          keyed,
          toleranceUs: tolerance === undefined ? undefined : BigInt(tolerance * 1000),
        }
        const expected = lefts
          .flat()
          .sort((a, b) => Number(a.at - b.at) || a.n - b.n)
          .map(row => ({ n: row.n, n_right: partner(row, rights.flat(), wanted)?.n ?? null }))
          .filter(({ n_right }) => !isTemporal || !inner || n_right !== null)
        const found = rows.map(({ row }) => row)
        // Looking ahead, a key whose row is settled overtakes others that wait.
        const ordered = direction === 'backward' || (left.bounded && right.bounded)
        const byNumber = (a: Row, b: Row) => (a.n as number) - (b.n as number)
        expect(ordered ? found : found.sort(byNumber)).toEqual(ordered ? expected : expected.sort(byNumber))
      },
    ),
    { numRuns: runs(60) },
  )
})
