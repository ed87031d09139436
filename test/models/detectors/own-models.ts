/** For each detector that predicts: Gaussian series of its own model, on which `'analytic'` p-values are right. */
import type { DetectorSpec } from '../../../src/core/detector.ts'
import { arima, holtWinters, robustZ, seasonalNaive } from '../../../src/models/detectors/index.ts'
import { gamma, arima as modelOf, normal, poisson, studentT } from '../../../src/models/index.ts'
import { detectors } from './all-detectors.ts'
import { binomialInterval, context, gaussian, hourly, score, seeded, type Uniform } from './simulate.ts'

export interface OwnModel {
  readonly name: string
  readonly spec: DetectorSpec
  draw(u: Uniform, length: number): Float64Array
}

/** A fixed profile of 24 points and noise. */
function profiled(u: Uniform, length: number): Float64Array {
  const profile = Float64Array.from({ length: 24 }, () => 5 * gaussian(u))
  return Float64Array.from({ length }, (_, i) => profile[i % 24]! + gaussian(u))
}

/** Exponential smoothing as a process, ETS(A, A, A): Hyndman & Athanasopoulos, 3rd ed., §8.5. */
function smoothed(
  u: Uniform,
  length: number,
  { alpha, beta, gamma: weight, period }: { alpha: number; beta: number; gamma: number; period: number },
): Float64Array {
  const season = Float64Array.from({ length: period }, () => (period > 1 ? 3 * gaussian(u) : 0))
  let level = 0
  let slope = 0
  return Float64Array.from({ length }, (_, i) => {
    const e = gaussian(u)
    const y = level + slope + season[i % period]! + e
    level += slope + alpha * e
    slope += alpha * beta * e
    if (period > 1) season[i % period] = season[i % period]! + weight * (1 - alpha) * e
    return y
  })
}

/** One value in eleven is missing, and every now and then thirty in a row. */
export const withGaps = (values: Float64Array): Float64Array =>
  values.map((x, i) => (i % 500 > 470 || i % 11 === 3 ? Number.NaN : x))

const walk = modelOf.withCoefficients({ d: 1 })
const arima111 = modelOf.withCoefficients({ ar: [0.5], d: 1, ma: [0.3] })
const airline = modelOf.withCoefficients({ ma: [-0.4], sma: [-0.6], d: 1, seasonalD: 1, period: 12 })
const seasonalAr = modelOf.withCoefficients({ ar: [0.6], sar: [0.5], mean: 50, period: 24 })
const arma21 = modelOf.withCoefficients({ ar: [1.2, -0.4], ma: [0.3], mean: 5, sigma2: 2 })
const analytic = { calibrate: 'analytic' } as const

export const OWN_MODELS: readonly OwnModel[] = [
  {
    name: 'seasonalNaive on a profile',
    spec: seasonalNaive({ season: '1d', ...analytic }),
    draw: profiled,
  },
  {
    name: 'seasonalNaive of one cycle on a seasonal walk',
    spec: seasonalNaive({ season: 24, cycles: 1, ...analytic }),
    draw: (u, length) => modelOf.withCoefficients({ seasonalD: 1, period: 24 }).simulate(u, length),
  },
  {
    name: 'holtWinters on its process without season',
    spec: holtWinters({ alpha: 0.3, beta: 0.1, trend: true, ...analytic }),
    draw: (u, length) => smoothed(u, length, { alpha: 0.3, beta: 0.1, gamma: 0, period: 1 }),
  },
  {
    name: 'holtWinters on its process',
    spec: holtWinters({ season: 24, trend: true, ...analytic }),
    draw: (u, length) => smoothed(u, length, { alpha: 0.1, beta: 0.01, gamma: 0.1, period: 24 }),
  },
  {
    name: 'holtWinters on its process with gaps',
    spec: holtWinters({ season: '1d', trend: true, ...analytic }),
    draw: (u, length) => withGaps(smoothed(u, length, { alpha: 0.1, beta: 0.01, gamma: 0.1, period: 24 })),
  },
  {
    name: 'robustZ on noise',
    spec: robustZ(analytic),
    draw: (u, length) => Float64Array.from({ length }, () => 100 + gaussian(u)),
  },
  { name: 'robustZ by day on a profile', spec: robustZ({ season: '1d', ...analytic }), draw: profiled },
  ...(
    [
      ['a random walk', walk],
      ['ARIMA(1, 1, 1)', arima111],
      ['the airline model', airline],
      ['a seasonal AR', seasonalAr],
    ] as const
  ).flatMap(([name, model]) =>
    [false, true].map(
      (gaps): OwnModel => ({
        name: `arima on ${name}${gaps ? ' with gaps' : ''}`,
        spec: arima({ order: model.order, seasonal: model.seasonal, ...analytic }),
        draw: (u, length) => (gaps ? withGaps(model.simulate(u, length)) : model.simulate(u, length)),
      }),
    ),
  ),
  ...(
    [
      ['an ARMA(2, 1)', arma21],
      ['a random walk', walk],
      ['the airline model', airline],
    ] as const
  ).map(
    ([name, model]): OwnModel => ({
      name: `given ${name} with gaps`,
      spec: model.asDetector(),
      draw: (u, length) => withGaps(model.simulate(u, length)),
    }),
  ),
  ...[
    normal({ mean: 3, sd: 2 }),
    gamma({ shape: 2, rate: 1 / 3 }),
    studentT({ df: 3 }),
    poisson({ rate: 20_000 }),
  ].map(
    (distribution): OwnModel => ({
      name: `given ${distribution.name}`,
      spec: distribution.asDetector(),
      draw: (u, length) => distribution.sample(u, length),
    }),
  ),
]

export const WARM = 1000

/** Values scored after the first thousand of some series, and how many of them at p < alpha. */
export function alarmsOn(
  { spec, draw }: OwnModel,
  alphas: readonly number[],
  { series, length }: { series: number; length: number },
): { scored: number; alarms: number[] } {
  const alarms = alphas.map(() => 0)
  let scored = 0
  for (let s = 0; s < series; s++) {
    const detector = detectors[spec.kind]!(spec, context({ wants: { bounds: 'none', pValues: 'all' } }))
    const { logP } = score(detector, hourly(draw(seeded(7919 * s + 1), WARM + length)))
    for (const log of logP.subarray(WARM)) {
      if (Number.isNaN(log)) continue
      scored++
      alphas.forEach((alpha, i) => {
        if (log < Math.log(alpha)) alarms[i]!++
      })
    }
  }
  return { scored, alarms }
}

/** What a count of alarms may be when its rate is 0.8 to 1.25 times alpha. */
export const allowed = (scored: number, alpha: number): [number, number] => [
  binomialInterval(scored, 0.8 * alpha)[0],
  binomialInterval(scored, 1.25 * alpha)[1],
]
