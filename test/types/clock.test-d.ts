/** Durations and times of day: texts and numbers next to them. */

import { read } from '../../src/index.ts'
import { rowsAre } from './expect.ts'

const trips = read.parquet('trips.parquet', { took: 'duration', at: 'time', n: 'int32', name: 'utf8' })

trips.filter(r => r.took.gt('1h').and(r.took.between('1h', '02:30:00')).and(r.took.lt(90_000)))
trips.with({ later: r => r.took.add('30m').sub(r.took), more: r => r.took.add(r.n, 'minute') })
rowsAre<{ moved: string | null; hour: number | null; more: string | null }>()(
  trips
    .select({ moved: r => r.at.add('1h'), hour: r => r.at.extract('hour'), more: r => r.at.add(r.took) })
    .map(
      ({ moved, hour, more }) =>
        ({ moved, hour, more }) as { moved: string | null; hour: number | null; more: string | null },
      {
        moved: 'utf8',
        hour: 'int32',
        more: 'utf8',
      },
    ),
)
const hours: number = 1
trips.filter(r => r.took.mul(hours).lt(r.at.sub(r.at)))
// @ts-expect-error a text is no number
trips.filter(r => r.n.gt('1h'))
// @ts-expect-error text has no hours
trips.with({ x: r => r.name.extract('hour') })
// @ts-expect-error text is not moved
trips.with({ x: r => r.name.add('1h') })
