/**
 * Counts: Poisson, and negative binomial where they vary more.
 *
 * A Poisson rate with a gamma posterior of shape a and mean m predicts by the negative binomial distribution of mean m and
 * variance m + m²/a (Gelman et al., *Bayesian Data Analysis*, 3rd ed., §2.6): exact under Jeffreys' prior, gamma(½, 0).
 *
 * The dispersion φ of a negative binomial distribution is learned by weighted moments of (x − m)² − m (Breslow 1984, *Applied
 * Statistics* 33), plus a quarter of a standard error; an uncertain mean of relative variance v makes it about φ + v + φv.
 */
import { centralInterval, logTails, logTwoSided } from '../../parts/negative-binomial.ts'
import type { PredictiveDistribution } from '../../parts/predictive.ts'

const EXCESS = 0
const INFORMATION = 1
/** Prior of φ, and the information it is worth. */
const PRIOR_PHI = 0.5
const PRIOR_INFORMATION = 2
/** A mean of nothing at all. */
const MIN_MEAN = 1e-12

const openCount = (dispersed: boolean): PredictiveDistribution => {
  const ends = new Float64Array(2)
  let own = 0
  let mu = 1
  let spread = 0
  let wide = 0

  return {
    discrete: true,
    additive: false,
    logarithmic: false,
    most: Infinity,
    priorSum: 0.5,
    priorWorth: 0,
    look(sums, at, unit) {
      if (!dispersed) return
      const learned = sums[at + INFORMATION]! * unit
      const information = learned + PRIOR_INFORMATION
      own = Math.max(0, sums[at + EXCESS]! * unit + PRIOR_PHI * PRIOR_INFORMATION) / information
      own += Math.sqrt(0.125 * learned) / information
    },
    relativeVariance: mean => own + 1 / Math.max(mean, MIN_MEAN),
    set(mean, worth) {
      mu = Math.max(mean, MIN_MEAN)
      spread = (own + 1 / mu) / worth
      wide = own + spread + own * spread
    },
    tails: (x, out) => logTails(x, mu, wide, out),
    logTwoSided: x => logTwoSided(x, mu, wide),
    bound(side, alpha) {
      centralInterval(mu, wide, alpha, ends)
      return side < 0 ? ends[0]! : ends[1]!
    },
    note(sums, at, weight, x) {
      if (!dispersed) return
      const miss = x - mu
      const wider = 1 + (own + spread) * mu
      const share = weight / (wider * wider + 0.5 / mu)
      sums[at + EXCESS] = sums[at + EXCESS]! + share * (miss * miss - mu - spread * mu * mu)
      sums[at + INFORMATION] = sums[at + INFORMATION]! + share * mu * mu
    },
  }
}

export const openPoisson = (): PredictiveDistribution => openCount(false)
export const openNegativeBinomial = (): PredictiveDistribution => openCount(true)
