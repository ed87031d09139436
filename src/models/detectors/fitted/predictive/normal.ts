/**
 * Normal values, and lognormal ones by their logarithms.
 *
 * With the prior 1/σ² the next value is m + s·√(1 + 1/n)·t, t of Student's distribution with n − 1 degrees of freedom (Gelman et
 * al., *Bayesian Data Analysis*, 3rd ed., §3.2). Exact, and exact as a frequency too: the ratio has that distribution whatever
 * the parameters are.
 */
import { studentT } from '../../../distributions/student-t.ts'
import { betaTails } from '../../../special/incomplete-beta.ts'
import { type PredictiveDistribution, twoSidedOf } from '../../parts/predictive.ts'

/** Smallest standard deviation relative to the mean: a difference in the last digit is no outlier. */
const MIN = 1e-9
const tails = new Float64Array(2)

/** log P(T > |t|). */
function logStudentTail(t: number, dof: number): number {
  const size = Math.abs(t)
  if (size > 1e150) return 0.5 * (dof * (Math.log(dof) - 2 * Math.log(size)))
  const square = size * size
  const sum = dof + square
  betaTails(dof / 2, 0.5, dof / sum, square / sum, (0.5 * dof * (1 - square)) / sum, tails, true)
  return tails[0]! - Math.LN2
}

const openStudent = (logarithmic: boolean): PredictiveDistribution => {
  let center = 0
  let scale = 1
  let freedom = 1

  const standardised = (x: number): number =>
    ((logarithmic ? (x > 0 ? Math.log(x) : -Infinity) : x) - center) / scale

  const distribution: PredictiveDistribution = {
    discrete: false,
    additive: true,
    logarithmic,
    most: Infinity,
    priorSum: 0,
    priorWorth: 0,
    look() {},
    relativeVariance: () => 1,
    set(mean, worth, variance, dof) {
      center = mean
      scale = Math.max(Math.sqrt(variance * (1 + 1 / worth)), MIN * Math.abs(mean), 1e-150)
      freedom = dof
    },
    tails(x, out) {
      const t = standardised(x)
      if (Math.abs(t) === Infinity) {
        out[0] = t < 0 ? -Infinity : 0
        out[1] = t < 0 ? 0 : -Infinity
        return
      }
      const log = logStudentTail(t, freedom)
      const rest = Math.log1p(-Math.exp(log))
      out[0] = t < 0 ? log : rest
      out[1] = t < 0 ? rest : log
    },
    logTwoSided: x => twoSidedOf(distribution, x),
    bound(side, alpha) {
      const y = center + side * scale * studentT({ df: freedom }).isf(alpha / 2)
      return logarithmic ? Math.exp(y) : y
    },
    note() {},
  }
  return distribution
}

export const openNormal = (): PredictiveDistribution => openStudent(false)
export const openLognormal = (): PredictiveDistribution => openStudent(true)
