import { arma, auto, count, counts, ewma, fitted, mean, tumbling } from '../../src/index.ts'
import { arima } from '../../src/models/index.ts'
import { verbCase } from './verb-case.ts'

const HOUR = 3_600_000
const schema = { at: 'timestamp[us]', key: 'utf8', x: 'float64' } as const

/** A small deterministic generator: numbers in [0, 1). */
function uniform(seed: number): () => number {
  let state = seed
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) | 0
    return (state >>> 0) / 2 ** 32
  }
}

const next = uniform(7)
/** Two series over forty hours, one with gaps, with a burst near the end. */
const rows = Array.from({ length: 40 }, (_, hour) => hour)
  .flatMap(hour => {
    const burst = hour === 35 ? 12 : 1
    const many = Math.floor(3 * next() * burst)
    return ['a', 'b'].flatMap(key =>
      Array.from({ length: key === 'b' && hour % 7 === 3 ? 0 : many }, () => ({
        at: new Date(hour * HOUR + Math.floor(next() * HOUR)),
        key,
        x: Math.round(100 * (next() + next() + burst)) / 8,
      })),
    )
  })
  .sort((a, b) => Number(a.at) - Number(b.at))

verbCase('windows, gaps filled, counts and means scored: the same bits everywhere', {
  schema,
  rows,
  query: d =>
    d
      .watermark('at', { outOfOrder: '1h' })
      .groupBy('key')
      .window(tumbling('1h'))
      .agg({ n: count(), x: mean('x') })
      .fillGaps({ values: { n: 0 }, ttl: '1d' })
      .detect('n', counts({ season: 'none', warmup: '6h' }), { alpha: 0.01, as: 'n' })
      .detect('x', arma({ p: 1, q: 0, warmup: 8 }), { alpha: 0.01, as: 'x' }),
  expect: 'same',
})

/** Two series over 120 hours, of which a fit is waited for at nearly all times. */
const hourly = Array.from({ length: 120 }, (_, hour) => hour).flatMap(hour =>
  ['a', 'b'].map(key => ({
    at: new Date(hour * HOUR),
    key,
    x: next() < 0.05 && hour > 0 ? null : 50 + 8 * (next() + next()) + hour / 9,
  })),
)

verbCase('fits take effect at the same value everywhere, though a stop comes while they are waited for', {
  schema,
  rows: hourly,
  query: d =>
    d
      .watermark('at')
      .detect('x', arma({ p: 1, q: 0, warmup: 36, window: 60, refitEvery: 19, refitDelay: 18 }), {
        ...{ by: 'key', every: '1h', alpha: 0.01, as: 'mean' },
      })
      .detect('x', arima({ order: [0, 1, 1], warmup: 36, window: 60, refitEvery: 19, refitDelay: 18 }), {
        ...{ by: 'key', every: '1h', alpha: 0.01, as: 'walk' },
      }),
  expect: 'same',
})

verbCase('a model fitted elsewhere scores series with gaps: what it keeps of them is in every snapshot', {
  schema,
  rows,
  query: d =>
    d
      .watermark('at', { outOfOrder: '1h' })
      .groupBy('key')
      .window(tumbling('1h'))
      .agg({ x: mean('x') })
      .fillGaps({ ttl: '1d' })
      .detect('x', arima.withCoefficients({ ar: [0.5], ma: [0.4], mean: 14, sigma2: 9 }), {
        alpha: 0.01,
      }),
  expect: 'same',
})

verbCase('rows that no window put in order are scored in event-time order', {
  schema,
  rows: rows.slice(0, 60).map((row, i) => ({ ...row, at: new Date(Number(row.at) + (i % 5) * 60_000) })),
  query: d =>
    d
      .watermark('at', { outOfOrder: '1h' })
      .detect('x', arma({ p: 1, q: 1, warmup: 5 }), { by: 'key', alpha: 0.05 })
      .select('at', 'key', 'x', 'expected', 'score', 'anomaly'),
  expect: 'same',
})

verbCase('series coarser than the groups: keys of several shards arrive in one order', {
  schema,
  rows: rows.slice(0, 60),
  query: d =>
    d
      .watermark('at', { outOfOrder: '1h' })
      .groupBy('key')
      .window(tumbling('1h'))
      .agg({ n: count() })
      .detect('n', arma({ p: 1, q: 0, warmup: 5 }), { by: [], alpha: 0.05 }),
  expect: 'same',
})

verbCase('anomalies of an instant are called together, whatever the shards', {
  schema,
  rows,
  query: d =>
    d
      .watermark('at', { outOfOrder: '1h' })
      .groupBy('key')
      .window(tumbling('1h'))
      .agg({ n: count() })
      .fillGaps({ values: { n: 0 }, ttl: '1d' })
      .detect('n', counts({ season: 'none', warmup: '6h' }), { falseDiscoveries: 0.2 }),
  expect: 'same',
})

verbCase('keys are scored by what all of them taught, and by their own again after that, on one shard', {
  schema,
  rows,
  query: d =>
    d
      .watermark('at', { outOfOrder: '1h' })
      .groupBy('key')
      .window(tumbling('1h'))
      .agg({ n: count(), x: mean('x') })
      .fillGaps({ values: { n: 0 }, ttl: '1d' })
      .detect('n', fitted('poisson', { pooled: true, warmup: 12 }), { alpha: 0.01, as: 'n' })
      .detect('x', ewma({ warmup: 10 }), { alpha: 0.01, as: 'x' }),
  expect: 'same',
})

verbCase('values of one instant may come in several batches: a pool scores them alike', {
  schema,
  rows: rows
    .slice(0, 80)
    .map(row => ({ ...row, at: new Date(4 * HOUR * Math.floor(Number(row.at) / (4 * HOUR))) })),
  query: d =>
    d
      .watermark('at', { outOfOrder: '1h' })
      .detect('x', fitted('normal', { pooled: true, warmup: 10, calibrate: 'tail' }), {
        ...{ by: 'key', alpha: { events: 1, per: '1d' }, every: '4h' },
      }),
  expect: 'same',
})

verbCase('coefficients of a pool take effect at the same instant everywhere, though a stop comes before it', {
  schema,
  rows: hourly.slice(0, 120),
  query: d =>
    d
      .watermark('at')
      .detect(
        'x',
        arma({ p: 1, q: 1, pooled: true, warmup: 30, window: 512, refitEvery: 25, refitDelay: 9 }),
        {
          ...{ by: 'key', every: '1h', alpha: 0.01 },
        },
      ),
  expect: 'same',
})

verbCase('an alarm rate over time marks the first anomaly of an event', {
  schema,
  rows,
  query: d =>
    d
      .watermark('at', { outOfOrder: '1h' })
      .groupBy('key')
      .window(tumbling('1h'))
      .agg({ x: mean('x') })
      .detect('x', ewma({ warmup: 10 }), { alpha: { events: 1, per: '1d' } }),
  expect: 'same',
})

verbCase('without a detector, auto scores', {
  schema,
  rows,
  query: d =>
    d.watermark('at', { outOfOrder: '1h' }).detect('x', auto({ warmup: 50 }), { by: [], alpha: 0.01 }),
  expect: 'same',
})

verbCase('rows of streams that come after their time has passed are left out, wherever batches end', {
  schema: { at: 'timestamp[ms]', x: 'int32' },
  rows: [4, 7, 1, 8, 6].map(hour => ({ at: new Date(hour * HOUR), x: hour })),
  query: d => d.watermark('at', { outOfOrder: '2h' }).detect('x', ewma(), { by: [] }).select('x'),
  expect: [1, 4, 6, 7, 8].map(x => ({ x })),
  unbounded: [4, 6, 7, 8].map(x => ({ x })),
})
