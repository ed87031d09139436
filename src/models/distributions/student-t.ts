/**
 * Student's t distribution: the normal distribution when its scale is estimated, and a model of heavy tails.
 *
 *     f(x) = (1 + t²/df)^(−(df + 1)/2) / (scale·√df·B(½, df/2)),   t = (x − location)/scale
 *
 * Source: Abramowitz & Stegun 26.7; tails by `special/incomplete-beta.ts` with I_(df/(df + t²))(df/2, ½).
 */
import type { ModelError } from '../../core/errors.ts'
import { checkOptions } from '../function-options.ts'
import { betaTails } from '../special/incomplete-beta.ts'
import { betaPoint } from '../special/inverse-incomplete-beta.ts'
import { logGamma1p, logGammaRatio } from '../special/log-gamma.ts'
import {
  ContinuousBase,
  type ContinuousDistribution,
  type DistributionFit,
  fitted,
  meanOf,
  noMaximum,
  type Observations,
  spreadOf,
} from './distribution.ts'
import { type Maximum, maximize } from './maximize.ts'
import { badData, checkFinite, checkNames, checkPositive, observed } from './parameters.ts'
import { standardGammaDraw, standardNormalDraw } from './sampling.ts'

const LOG_SQRT_PI = 0.5723649429247001

/** Parameters of {@link studentT}. */
export interface StudentTParameters {
  /** Degrees of freedom, above 0; need not be whole. */
  df: number
  /** Centre, in the units of the data; 0 by default. */
  location?: number
  /** Scale, above 0, in the units of the data; 1 by default. Not the standard deviation. */
  scale?: number
}

/** log f at location 0 and scale 1, without the part that depends on t. */
function logNormalizer(df: number): number {
  return logGammaRatio(df / 2, 0.5) - 0.5 * Math.log(df) - LOG_SQRT_PI
}

/** log(1 + t²/df), where the square overflows too. */
function logOnePlus(t: number, df: number): number {
  const size = Math.abs(t)
  return size > 1e150 ? 2 * Math.log(size) - Math.log(df) : Math.log1p((t / df) * t)
}

const tails = new Float64Array(2)

class StudentT extends ContinuousBase<StudentTParameters> {
  readonly df: number
  readonly location: number
  readonly scale: number
  private readonly logHeight: number

  constructor(parameters: StudentTParameters, df: number, location: number, scale: number) {
    super('studentT', parameters)
    this.df = df
    this.location = location
    this.scale = scale
    this.logHeight = logNormalizer(df)
  }
  get mean(): number {
    return this.df > 1 ? this.location : NaN
  }
  get variance(): number {
    if (this.df <= 1) return NaN
    return this.df <= 2 ? Infinity : this.scale * this.scale * (this.df / (this.df - 2))
  }
  pdf(x: number): number {
    return Math.exp(this.logPdf(x))
  }
  logPdf(x: number): number {
    const t = (x - this.location) / this.scale
    if (t === Infinity || t === -Infinity) return -Infinity
    return this.logHeight - 0.5 * (this.df + 1) * logOnePlus(t, this.df) - Math.log(this.scale)
  }
  /** P(T > size) for size ≥ 0, or its logarithm. */
  tail(size: number, log: boolean): number {
    const df = this.df
    if (Number.isNaN(size)) return NaN
    const square = size * size
    // Beyond, the density is a power of t to the last digit.
    if (square > 1e17 * (df + 1)) {
      const power = this.logHeight + 0.5 * (df - 1) * Math.log(df) - df * Math.log(size)
      return log ? power : Math.exp(power)
    }
    const sum = df + square
    betaTails(df / 2, 0.5, df / sum, square / sum, (0.5 * df * (1 - square)) / sum, tails, log)
    return log ? tails[0]! - Math.LN2 : 0.5 * tails[0]!
  }
  cdf(x: number): number {
    return this.upper((this.location - x) / this.scale)
  }
  sf(x: number): number {
    return this.upper((x - this.location) / this.scale)
  }
  logCdf(x: number): number {
    return this.logUpper((this.location - x) / this.scale)
  }
  logSf(x: number): number {
    return this.logUpper((x - this.location) / this.scale)
  }
  upper(t: number): number {
    return t < 0 ? 1 - this.tail(-t, false) : this.tail(t, false)
  }
  logUpper(t: number): number {
    return t < 0 ? Math.log1p(-this.tail(-t, false)) + 0 : this.tail(t, true)
  }
  /** The t ≥ 0 with P(T > t) = p; `half` is ½ − p, exact when p is close to ½. */
  upperPoint(p: number, half: number): number {
    const a = this.df / 2
    if (p > 0.25) {
      // Solve for y = t²/(df + t²), whose distribution is beta(½, df/2).
      if (half === 0) return 0
      const side = betaPoint(0.5, a, Math.log(2 * half), true)
      const y = side < 0 ? 1 + side : side
      const x = side < 0 ? -side : 1 - side
      return Math.sqrt(this.df * (y / x))
    }
    const logTail = Math.log(2 * p)
    const logX = (logTail + logGamma1p(a) - logGammaRatio(0.5, a)) / a
    if (logX < -39) return Math.exp(0.5 * (Math.log(this.df) - logX))
    const side = betaPoint(a, 0.5, logTail, true)
    const x = side < 0 ? 1 + side : side
    const y = side < 0 ? -side : 1 - side
    return Math.sqrt(this.df * (y / x))
  }
  quantile(p: number): number {
    if (!(p >= 0 && p <= 1)) return NaN
    const t = p <= 0.5 ? -this.upperPoint(p, 0.5 - p) : this.upperPoint(1 - p, p - 0.5)
    return this.location + this.scale * t
  }
  isf(p: number): number {
    if (!(p >= 0 && p <= 1)) return NaN
    const t = p <= 0.5 ? this.upperPoint(p, 0.5 - p) : -this.upperPoint(1 - p, p - 0.5)
    return this.location + this.scale * t
  }
  override draw(rng: () => number): number {
    const z = standardNormalDraw(rng)
    return this.location + this.scale * z * Math.sqrt(this.df / (2 * standardGammaDraw(rng, this.df / 2)))
  }
}

/**
 * Student's t distribution.
 *
 * @param parameters `df` > 0 without unit; `location` (default 0) and `scale` > 0 (default 1) in the units of the data.
 * @throws ModelError `DISTRIBUTION_PARAMETER` for other values.
 * @example
 * import { studentT } from 'millrace/models'
 * console.log(studentT({ df: 5 }).sf(3).toFixed(6)) // 0.015050
 */
export function studentT(parameters: StudentTParameters): ContinuousDistribution<StudentTParameters> {
  checkNames('studentT', parameters, 'df', 'location', 'scale')
  const df = checkPositive('studentT', 'df', parameters.df)
  const location = checkFinite('studentT', 'location', parameters.location ?? 0)
  const scale = checkPositive('studentT', 'scale', parameters.scale ?? 1)
  return new StudentT({ df, location, scale }, df, location, scale)
}

/** log(1 + t²/df), where t² overflows too. */
const logOnePlusSquare = (t: number, df: number): number =>
  Math.abs(t) < 1e150 ? Math.log1p((t * t) / df) : 2 * Math.log(Math.abs(t)) - Math.log(df)

/** How often the most frequent value is there. */
function mostEqual(sorted: Float64Array): number {
  let most = 0
  let from = 0
  for (let i = 0; i < sorted.length; i++) {
    if (sorted[i] !== sorted[from]) from = i
    most = Math.max(most, i + 1 - from)
  }
  return most
}

/**
 * Maximum likelihood of location and scale: with `df` given it stays fixed and does not count as a parameter, without
 * it df is estimated too. Standard errors from the observed information.
 *
 * @throws ModelError `DISTRIBUTION_DATA` for fewer than two different values, or when so many are equal that
 *   the likelihood has no maximum.
 * @example
 * studentT.fit([1, 2, 3, 4, 20], { df: 3 }).distribution.parameters.location // 2.7652…
 */
studentT.fit = (
  data: Observations,
  options: { df?: number } = {},
): DistributionFit<ContinuousDistribution<StudentTParameters>> => {
  checkOptions('studentT.fit', options, ['df'], studentT.fit)
  const values = observed('studentT', data, 2)
  const known = options.df === undefined ? undefined : checkPositive('studentT', 'df', options.df)
  const sorted = values.toSorted()
  const center = sorted[sorted.length >> 1]!
  const sd = spreadOf(values, meanOf(values))
  if (!(sd > 0)) throw badData('studentT', 'values that differ', `only ${center}`, 'a constant has no spread')
  const quartiles =
    sorted[Math.floor(0.75 * (sorted.length - 1))]! - sorted[Math.floor(0.25 * sorted.length)]!
  const n = values.length
  const equal = mostEqual(sorted) / n
  const unbounded = (df: number): ModelError =>
    badData(
      'studentT',
      `a share of equal values below df/(df + 1) = ${(df / (df + 1)).toPrecision(3)}`,
      `${equal.toPrecision(3)} of them`,
      'the likelihood has no maximum: the scale would be 0',
    )
  if (known !== undefined && equal >= known / (known + 1)) throw unbounded(known)
  const climb = (spread: number): Maximum =>
    maximize(
      ([location, logScale, logDf]) => {
        const df = known ?? Math.exp(logDf!)
        if (!(df > 1e-3 && df < 1e8)) return -Infinity
        const scale = Math.exp(logScale!)
        let sum = 0
        for (const x of values) sum += logOnePlusSquare(((x - center) / spread - location!) / scale, df)
        return n * (logNormalizer(df) - logScale!) - 0.5 * (df + 1) * sum
      },
      known === undefined ? [0, 0, Math.log(5)] : [0, 0],
    )
  let spread = quartiles > 0 ? quartiles / 1.5 : sd
  let best = climb(spread)
  if (known !== undefined && Number.isNaN(best.standardErrors[0])) {
    // Quartiles of few values may be far from their scale.
    spread = sd
    best = climb(spread)
    if (Number.isNaN(best.standardErrors[0])) throw noMaximum('studentT', values)
  }
  const [shift, logScale, logDf] = best.at as [number, number, number]
  const scale = spread * Math.exp(logScale)
  const df = known ?? Math.exp(logDf)
  if (equal >= df / (df + 1)) throw unbounded(df)
  const location = center + spread * shift
  const standardErrors: Record<string, number> = {
    location: spread * best.standardErrors[0]!,
    scale: scale * best.standardErrors[1]!,
  }
  if (known === undefined) standardErrors.df = df * best.standardErrors[2]!
  return fitted(new StudentT({ df, location, scale }, df, location, scale), values, standardErrors)
}
