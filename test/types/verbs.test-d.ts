import {
  count,
  counts,
  countWindow,
  cumulate,
  type DetectorSpec,
  globalWindow,
  lit,
  replay,
  session,
  sliding,
  tumbling,
} from '../../src/index.ts'
import { rowsAre, typeIs } from './expect.ts'
import { type Flight, flights } from './flights.ts'

rowsAre<Flight>()(flights)

// filter takes conditions over columns there are, with values they have.
rowsAre<Flight>()(flights.filter(r => r.delay.gt(60).and(r.origin.eq('IAH')).or(r.late)))
rowsAre<Flight>()(flights.filter(r => r.date.gte(new Date(0)).and(r.miles.lt(10n))))
// @ts-expect-error no such column
flights.filter(r => r.dealy.gt(60))
// @ts-expect-error a number is not compared with text
flights.filter(r => r.delay.gt('60'))
// @ts-expect-error text is not added to
flights.filter(r => r.origin.add(1).gt(0))
// @ts-expect-error a number is not a condition
flights.filter(r => r.delay)
// @ts-expect-error a callback, not text
flights.filter('delay > 60')

// select keeps or computes.
rowsAre<Pick<Flight, 'origin' | 'delay'>>()(flights.select('origin', 'delay'))
rowsAre<{ hours: number | null; at: Date | null; one: number }>()(
  flights.select({ hours: r => r.delay.div(60), at: r => r.date, one: () => 1 }),
)
// @ts-expect-error no such column
flights.select('origin', 'dealy')
// @ts-expect-error no such column in a computation
flights.select({ hours: r => r.dealy })
// @ts-expect-error dropped columns are gone
flights.select('origin').filter(r => r.delay.gt(1))

// with adds and replaces.
rowsAre<Omit<Flight, 'delay'> & { delay: boolean | null; double: number | null }>()(
  flights.with({ delay: r => r.delay.gt(60), double: r => r.delay.mul(2) }),
)

// drop and rename.
rowsAre<Omit<Flight, 'delay' | 'late'>>()(flights.drop('delay', 'late'))
// @ts-expect-error no such column
flights.drop('dealy')
rowsAre<Omit<Flight, 'origin'> & { airport: string | null }>()(flights.rename({ origin: 'airport' }))
// @ts-expect-error no such column
flights.rename({ orign: 'airport' })

// explode takes text.
rowsAre<Omit<Flight, 'origin'> & { word: string }>()(flights.explode('origin', { as: 'word' }))
rowsAre<Omit<Flight, 'origin'> & { origin: string }>()(flights.explode('origin', { separator: ',' }))
// @ts-expect-error a number has no parts
flights.explode('delay')

// distinct has the columns it goes by.
rowsAre<Flight>()(flights.distinct())
rowsAre<Flight>()(flights.distinct({ ttl: '1d' }))
rowsAre<Pick<Flight, 'origin' | 'late'>>()(flights.distinct('origin', 'late'))
rowsAre<Pick<Flight, 'origin'>>()(flights.distinct('origin', { ttl: '1d' }))
// @ts-expect-error no such column
flights.distinct('orign')
// @ts-expect-error no such option
flights.distinct('origin', { tll: '1d' })

// changes appends weights; fromChanges takes them.
rowsAre<Flight & { weight: number }>()(flights.changes())
rowsAre<Flight & { n: number }>()(flights.changes({ as: 'n' }))
rowsAre<Flight>()(flights.changes().fromChanges({ weight: 'weight', keys: ['origin', 'date'] }))
// @ts-expect-error weights are numbers
flights.fromChanges({ weight: 'origin' })

// topN keeps rows.
rowsAre<Flight>()(flights.dedup({ by: ['origin'], keep: 'last', orderBy: [['delay', 'desc']] }))
rowsAre<Flight>()(flights.topN(3, 'delay', 'desc', { by: 'origin' }))
rowsAre<Flight>()(flights.topN(3, [['delay', 'desc'], ['date']], { by: ['origin', 'late'] }))
rowsAre<Flight & { place: number }>()(flights.topN(3, 'delay', 'desc', { ties: true, rank: 'place' }))
// @ts-expect-error no such column
flights.topN(3, 'dealy')
// @ts-expect-error no such key
flights.topN(3, 'delay', 'desc', { by: 'orign' })
// @ts-expect-error no such direction
flights.topN(3, 'delay', 'down')

// join has the columns of both sides, a key of one name once.
const cities = flights.select({ code: r => r.origin, city: r => r.origin, delay: r => r.late })
rowsAre<Flight & { code: string | null; city: string | null; delay_right: boolean | null }>()(
  flights.join(cities, { on: { origin: 'code' } }),
)
const late = flights.select('origin', 'late')
rowsAre<Flight & { lateToo: boolean | null }>()(flights.join(late, { on: 'origin', suffix: 'Too' }))
rowsAre<Flight>()(flights.join(late, { on: ['origin', 'late'] }))
rowsAre<Flight & { late_right: boolean | null }>()(flights.join(late, { on: { origin: 'origin' } }))
// Rows that meet none have nulls for the other side; a key of one name is there in all of them.
const named = flights.select({ origin: () => lit('IAH'), n: () => lit(1) })
rowsAre<Flight & { n: number | null }>()(flights.join(named, { on: 'origin', how: 'left' }))
const codes = named.rename({ n: 'code' })
rowsAre<{ origin: string; n: number | null; code: number }>()(
  named.join(codes, { on: 'origin', how: 'right' }),
)
rowsAre<{ origin: string; n: number | null; code: number | null }>()(
  named.join(codes, { on: 'origin', how: 'full' }),
)
rowsAre<Flight>()(flights.join(named, { on: 'origin', how: 'semi' }))
rowsAre<Flight>()(flights.join(named, { on: 'origin', how: 'anti', where: (l, r) => l.delay.gt(r.n) }))
// @ts-expect-error no such kind
flights.join(named, { on: 'origin', how: 'outer' })
// @ts-expect-error no such column of the second row
flights.join(named, { on: 'origin', where: (l, r) => l.delay.gt(r.m) })
// @ts-expect-error not a duration
flights.join(named, { on: 'origin', within: ['soon', null] })
// @ts-expect-error no such column on the left
flights.join(cities, { on: { orign: 'code' } })
// @ts-expect-error no such column on the right
flights.join(cities, { on: { origin: 'cod' } })
// @ts-expect-error not a column of both
flights.join(cities, { on: 'city' })
// @ts-expect-error nothing to go by
flights.join(cities, {})

// join as of event time, too: the version there is, or may be.
const versions = flights.select({ origin: r => r.origin, since: r => r.date })
rowsAre<Flight & { since: Date | null }>()(
  flights.join(versions, { on: 'origin', asOf: 'event', how: 'left' }),
)
// @ts-expect-error the only time there is
flights.join(versions, { on: 'origin', asOf: 'processing' })

// asofJoin has the columns of the other side or null, and the first's event time.
const since = flights.select({ origin: r => r.origin, since: r => r.date, delay: r => r.late })
rowsAre<Flight & { since: Date | null; delay_right: boolean | null }>()(
  flights.asofJoin(since, { on: 'origin', time: { date: 'since' }, direction: 'backward' }),
)
rowsAre<Flight & { origin2: string | null; since: Date | null; delay2: boolean | null }>()(
  flights.asofJoin(since, { direction: 'nearest', tolerance: '1h', suffix: '2' }),
)
// @ts-expect-error where to look
flights.asofJoin(since, { on: 'origin' })
// @ts-expect-error no time
flights.asofJoin(since, { on: 'origin', time: { date: 'delay' }, direction: 'forward' })
// @ts-expect-error not a column of both
flights.asofJoin(since, { on: 'date', direction: 'forward' })

// lookupJoin has the columns that are found; the function is given those it asks for, none of them null.
rowsAre<Flight & { city: string | null }>()(
  flights.lookupJoin(async ({ origin }, { signal }) => ({ city: signal.aborted ? null : origin.trim() }), {
    in: ['origin'],
    out: { city: 'utf8' },
  }),
)
rowsAre<Flight & { since: Date | null }>()(flights.lookupJoin(versions, { on: 'origin', how: 'left' }))
// @ts-expect-error not what it was given
flights.lookupJoin(({ delay }) => ({ city: `${delay}` }), { in: 'origin', out: { city: 'utf8' } })
// @ts-expect-error of another type
flights.lookupJoin(() => ({ city: 1 }), { in: 'origin', out: { city: 'utf8' } })
// @ts-expect-error does not end
flights.lookupJoin(replay(flights, { time: 'date' }), { on: 'origin' })

// match has the keys, the times of the match and its measures; conditions know the variables before them.
rowsAre<{
  origin: string | null
  matchStart: Date
  matchEnd: Date
  n: number
  gap: number | null
  miles: bigint | null
}>()(
  flights.watermark('date').match(
    start =>
      start('late', r => r.delay.gt(60))
        .oneOrMore()
        .followedBy('later', (r, { late, later, prev }) =>
          r.delay.gt(late.first.delay).and(r.delay.gt(later.last.delay)).and(r.delay.gt(prev.delay)),
        )
        .notFollowedBy('timely', r => r.late.not()),
    {
      by: 'origin',
      within: '1h',
      skip: { toLast: 'later' },
      measures: m => ({
        n: m.late.count(),
        gap: m.later.last.delay.sub(m.late.mean('delay')),
        miles: m.late.sum('miles'),
      }),
    },
  ),
)
// @ts-expect-error a condition
flights.match(start => start('late', r => r.delay))
// @ts-expect-error no such variable yet
flights.match(start => start('late').next('later', (r, { last }) => r.delay.gt(last.first.delay)))
// @ts-expect-error no such variable
flights.match(start => start('late'), { skip: { toFirst: 'early' } })
// @ts-expect-error no such variable
flights.match(start => start('late'), { measures: m => ({ n: m.early.count() }) })
// @ts-expect-error not a number
flights.match(start => start('late'), { measures: m => ({ n: m.late.sum('origin') }) })

// union takes equal rows, and ends when all end.
rowsAre<Flight>()(flights.union(flights, flights))
// @ts-expect-error other columns
flights.union(flights.select('origin'))

const stream = replay(flights, { time: 'date', speed: 3600 }).watermark('date', { outOfOrder: '10m' })
// @ts-expect-error replay goes by a time
replay(flights, { time: 'delay' })
// @ts-expect-error so does a watermark
flights.watermark('delay')
// @ts-expect-error no such unit
flights.watermark('date', { outOfOrder: '10 minutes' })

// Windows have bounds; what came too late has the rows of the input.
const hourly = stream.groupBy('origin').window(tumbling('1h')).agg({ departures: count() })
rowsAre<{ origin: string | null; windowStart: Date; windowEnd: Date; departures: number }>()(hourly)
rowsAre<Flight>()(hourly.late())
// Windows of every kind but that of all time have bounds; sliding ones and the like say how often, months need a time zone.
for (const windows of [
  sliding('10s', { every: '2s' }),
  cumulate('1d', { every: '1h' }),
  session('10s'),
  countWindow(10, { every: 2 }),
  tumbling('1 month', { timeZone: 'Europe/Paris' }),
  sliding('7 days', { every: '1 day', timeZone: 'Europe/Paris' }),
  cumulate('1 month', { every: '1 day', timeZone: 'Europe/Paris' }),
])
  rowsAre<{ windowStart: Date; windowEnd: Date; n: number }>()(stream.window(windows).agg({ n: count() }))
rowsAre<{ origin: string | null; n: number }>()(
  stream.groupBy('origin').window(globalWindow()).agg({ n: count() }),
)
// @ts-expect-error how often
sliding('10s')
// @ts-expect-error a number of rows, not of time
countWindow('10s')
// @ts-expect-error months of which time zone
tumbling('1 month')
// @ts-expect-error hours are of no time zone
sliding('1 month', { every: '1h', timeZone: 'Europe/Paris' })
rowsAre<{ windowStart: Date; windowEnd: Date; n: number }>()(
  stream.window(tumbling('1h')).agg({ n: count() }),
)
// @ts-expect-error only windows have late rows
stream.late()

// Filled rows are null where no value is given.
const two = stream
  .groupBy('origin')
  .window(tumbling('1h'))
  .agg({ n: count(), m: count('delay') })
rowsAre<{ origin: string | null; windowStart: Date; windowEnd: Date; n: number; m: number | null }>()(
  two.fillGaps({ values: { n: 0 }, ttl: '30d' }),
)
two.fillGaps({ values: { n: 0 }, until: new Date(0), by: 'origin' })
// @ts-expect-error a stream needs an end of filling
two.fillGaps({ values: { n: 0 } })
// @ts-expect-error even without values
two.fillGaps()
// @ts-expect-error a value of another type
two.fillGaps({ values: { n: 'none' }, ttl: '30d' })
// @ts-expect-error no such column
two.fillGaps({ values: { k: 0 }, ttl: '30d' })
flights.watermark('date').window(tumbling('1h')).agg({ n: count() }).fillGaps()

// detect appends columns, under a prefix if given.
rowsAre<{
  origin: string | null
  windowStart: Date
  windowEnd: Date
  departures: number
  departuresExpected: number | null
  departuresLower: number | null
  departuresUpper: number | null
  departuresPValue: number | null
  departuresScore: number | null
  departuresAnomaly: boolean | null
  departuresReason:
    | ('spike' | 'level' | 'variance' | 'flatline' | 'trend' | 'season' | 'gap' | 'dynamics' | 'count')
    | null
  departuresReasonScore: number | null
  departuresSuppressed: boolean | null
}>()(hourly.detect('departures', counts(), { by: 'origin', alpha: 1e-4, every: '1h', as: 'departures' }))
hourly.detect('departures', counts()).filter(r => r.anomaly.and(r.score.gt(4)))
declare const spec: DetectorSpec
// @ts-expect-error only numbers are scored
hourly.detect('origin', spec)
// @ts-expect-error no such key
hourly.detect('departures', spec, { by: 'orign' })

// Ends.
typeIs<Promise<{ origin: string | null }[]>>()(flights.select('origin').collect())
typeIs<Promise<{ date: Date | bigint | null; delay: number | null }[]>>()(
  flights.select('date', 'delay').collect({ timestamps: 'bigint' }),
)
typeIs<Promise<number>>()(flights.count())
for await (const { origin } of hourly) typeIs<string | null>()(origin)
for await (const row of flights.rows()) typeIs<number | null>()(row.delay)
