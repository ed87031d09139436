import { type Dataset, ewma, mean, replay, type SeriesDescription, tumbling } from '../../src/index.ts'
import { rowsAre, typeIs } from './expect.ts'
import { type Flight, flights } from './flights.ts'

const timed = flights.watermark('date')
const stream = replay(flights, { time: 'date' }).watermark('date')

// A row a series: the keys, and what is known of it.
rowsAre<Pick<Flight, 'origin'> & SeriesDescription>()(
  timed.detect('delay', ewma(), { by: 'origin' }).describe(),
)
rowsAre<Pick<Flight, 'origin' | 'late'> & SeriesDescription>()(
  timed.detect('delay', undefined, { by: ['origin', 'late'] }).describe(),
)
// Where the aggregation has named the keys, any column may be one.
const described = timed
  .groupBy('origin')
  .window(tumbling('1h'))
  .agg({ delay: mean('delay') })
  .detect('delay')
  .describe()
described.filter(r => r.alarms.gt(0)).select('origin', 'kind')
typeIs<'bounded'>()(described.bounds)
typeIs<'unbounded'>()(stream.detect('delay', ewma(), { by: 'origin' }).describe().bounds)

// Scored rows are a dataset like any other, and their columns are described when that is asked for.
const rowOf = () => ({}) as Awaited<ReturnType<typeof scored.collect>>[number]
const scored = timed.detect('delay', ewma(), { by: 'origin' })
const takes = (dataset: Dataset<any, 'bounded'>) => dataset.count()
takes(scored)
const given: Dataset<ReturnType<typeof rowOf>, 'bounded'> = scored
void given
scored.describe('columns').select('column', 'mean')
scored
  .filter(r => r.anomaly)
  .describe()
  .select('column')
flights.describe('columns').select('column')
flights.describe().select('column', 'meanTime')
// @ts-expect-error series have no columns
scored.describe().select('column')
// @ts-expect-error no such key
timed.detect('delay', ewma(), { by: 'orign' })
