import { describe, expect, it } from 'vitest'
import { count, mean, PlanError, read, replay, tumbling } from '../../src/index.ts'
import {
  ar,
  arima,
  arma,
  autoArima,
  distributionFromJSON,
  normal,
  poisson,
  studentT,
} from '../../src/models/index.ts'
import { seeded } from '../../src/testing/seeded.ts'
import { verbCase } from './verb-case.ts'

const HOUR = 3_600_000
const schema = { at: 'timestamp[us]', key: 'utf8', x: 'float64' } as const

const next = seeded(3)
/** An hourly value of each key, nearly in order: `a` and `b` for long, `c` three times; `b` has gaps, `a` nulls. */
const rows = Array.from({ length: 30 }, (_, hour) => hour).flatMap(hour =>
  ['a', 'b', 'c'].flatMap(key => {
    const there = key === 'a' || (key === 'b' ? hour % 7 !== 3 : hour < 3)
    const at = new Date(((hour ^ 1) + 24) * HOUR)
    return there
      ? [{ at, key, x: key === 'a' && hour % 11 === 5 ? null : Math.round(40 * next() + hour) / 4 }]
      : []
  }),
)

/** What a key's hours hold, null where there is nothing. */
const hoursOf = (key: string): (number | null)[] => {
  const mine = rows.filter(row => row.key === key)
  const hours = mine.map(row => Number(row.at) / HOUR - 24)
  const first = Math.min(...hours)
  return Array.from({ length: Math.max(...hours) - first + 1 }, (_, i) => {
    const index = hours.indexOf(first + i)
    return index < 0 ? null : mine[index]!.x
  })
}

verbCase('a model of all rows is fitted once, also by shards that restore none', {
  schema,
  rows,
  unbounded: false,
  query: d => d.filter(r => r.key.eq('b')).fit('x', normal, { by: [] }),
  expect: 'same',
})

verbCase('a forecast of all rows is made once, also by shards that restore none', {
  schema,
  rows,
  unbounded: false,
  query: d =>
    d
      .watermark('at')
      .filter(r => r.key.eq('b'))
      .forecast('x', ar({ p: 1 }), { by: [], steps: 2 }),
  expect: 'same',
})

verbCase('a model of time fitted by key', {
  schema,
  rows,
  unbounded: false,
  query: d => d.watermark('at').fit('x', ar({ p: 1 }), { by: 'key', every: '1h' }),
  expect: 'same',
})

verbCase('a model of time of means in windows, of one series', {
  schema,
  rows,
  unbounded: false,
  query: d =>
    d
      .watermark('at')
      .window(tumbling('2h'))
      .agg({ x: mean('x') })
      .fit('x', arma({ p: 1, q: 1 }), { by: [] }),
  expect: 'same',
})

verbCase('orders searched by key, and a forecast of each', {
  schema,
  rows,
  unbounded: false,
  query: d =>
    d
      .watermark('at')
      .forecast('x', autoArima({ maxP: 1, maxQ: 0, maxD: 1 }), { by: 'key', every: '1h', steps: 2 }),
  expect: 'same',
})

verbCase('distributions fitted by key, without event time', {
  schema,
  rows,
  unbounded: false,
  query: d => d.fit('x', normal, { by: 'key' }).select('key', 'n', 'logLik', 'model'),
  expect: 'same',
})

verbCase('forecasts by key, with a filter after them', {
  schema,
  rows,
  unbounded: false,
  query: d =>
    d
      .watermark('at')
      .forecast('x', ar({ p: 1 }), { by: 'key', steps: 5, every: '1h' })
      .filter(r => r.step.lte(3)),
  expect: 'same',
})

describe('fit', () => {
  const hourly = read.rows(rows, schema).watermark('at')

  it('says of each series what the model says of its values in order, absent rows missing', async () => {
    const made = await hourly.fit('x', ar({ p: 1 }), { by: 'key', every: '1h' }).collect({ shards: 2 })
    expect(made.map(row => row.key)).toEqual(['a', 'b', 'c'])
    for (const row of made.slice(0, 2)) {
      const values = hoursOf(row.key!)
      const alone = arima(values, { order: [1, 0, 0] })
      expect(row).toMatchObject({
        n: values.filter(x => x !== null).length,
        logLik: alone.logLik,
        aic: alone.aic,
        bic: alone.bic,
        sigma2: alone.sigma2,
        error: null,
      })
      const again = arima.fromJSON(JSON.parse(row.model!))
      expect(again.coefficients).toEqual(alone.coefficients)
      expect(again.forecast(4)).toEqual(alone.forecast(4))
    }
  })

  it('takes rows one after the other where no step is known', async () => {
    const [row] = await hourly
      .filter(r => r.key.eq('b'))
      .fit('x', ar({ p: 1 }), { by: [] })
      .collect()
    const mine = rows.filter(r => r.key === 'b').sort((a, b) => Number(a.at) - Number(b.at))
    expect(row!.logLik).toBe(
      arima(
        mine.map(r => r.x),
        { order: [1, 0, 0] },
      ).logLik,
    )
  })

  it('gives a row with an error for a series that cannot be fitted, and goes on', async () => {
    const made = await hourly.fit('x', arma({ p: 2, q: 2 }), { by: 'key', every: '1h' }).collect()
    expect(made[2]).toMatchObject({ key: 'c', n: 3, logLik: null, model: null })
    expect(made[2]!.error).toMatch(/^SERIES_TOO_SHORT: /)
    expect(made[0]!.error).toBeNull()
  })

  it('says so where values are not a whole number of steps apart, or two are at one time', async () => {
    const at = (minute: number) => ({ at: new Date(minute * 60_000), key: 'k', x: minute })
    const errorOf = async (minutes: number[], every: string) => {
      const data = read.rows(minutes.map(at), schema).watermark('at')
      const [row] = await data.fit('x', ar({ p: 1 }), { by: [], every: every as '1h' }).collect()
      return row!.error
    }
    expect(await errorOf([0, 60, 90, 120], '1h')).toMatch(/^SERIES_STEP: .* 1\.500 steps after the first/)
    expect(await errorOf([0, 60, 60, 120], '1h')).toMatch(/^SERIES_STEP: .* two are at 1970-01-01T01:00/)
    expect(await errorOf([0, 60, 50_000_000], '1ms')).toMatch(/^SERIES_STEP: .* 3 values are spread over/)
  })

  it('fits families of distributions, whatever the order of rows', async () => {
    const counts = [3, 5, 4, 0, 2, null, 7]
    const data = counts.map(n => ({ n }))
    const fitted = async (given: typeof data) =>
      (await read.rows(given, { n: 'int64' }).fit('n', poisson, { by: [] }).collect())[0]!
    const row = await fitted(data)
    const alone = poisson.fit(counts.toSorted())
    expect(row).toMatchObject({ n: 6, sigma2: null, aic: alone.aic, error: null })
    expect(distributionFromJSON(JSON.parse(row.model!)).mean).toBe(3.5)
    expect(await fitted(data.toReversed())).toEqual(row)
    const [impossible] = await read
      .rows([{ x: -1 }, { x: 2 }])
      .fit('x', poisson, { by: [] })
      .collect()
    expect(impossible).toMatchObject({ n: 2, model: null, logLik: null })
    expect(impossible!.error).toMatch(/^DISTRIBUTION_DATA: /)
    const [tails] = await read
      .rows([1, 2, 3, 4, 30].map(x => ({ x })))
      .fit('x', studentT, { by: [] })
      .collect()
    expect(JSON.parse(tails!.model!).name).toBe('studentT')
  })

  it('has no row where there is no row', async () => {
    const none = hourly.filter(r => r.x.gt(1e9))
    expect(await none.fit('x', ar({ p: 1 }), { by: 'key' }).collect()).toEqual([])
    expect(await none.forecast('x', ar({ p: 1 }), { by: [], steps: 2 }).collect()).toEqual([])
  })
})

describe('forecast', () => {
  const hourly = read.rows(rows, schema).watermark('at')
  const model = ar({ p: 1 })

  it('goes on where the series ends, one step after the other', async () => {
    const made = await hourly
      .forecast('x', model, { by: 'key', steps: 3, level: 0.8, every: '1h' })
      .collect({ shards: 2 })
    expect(made.map(({ key, step }) => `${key}${step}`)).toEqual([
      'a1',
      'a2',
      'a3',
      'b1',
      'b2',
      'b3',
      'c1',
      'c2',
      'c3',
    ])
    const alone = arima(hoursOf('a'), { order: [1, 0, 0] }).forecast(3, { level: 0.8 })
    for (const [i, row] of made.slice(0, 3).entries()) {
      expect(row).toEqual({
        key: 'a',
        step: i + 1,
        time: new Date((24 + 29 + i + 1) * HOUR),
        mean: alone.mean[i],
        standardError: alone.standardError[i],
        lower: alone.lower[0]![i],
        upper: alone.upper[0]![i],
        error: null,
      })
    }
  })

  it('knows the step of windows, and without one no time', async () => {
    const windows = hourly
      .groupBy('key')
      .window(tumbling('1h'))
      .agg({ x: mean('x') })
    const [first] = await windows.forecast('x', model, { by: 'key', steps: 1 }).collect()
    expect(first!.time).toEqual(new Date((24 + 30) * HOUR))
    const [bare] = await hourly.forecast('x', model, { by: 'key', steps: 1 }).collect()
    expect(bare).toMatchObject({ key: 'a', step: 1, time: null, error: null })
  })

  it('says why there is no forecast, in every step', async () => {
    const made = await hourly
      .forecast('x', arma({ p: 2, q: 2 }), { by: 'key', steps: 2, every: '1h' })
      .filter(r => r.key.eq('c'))
      .collect()
    expect(made).toMatchObject([
      { step: 1, time: new Date(28 * HOUR), mean: null, upper: null },
      { step: 2, time: new Date(29 * HOUR), mean: null, upper: null },
    ])
    for (const { error } of made) expect(error).toMatch(/^SERIES_TOO_SHORT: /)
  })

  it('shows its model in the plan', async () => {
    const plan = await hourly
      .forecast('x', arima({ order: [0, 1, 1], seasonal: { order: [0, 1, 1], period: 24 } }), {
        by: 'key',
        steps: 3,
      })
      .explain()
    expect(plan).toContain('forecast 3 steps of "x" with arima(0, 1, 1)(0, 1, 1)[24] by "key"')
    expect(await hourly.fit('x', poisson, { by: 'key' }).explain()).toContain('fit poisson to "x" by "key"')
  })
})

describe('what makes no sense is refused at the call', () => {
  const bare = read.rows(rows, schema)
  const hourly = bare.watermark('at')
  const stream = replay(bare, { time: 'at' }).watermark('at')
  const model: any = ar({ p: 1 })
  const by = { by: 'key' } as const
  const wrong: [string, string, () => unknown][] = [
    ['a stream fitted', 'UNBOUNDED', () => (stream as any).fit('x', model, by)],
    ['a stream forecast', 'UNBOUNDED', () => (stream as any).forecast('x', model, { ...by, steps: 1 })],
    ['an unknown column', 'UNKNOWN_COLUMN', () => (hourly as any).fit('y', model, by)],
    ['an unknown key', 'UNKNOWN_COLUMN', () => (hourly as any).fit('x', model, { by: 'kee' })],
    ['text fitted', 'FIT_TYPE', () => (hourly as any).fit('key', model, by)],
    ['no event time', 'NO_EVENT_TIME', () => bare.fit('x', model, by)],
    ['no keys', 'NO_KEYS', () => (hourly as any).fit('x', model)],
    ['no model', 'MODEL_SPEC', () => (hourly as any).fit('x', undefined, by)],
    ['a detector as model', 'MODEL_SPEC', () => (hourly as any).fit('x', { kind: 'counts' }, by)],
    ['a season in time', 'MODEL_SPEC', () => hourly.fit('x', ar({ p: 1, season: '1d' }), by)],
    ['a family forecast', 'MODEL_SPEC', () => (hourly as any).forecast('x', poisson, { ...by, steps: 1 })],
    ['no steps', 'FORECAST_STEPS', () => (hourly as any).forecast('x', model, by)],
    ['half a step', 'FORECAST_STEPS', () => hourly.forecast('x', model, { ...by, steps: 1.5 })],
    ['an odd level', 'FORECAST_LEVEL', () => hourly.forecast('x', model, { ...by, steps: 1, level: 95 })],
    ['no duration', 'DURATION', () => hourly.fit('x', model, { ...by, every: 'hour' as any })],
    [
      'a key called like a result',
      'DUPLICATE_COLUMN',
      () =>
        hourly
          .groupBy('key')
          .window(tumbling('1h'))
          .agg({ n: count(), x: mean('x') })
          .fit('x', model, { by: 'n' }),
    ],
  ]
  it.each(wrong)('%s is %s', (_, code, run) => {
    let error: any
    try {
      run()
    } catch (thrown) {
      error = thrown
    }
    expect(error).toBeInstanceOf(PlanError)
    expect(error.code).toBe(code)
    expect(/\n {4}at (.*)/.exec(error.stack)![1]).toContain('fit.test.ts')
  })
})

it('each key has the model that a search over its series alone finds', async () => {
  const search = autoArima({ maxP: 1, maxQ: 1 })
  const fits = await read
    .rows(rows, schema)
    .watermark('at')
    .fit('x', search, { by: 'key', every: '1h' })
    .collect()
  for (const { key, model, error } of fits) {
    if (model === null) expect(error).toMatch(/^SERIES_|^AUTO_ARIMA/)
    else {
      const alone = autoArima(hoursOf(key!), { maxP: 1, maxQ: 1 })
      expect(arima.fromJSON(JSON.parse(model)).coefficients).toEqual(alone.coefficients)
    }
  }
  expect(fits.filter(fit => fit.model !== null).length).toBeGreaterThan(1)
})
