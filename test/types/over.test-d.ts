import { count, firstValue, lag, lead, max, mean, ntile, rowNumber, sum } from '../../src/index.ts'
import { rowsAre } from './expect.ts'
import { flights } from './flights.ts'

// Columns are appended, with the types of what they are of.
rowsAre<{
  origin: string | null
  n: number
  part: number
  before: number | null
  next: bigint | null
  opening: string | null
  average: number | null
  delays: number
}>()(
  flights
    .over(
      { by: 'origin', orderBy: [['date'], ['delay', 'desc']], rows: [-9, null] },
      {
        n: rowNumber(),
        part: ntile(4),
        before: lag('delay', 2),
        next: lead(r => r.miles),
        opening: firstValue('origin'),
        average: mean('delay'),
        delays: count().where(r => r.late),
      },
    )
    .select('origin', 'n', 'part', 'before', 'next', 'opening', 'average', 'delays'),
)
flights.watermark('date').over({ range: ['-1h', '0s'] }, { worst: max('delay'), n: rowNumber() })
flights.over({ by: ['origin', 'late'], orderBy: 'date', range: [null, 5000] }, { total: sum('miles') })

// @ts-expect-error no such column
flights.over({ by: 'orign' }, { n: rowNumber() })
// @ts-expect-error no such column to order by
flights.over({ orderBy: ['dealy', 'desc'] }, { n: rowNumber() })
// @ts-expect-error a frame by rows is of numbers
flights.over({ rows: ['-1h', '0s'] }, { n: count() })
// @ts-expect-error no duration
flights.over({ range: ['-1 hour', '0s'] }, { n: count() })
// @ts-expect-error no such column before
flights.over({}, { before: lag('dealy') })
// @ts-expect-error the mean of text
flights.over({}, { m: mean('origin') })
// @ts-expect-error a window function is no aggregate
flights.groupBy('origin').agg({ n: rowNumber() })
