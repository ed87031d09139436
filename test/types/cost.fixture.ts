/** Thirty chained verbs, for the cost of the types. */

import { count, countDistinct, first, max, mean, read, replay, sum, tumbling } from '../../src/index.ts'

const flights = read.parquet('flights.parquet', {
  date: 'timestamp',
  delay: 'int32',
  miles: 'int64',
  origin: 'utf8',
  destination: 'utf8',
})

const stream = replay(
  flights
    .filter(r => r.delay.gt(60).and(r.origin.eq('IAH')))
    .with({ hours: r => r.delay.div(60), route: r => r.origin.concat('-', r.destination) })
    .filter(r => r.hours.lt(10))
    .rename({ origin: 'airport' })
    .drop('destination')
    .filter(r => r.airport.startsWith('I').or(r.route.contains('-')))
    .with({ week: r => r.date.truncate('week') })
    .select('date', 'delay', 'miles', 'airport', 'hours', 'week')
    .with({ late: r => r.delay.gt(15) })
    .filter(r => r.late),
  { time: 'date' },
)

export const scored = stream
  .watermark('date', { outOfOrder: '10m' })
  .with({ minutes: r => r.hours.mul(60) })
  .groupBy('airport')
  .window(tumbling('1h'))
  .agg({ departures: count(), delay: mean(r => r.delay), miles: sum('miles'), worst: max(r => r.hours) })
  .fillGaps({ values: { departures: 0 }, ttl: '30d' })
  .detect('departures', { kind: 'counts' }, { as: 'departures' })
  .detect('delay', { kind: 'arma' }, { as: 'delay' })
  .filter(r => r.departuresAnomaly.or(r.delayAnomaly))
  .with({ score: r => r.departuresScore.add(r.delayScore) })
  .filter(r => r.score.gt(4))

export const summary = scored
  .limit(1000)
  .select('airport', 'score', 'windowStart', 'departures')
  .with({ day: r => r.windowStart.truncate('day') })
  .groupBy('airport', 'day')
  .agg({
    n: count(),
    score: max('score'),
    hours: countDistinct(r => r.windowStart),
    least: first('departures'),
  })
  .filter(r => r.n.gt(1))
  .rename({ score: 'worst' })
  .with({ share: r => r.n.div(24) })
  .drop('least')
  .orderBy(['worst', 'desc'], ['airport'])
  .limit(10)
