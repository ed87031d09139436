import { type AggregateFunction, deadLetter, memory, udaf, udf } from '../../src/index.ts'
import { rowsAre } from './expect.ts'
import { flights } from './flights.ts'

const score = udf('file:///f.ts', 'score', { in: ['float64', 'utf8'], out: 'float64' })
const next = udf((n: bigint) => n + 1n, { in: ['int64'], out: 'int64' })

// Results may be null; arguments are expressions or constants.
rowsAre<{ s: number | null; n: bigint | null }>()(
  flights.select({ s: r => score(r.delay, 'IAH'), n: r => next(r.miles) }),
)
flights.filter(r => score(r.delay, r.origin).gt(3))

// @ts-expect-error: text for a number
flights.with({ s: r => score(r.origin, r.origin) })
// @ts-expect-error: one argument too few
flights.with({ s: r => score(r.delay) })
// @ts-expect-error: the function takes text
udf((text: string) => text.length, { in: ['float64'], out: 'float64' })
// @ts-expect-error: it gives a number
udf((x: number) => x, { in: ['float64'], out: 'utf8' })
// @ts-expect-error: nulls are passed
udf((x: number) => x + 1, { in: ['float64'], out: 'float64', nulls: 'pass' })
// @ts-expect-error: columns are given
udf((x: number) => x, { in: ['float64'], out: 'float64', batch: true })
udf((xs: Float64Array, texts: readonly string[]) => xs.map((x, i) => x + texts[i]!.length), {
  in: ['float64', 'utf8'],
  out: 'float64',
  batch: true,
})

// Rows of map: kept columns as they were, others as declared.
rowsAre<{ origin: string | null; half: number | null; at: Date | null }>()(
  flights.map(async row => ({ half: row.delay === null ? null : row.delay / 2, at: new Date(0) }), {
    out: { half: 'float64', at: 'timestamp' },
    keep: ['origin'],
    onError: deadLetter(memory()),
  }),
)
rowsAre<{ word: string | null }>()(
  flights.flatMap(({ origin }) => origin?.split(' ').map(word => ({ word })), { out: { word: 'utf8' } }),
)
// The columns alone.
rowsAre<{ half: number | null; at: Date | null }>()(
  flights.map(row => ({ half: row.delay! / 2, at: new Date(0) }), { half: 'float64', at: 'timestamp' }),
)
rowsAre<{ word: string | null }>()(
  flights.flatMap(({ origin }) => origin?.split(' ').map(word => ({ word })), { word: 'utf8' }),
)
// @ts-expect-error: text for a number
flights.map(row => ({ half: row.origin }), { half: 'float64' })
// @ts-expect-error: columns beside options
flights.map(() => ({}), { half: 'float64', keep: ['origin'] })
// @ts-expect-error: text for a number
flights.map(row => ({ half: row.origin }), { out: { half: 'float64' } })
// @ts-expect-error: no such column
flights.map(() => ({}), { out: { half: 'float64' }, keep: ['nope'] })

const mode = udaf('file:///f.ts', 'mode', { in: ['utf8', 'float64'], out: 'utf8' })
rowsAre<{ origin: string | null; m: string | null }>()(
  flights.groupBy('origin').agg({ m: mode('origin', r => r.delay) }),
)
// @ts-expect-error: text for a number
flights.agg({ m: mode('origin', 'origin') })

export const least = {
  start: () => Number.POSITIVE_INFINITY,
  step: (state, x) => Math.min(state, x),
  merge: (a, b) => Math.min(a, b),
  result: state => state,
} satisfies AggregateFunction<number, [x: number], number>

// A state that is changed in place is not given back.
export const total = {
  start: () => ({ sum: 0 }),
  step(state, x) {
    state.sum += x
  },
  merge(state, other) {
    state.sum += other.sum
  },
  result: state => state.sum,
} satisfies AggregateFunction<{ sum: number }, [x: number], number>
