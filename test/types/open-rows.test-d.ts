import { count, mean, min, replay, sum, tumbling } from '../../src/index.ts'
import { rowsAre, typeIs } from './expect.ts'
import { found } from './flights.ts'

// Columns that only the file knows are `any`, under noUncheckedIndexedAccess too.
found.filter(r => r.delay.gt(60).and(r.origin.eq('IAH')))
found.with({ hours: r => r.delay.div(60) }).filter(r => r.hours.gt(1).and(r.origin.eq('IAH')))
found.orderBy('delay', 'desc').drop('distance').rename({ origin: 'airport' }).explode('airport')
found.select({ hours: r => r.delay.div(60) }).filter(r => r.hours.gt(1))
const stream = replay(found, { time: 'date' }).watermark('date')
stream
  .window(tumbling('1h'))
  .agg({ n: count() })
  .fillGaps({ values: { n: 0 }, ttl: '1d' })
// @ts-expect-error bounds are known all the same
stream.collect()

rowsAre<{ delay: any; origin: any }>()(found.select('delay', 'origin'))
rowsAre<{ origin: any; n: number; delay: any; miles: any; first: any }>()(
  found.groupBy('origin').agg({
    n: count(),
    delay: mean(r => r.delay),
    miles: sum('miles'),
    first: min(r => r.date),
  }),
)
for (const row of await found.collect()) typeIs<any>()(row.delay)
