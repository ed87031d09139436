/**
 * Fisher's F distribution: the ratio of two independent mean squares.
 *
 *     X = (U/df1)/(V/df2) with U, V chi-squared; df1·X/(df1·X + df2) is beta(df1/2, df2/2)
 *
 * Source: Abramowitz & Stegun 26.6; tails by `special/incomplete-beta.ts`.
 */
import {
  betaLower,
  betaPrefactor,
  betaUpper,
  logBetaLower,
  logBetaPrefactor,
  logBetaUpper,
} from '../special/incomplete-beta.ts'
import { betaPoint } from '../special/inverse-incomplete-beta.ts'
import { logGamma1p, logGammaRatio } from '../special/log-gamma.ts'
import { logOneMinusExp } from '../special/log-one-minus-exp.ts'
import {
  ContinuousBase,
  type ContinuousDistribution,
  type DistributionFit,
  fitted,
  type Observations,
} from './distribution.ts'
import { maximize } from './maximize.ts'
import { badData, checkNames, checkPositive, checkSupport, observed } from './parameters.ts'
import { standardGammaDraw } from './sampling.ts'

/** Parameters of {@link fisherF}. */
export interface FisherFParameters {
  /** Degrees of freedom of the numerator, above 0. */
  df1: number
  /** Degrees of freedom of the denominator, above 0. */
  df2: number
}

class FisherF extends ContinuousBase<FisherFParameters> {
  readonly df1: number
  readonly df2: number
  // The beta variable u = df1·x/(df1·x + df2), 1 − u and (a + b)·u − a of the last x.
  private u = 0
  private v = 0
  private d = 0

  constructor(df1: number, df2: number) {
    super('fisherF', { df1, df2 })
    this.df1 = df1
    this.df2 = df2
  }
  get mean(): number {
    return this.df2 > 2 ? this.df2 / (this.df2 - 2) : Infinity
  }
  get variance(): number {
    const { df1, df2 } = this
    if (df2 <= 4) return df2 > 2 ? Infinity : NaN
    // Divided one by one, so that nothing overflows where the variance is a double.
    return 2 * (df2 / (df2 - 2)) ** 2 * (1 + (df2 - 2) / df1) * (1 / (df2 - 4))
  }
  private place(x: number): void {
    const ratio = (this.df1 / this.df2) * x
    this.u = ratio > 1e300 ? 1 : ratio / (1 + ratio)
    this.v = 1 / (1 + ratio)
    // Exact in x − 1, so that no digits are lost near the centre of large degrees of freedom.
    this.d = (0.5 * this.df1 * (x - 1)) / (1 + ratio)
    if (!(Math.abs(this.d) < Infinity)) this.d = 0.5 * this.df2
  }
  pdf(x: number): number {
    if (Number.isNaN(x)) return NaN
    if (x < 0 || x === Infinity) return 0
    if (x === 0) return this.df1 < 2 ? Infinity : this.df1 === 2 ? 1 : 0
    this.place(x)
    if (this.u < 1e-290 || this.v < 1e-290) return Math.exp(this.logPdf(x))
    const scale = betaPrefactor(this.df1 / 2, this.df2 / 2, this.u, this.v, this.d)
    return scale > 1e-280 ? scale / x : Math.exp(this.logPdf(x))
  }
  logPdf(x: number): number {
    if (Number.isNaN(x)) return NaN
    if (x <= 0 || x === Infinity) return Math.log(this.pdf(x))
    this.place(x)
    const a = this.df1 / 2
    const b = this.df2 / 2
    if (this.u < 1e-290) return this.logPower(a, b, this.logOdds(x)) + Math.log(a) - Math.log(x)
    if (this.v < 1e-290) return this.logPower(b, a, -this.logOdds(x)) + Math.log(b) - Math.log(x)
    return logBetaPrefactor(a, b, this.u, this.v, this.d) - Math.log(x)
  }
  /** log of u/v = df1·x/df2. */
  private logOdds(x: number): number {
    return Math.log(x) + Math.log(this.df1 / this.df2)
  }
  /** log of odds^a / (a·B(a, b)): the tail where only its power is left. */
  private logPower(a: number, b: number, logOdds: number): number {
    return a * logOdds - logGamma1p(a) + logGammaRatio(b, a)
  }
  cdf(x: number): number {
    if (!(x > 0 && x < Infinity)) return x <= 0 ? 0 : x === Infinity ? 1 : NaN
    this.place(x)
    if (this.u < 1e-290) return Math.exp(this.logCdf(x))
    if (this.v < 1e-290) return -Math.expm1(this.logSf(x))
    return betaLower(this.df1 / 2, this.df2 / 2, this.u, this.v, this.d)
  }
  sf(x: number): number {
    if (!(x > 0 && x < Infinity)) return x <= 0 ? 1 : x === Infinity ? 0 : NaN
    this.place(x)
    if (this.v < 1e-290) return Math.exp(this.logSf(x))
    if (this.u < 1e-290) return -Math.expm1(this.logCdf(x))
    return betaUpper(this.df1 / 2, this.df2 / 2, this.u, this.v, this.d)
  }
  logCdf(x: number): number {
    if (!(x > 0 && x < Infinity)) return x <= 0 ? -Infinity : x === Infinity ? 0 : NaN
    this.place(x)
    if (this.u < 1e-290) return this.logPower(this.df1 / 2, this.df2 / 2, this.logOdds(x))
    if (this.v < 1e-290) return logOneMinusExp(this.logSf(x))
    return logBetaLower(this.df1 / 2, this.df2 / 2, this.u, this.v, this.d)
  }
  logSf(x: number): number {
    if (!(x > 0 && x < Infinity)) return x <= 0 ? 0 : x === Infinity ? -Infinity : NaN
    this.place(x)
    if (this.v < 1e-290) return this.logPower(this.df2 / 2, this.df1 / 2, -this.logOdds(x))
    if (this.u < 1e-290) return logOneMinusExp(this.logCdf(x))
    return logBetaUpper(this.df1 / 2, this.df2 / 2, this.u, this.v, this.d)
  }
  /** x from the log of its lower or upper tail. */
  private point(logTail: number, isLower: boolean): number {
    const a = this.df1 / 2
    const b = this.df2 / 2
    if (logTail > -Infinity && logTail < 0) {
      // Where the tail is a bare power its inverse is explicit, and the beta variable may underflow.
      const logU = isLower
        ? (logTail + logGamma1p(a) - logGammaRatio(b, a)) / a
        : (logTail + logGamma1p(b) - logGammaRatio(a, b)) / b
      if (logU + Math.log(Math.max(1, isLower ? b : a)) < -39) {
        const logOdds = isLower ? logU : -logU
        return Math.exp(logOdds + Math.log(this.df2) - Math.log(this.df1))
      }
    }
    const side = betaPoint(a, b, logTail, isLower)
    const nearOne = side < 0 || Object.is(side, -0)
    const odds = nearOne ? (1 + side) / -side : side / (1 - side)
    return odds * (this.df2 / this.df1)
  }
  quantile(p: number): number {
    if (!(p >= 0 && p <= 1)) return NaN
    return p <= 0.5 ? this.point(Math.log(p), true) : this.point(Math.log(1 - p), false)
  }
  isf(p: number): number {
    if (!(p >= 0 && p <= 1)) return NaN
    return p <= 0.5 ? this.point(Math.log(p), false) : this.point(Math.log(1 - p), true)
  }
  override draw(rng: () => number): number {
    const numerator = standardGammaDraw(rng, this.df1 / 2) / this.df1
    return numerator / (standardGammaDraw(rng, this.df2 / 2) / this.df2)
  }
}

/**
 * Fisher's F distribution.
 *
 * @param parameters `df1` > 0 and `df2` > 0, degrees of freedom of numerator and denominator.
 * @throws ModelError `DISTRIBUTION_PARAMETER` when one is not finite or not above 0.
 * @example
 * import { fisherF } from 'millrace/models'
 * console.log(fisherF({ df1: 3, df2: 20 }).sf(30).toExponential(6)) // 1.334571e-7
 */
export function fisherF(parameters: FisherFParameters): ContinuousDistribution<FisherFParameters> {
  checkNames('fisherF', parameters, 'df1', 'df2')
  return new FisherF(
    checkPositive('fisherF', 'df1', parameters.df1),
    checkPositive('fisherF', 'df2', parameters.df2),
  )
}

/** Degrees of freedom of values that do not differ. */
const CONSTANT = 1e7

/**
 * Maximum likelihood, numerically; standard errors from the observed information. Degrees of freedom are sought from 2e-4
 * to 2e7: at an end of that, as for a constant, standard errors are NaN.
 *
 * @throws ModelError `DISTRIBUTION_DATA` for values that are not above 0, fewer than three, or values of which
 *   hardly any differs from 1.
 * @example
 * fisherF.fit([0.5, 0.9, 1.4, 2.5, 0.7]).distribution.parameters.df2 // 8.9331…
 */
fisherF.fit = (data: Observations): DistributionFit<ContinuousDistribution<FisherFParameters>> => {
  const values = observed('fisherF', data, 3)
  checkSupport('fisherF', values, x => x > 0, 'values above 0')
  const n = values.length
  let sumLog = 0
  for (const x of values) sumLog += Math.log(x)
  const best = maximize(
    ([log1, log2]) => {
      const a = Math.exp(log1!) / 2
      const b = Math.exp(log2!) / 2
      if (!(a > 1e-4 && b > 1e-4 && a < 1e7 && b < 1e7)) return -Infinity
      const ratio = a / b
      let sum = 0
      for (const x of values) sum += Math.log1p(ratio * x)
      const perValue = a * Math.log(ratio) + Math.log(a) - logGamma1p(a) + logGammaRatio(b, a)
      return n * perValue + (a - 1) * sumLog - (a + b) * sum
    },
    [Math.log(4), Math.log(8)],
  )
  const df1 = Math.exp(best.at[0]!)
  const df2 = Math.exp(best.at[1]!)
  if (Math.min(df1, df2) > CONSTANT) {
    throw badData('fisherF', 'values that differ from 1', 'hardly any that do', 'both df would be infinite')
  }
  return fitted(new FisherF(df1, df2), values, {
    df1: df1 * best.standardErrors[0]!,
    df2: df2 * best.standardErrors[1]!,
  })
}
