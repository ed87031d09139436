import { count, mean, memory, sql, sum } from '../../src/index.ts'
import { rowsAre } from './expect.ts'
import { flights } from './flights.ts'

// Values that are given are columns; those that are found are not known.
rowsAre<{ origin: string | null; DFW: number | null; AUS: number | null }>()(
  flights.pivot({ on: 'origin', by: 'origin', value: mean('delay'), values: ['DFW', 'AUS'] }),
)
rowsAre<{ '1_n': number; '2_n': number; '1_miles': bigint | null; '2_miles': bigint | null }>()(
  flights.pivot({ on: 'delay', value: { n: count(), miles: sum('miles') }, values: [1, 2] }),
)
flights.pivot({ on: 'origin', by: 'delay', value: count() }).filter(r => r.anything.gt(r.delay))
// @ts-expect-error no such column
flights.pivot({ on: 'height', value: count() })
// @ts-expect-error the mean of text
flights.pivot({ on: 'origin', value: mean('origin') })

rowsAre<{ origin: string | null; what: 'delay' | 'miles'; is: number | bigint | null }>()(
  flights.select('origin', 'delay', 'miles').unpivot({ on: ['delay', 'miles'], name: 'what', value: 'is' }),
)
// @ts-expect-error no such column
flights.unpivot({ on: ['height'] })

// The keys of totals may be null.
rowsAre<{ origin: string | null; delay: number | null; n: number }>()(
  flights.rollup('origin', 'delay').agg({ n: count() }),
)
rowsAre<{ origin: string | null; total: number; n: number }>()(
  flights.cube('origin', { grouping: 'total' }).agg({ n: count() }),
)

// Computed keys have the type of what they are.
rowsAre<{ origin: string | null; late: boolean | null; n: number }>()(
  flights.groupBy('origin', { late: r => r.delay.gt(15) }).agg({ n: count() }),
)
rowsAre<{ late: boolean | null; n: number }>()(
  flights.groupBy({ late: r => r.delay.gt(15) }).agg({ n: count() }),
)
flights
  .groupBy(r => r.delay.abs())
  .agg({ n: count() })
  .filter(r => r.n.gt(1))
// @ts-expect-error no such column
flights.groupBy('height')

rowsAre<{ origin: string | null; delay: bigint | null }>()(
  flights.select('origin', 'delay').cast({ delay: 'int64' }),
)
// @ts-expect-error no such type
flights.cast({ delay: 'number' })
rowsAre<{ origin: string; delay: number | null }>()(
  flights.select('origin', 'delay').fillNull({ origin: '' }),
)
rowsAre<{ origin: number; delay: number }>()(flights.select('origin', 'delay').nullCount())
rowsAre<{ origin: string | null }>()(
  flights
    .select('origin')
    .tap(row => row.origin)
    .head(3)
    .slice(1, 2)
    .unique('origin')
    .pipe(d => d.tail(1)),
)

rowsAre<{ n: bigint }>()(sql<{ n: bigint }>`SELECT count(*) AS n FROM ${flights} WHERE delay > ${3}`)
rowsAre<{ n: bigint | null }>()(sql({ n: 'int64' })`SELECT count(*) AS n FROM ${flights}`)
const rows: { n: number }[] = memory<{ n: number }>().rows()
rows.at(0)
