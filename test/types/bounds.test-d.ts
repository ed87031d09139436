import { count, read, replay, tumbling } from '../../src/index.ts'
import { typeIs } from './expect.ts'
import { flights } from './flights.ts'

const stream = replay(flights, { time: 'date' })

typeIs<'bounded'>()(flights.bounds)
typeIs<'unbounded'>()(stream.bounds)
typeIs<'unbounded'>()(stream.filter(r => r.late).select('origin').bounds)
typeIs<'unbounded'>()(flights.union(stream).bounds)
typeIs<'unbounded'>()(stream.union(flights).bounds)
typeIs<'bounded'>()(flights.union(flights).bounds)
typeIs<'unbounded'>()(stream.topN(3, 'delay', 'desc', { by: 'origin' }).distinct('delay').bounds)
typeIs<'unbounded'>()(flights.join(stream, { on: 'origin' }).bounds)
typeIs<'bounded'>()(flights.join(flights, { on: 'origin' }).bounds)
typeIs<'bounded'>()(stream.limit(5).bounds)
typeIs<'unbounded'>()(stream.watermark('date').window(tumbling('1h')).agg({ n: count() }).bounds)
typeIs<'unbounded'>()(stream.watermark('date').window(tumbling('1h')).agg({ n: count() }).late().bounds)

async function* ticks() {
  yield { at: new Date(0) }
}
typeIs<'unbounded'>()(read.iterable(ticks(), { at: 'timestamp' }).bounds)
typeIs<'bounded'>()(read.iterable(ticks(), { at: 'timestamp' }, { bounded: true }).bounds)

// What waits for the end does not compile over data without one.
// @ts-expect-error collect
stream.collect()
// @ts-expect-error rows
stream.rows()
// @ts-expect-error count
stream.count()
// @ts-expect-error show
stream.show()
// @ts-expect-error toArrow
stream.toArrow()
// @ts-expect-error orderBy
stream.orderBy('delay')
typeIs<'unbounded'>()(stream.groupBy('origin').agg({ n: count() }).bounds)
typeIs<'unbounded'>()(stream.agg({ n: count() }).bounds)
typeIs<'bounded'>()(flights.agg({ n: count() }).bounds)
const [first, second] = replay([flights, flights.select('date', 'origin')], { time: 'date', speed: 60 })
typeIs<'unbounded'>()(first.bounds)
typeIs<'unbounded'>()(second.bounds)
second.select('origin')
// @ts-expect-error each has its own columns
second.select('delay')
const renamed = flights.rename({ date: 'departed' })
replay([flights, renamed], { time: ['date', 'departed'] })
// @ts-expect-error a name that not all have
replay([flights, renamed], { time: 'date' })
// @ts-expect-error the names are in the order of the datasets
replay([flights, renamed], { time: ['departed', 'date'] })
// @ts-expect-error no time
replay([flights, flights], { time: 'origin' })
// @ts-expect-error one of them is a stream
replay([flights, stream], { time: 'date' })
// @ts-expect-error a stream cannot be replayed
replay(stream, { time: 'date' })
// @ts-expect-error a union with a stream
flights.union(stream).collect()

// What does not wait is fine.
stream.batches()
stream.explain()
stream.limit(5).show({ limit: 5 })
stream.limit(5).orderBy('delay', 'desc').collect()
flights.orderBy(['origin'], ['delay', 'desc'])
flights.orderBy([['origin'], ['delay', 'desc']])
flights.topN(3, ['delay', 'desc'], { by: 'origin' })
flights.dedup({ by: 'origin', orderBy: ['delay', 'desc'] })
// @ts-expect-error no such direction
flights.orderBy('delay', 'down')
// @ts-expect-error no such column
flights.orderBy(['dealy', 'desc'])
// @ts-expect-error no such column in a list
flights.orderBy([['dealy', 'desc']])
