import { ewma, mean, replay, tumbling } from '../../src/index.ts'
import { ar, arima, autoArima, binomial, normal, poisson } from '../../src/models/index.ts'
import { rowsAre, typeIs } from './expect.ts'
import { type Flight, flights } from './flights.ts'

const stream = replay(flights, { time: 'date' }).watermark('date')
const timed = flights.watermark('date')

interface Fit {
  n: number
  logLik: number | null
  aic: number | null
  bic: number | null
  sigma2: number | null
  model: string | null
  error: string | null
}

interface Forecast {
  step: number
  time: Date | null
  mean: number | null
  standardError: number | null
  lower: number | null
  upper: number | null
  error: string | null
}

// A row a series: the keys, and what the model says.
rowsAre<Pick<Flight, 'origin'> & Fit>()(timed.fit('delay', ar({ p: 1 }), { by: 'origin' }))
rowsAre<Pick<Flight, 'origin' | 'late'> & Fit>()(flights.fit('miles', poisson, { by: ['origin', 'late'] }))
rowsAre<Fit>()(timed.fit('delay', arima({ order: [1, 0, 0] }), { by: [], every: '1h' }))
rowsAre<Pick<Flight, 'origin'> & Forecast>()(
  timed
    .groupBy('origin')
    .window(tumbling('1h'))
    .agg({ delay: mean('delay') })
    .forecast('delay', ar({ p: 1 }), { by: 'origin', steps: 24, level: 0.8 }),
)
rowsAre<Pick<Flight, 'origin'> & Fit>()(
  timed.fit('delay', autoArima({ period: 24 }), { by: 'origin', every: '1h' }),
)
// With a series it is a fit, and no model to be fitted.
typeIs<number>()(autoArima([1, 2, 3]).aicc)
// @ts-expect-error regressors are of one series
autoArima({ xreg: [1] })
typeIs<'bounded'>()(timed.fit('delay', normal, { by: [] }).bounds)
timed.fit('delay', normal, { by: [] }).collect()

// Both wait for the end.
// @ts-expect-error fit
stream.fit('delay', ar({ p: 1 }), { by: 'origin' })
// @ts-expect-error forecast
stream.forecast('delay', ar({ p: 1 }), { by: 'origin', steps: 1 })
stream.limit(5).fit('delay', ar({ p: 1 }), { by: 'origin' })

// @ts-expect-error text is no series
timed.fit('origin', ar({ p: 1 }), { by: 'late' })
// @ts-expect-error no such key
timed.fit('delay', ar({ p: 1 }), { by: 'orign' })
// @ts-expect-error what a series is must be said
timed.fit('delay', ar({ p: 1 }))
// @ts-expect-error a detector is no model of a whole series
timed.fit('delay', ewma(), { by: 'origin' })
// @ts-expect-error a binomial distribution needs its trials
timed.fit('delay', binomial, { by: 'origin' })
// @ts-expect-error a distribution has no next value
timed.forecast('delay', poisson, { by: 'origin', steps: 1 })
// @ts-expect-error how many steps?
timed.forecast('delay', ar({ p: 1 }), { by: 'origin' })
