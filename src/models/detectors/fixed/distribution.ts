/**
 * The `fixed-distribution` detector: each value against a distribution that is known.
 *
 * p = min(1, 2·min(P(X ≤ x), P(X ≥ x))), from logarithms of tails, so that it does not underflow. For values of a
 * sample (the empirical distribution) P is (1 + number as extreme)/(n + 1): what is beyond all n is not impossible (North,
 * Curtis & Sham 2002, *American Journal of Human Genetics* 71).
 *
 * The statistic is the normal score of the smaller tail. A value expected is the mean, or the median where there is no
 * mean.
 */
import { type DetectorFactory, seriesTraits } from '../../../core/detector.ts'
import { ModelError } from '../../../core/errors.ts'
import type { Distribution } from '../../distributions/distribution.ts'
import { distributionFromJSON } from '../../distributions/from-json.ts'
import { normalLogSf } from '../../distributions/normal.ts'
import { upperPoint } from '../../special/normal-quantile.ts'
import { specWord } from '../parts/check-spec.ts'
import { type Draws, randomisedBound, randomisedTwoSided, specDraws } from '../parts/randomised.ts'
import { scoreWith } from '../parts/scorer.ts'
import { EXPECTED, PREDICTION, READY, type Statistic } from '../parts/statistic.ts'

/**
 * Opens the `fixed-distribution` detector.
 *
 * @throws {ModelError} `DETECTOR_SPEC` for a spec that makes no sense, `DISTRIBUTION_UNKNOWN` and
 *   `DISTRIBUTION_PARAMETER` for a distribution that is none.
 */
export const openFixedDistribution: DetectorFactory = (spec, context) => {
  const calibrate = specWord(spec, 'calibrate', ['analytic', 'conformal', 'tail'])
  const json = Object.hasOwn(spec, 'distribution') ? spec.distribution : undefined
  if (json === null || typeof json !== 'object') {
    throw new ModelError(
      'DETECTOR_SPEC',
      `the fixed-distribution detector needs a distribution, got ${JSON.stringify(json)}`,
      { hint: 'build specs with asDetector() of a distribution' },
    )
  }
  const distribution = distributionFromJSON(json as { name: string; parameters: object })
  const whole = distribution.kind === 'discrete' && distribution.name !== 'empirical'
  const draws = specDraws(spec, whole && calibrate === 'analytic')
  return scoreWith(scoreOf(distribution, draws), calibrate, context)
}

function scoreOf(distribution: Distribution, draws: Draws | undefined): Statistic {
  const sample =
    distribution.name === 'empirical'
      ? (distribution.parameters as { data: readonly number[] }).data.length
      : 0
  const prediction = new Float64Array(PREDICTION)
  prediction[EXPECTED] = Number.isFinite(distribution.mean) ? distribution.mean : distribution.quantile(0.5)
  prediction[READY] = 1
  let logLess = 0
  let logMore = 0
  /** What p-values are randomised by. */
  let v = 0

  /** log P(X ≥ x). */
  const logAtLeast = (x: number): number => {
    if (distribution.kind === 'continuous') return distribution.logSf(x)
    if (sample > 0) return Math.log((1 + sample * (distribution.sf(x) + distribution.pmf(x))) / (sample + 1))
    return distribution.logSf(Math.ceil(x) - 1)
  }
  const logAtMost = (x: number): number =>
    sample > 0 ? Math.log((1 + sample * distribution.cdf(x)) / (sample + 1)) : distribution.logCdf(x)

  /** The value whose tail on a side is p: the last one whose own tail is not smaller. */
  const pointOf = (side: number, p: number): number => {
    const own = sample > 0 ? ((sample + 1) * p - 1) / sample : p
    if (own <= 0) return side < 0 ? -Infinity : Infinity
    return side < 0 ? distribution.quantile(own) : distribution.isf(own)
  }

  const tails = {
    tails(x: number, out: Float64Array) {
      out[0] = distribution.logCdf(x)
      out[1] = logAtLeast(x)
    },
  }

  return {
    layout: { ...draws?.layout },
    prediction,
    bind(state) {
      draws?.bind(state)
    },
    predict(key, timeMs) {
      if (draws) v = draws.draw(key, timeMs)
    },
    describe: () => seriesTraits({ level: prediction[EXPECTED]!, scale: Math.sqrt(distribution.variance) }),
    measure(x) {
      if (!Number.isFinite(x)) {
        logLess = logMore = -Infinity
        return x
      }
      logLess = logAtMost(x)
      logMore = logAtLeast(x)
      const smaller = Math.min(logLess, logMore, -Math.LN2)
      return logLess < logMore ? -upperPoint(smaller) : upperPoint(smaller)
    },
    logP: (_u, x) =>
      draws && Number.isFinite(x)
        ? randomisedTwoSided(tails, x, v)
        : Math.min(0, Math.LN2 + Math.min(logLess, logMore)),
    valueAt: u => pointOf(u < 0 ? -1 : 1, Math.exp(normalLogSf(Math.abs(u)))),
    bound(side, alpha) {
      const end = pointOf(side, alpha / 2)
      return draws ? randomisedBound(tails, end, side, v, Math.log(alpha)) : end
    },
    learn(key, timeMs, x) {
      if (!Number.isNaN(x)) draws?.note(key, timeMs, x)
      return 1
    },
  }
}
