/**
 * Does a distribution describe the data? Kolmogorov–Smirnov, Anderson–Darling and chi-squared tests.
 *
 * Sources: R. B. D'Agostino & M. A. Stephens, Goodness-of-Fit Techniques (1986); p-values for fitted parameters by
 * parametric bootstrap (W. Stute, W. González Manteiga & M. Presedo Quindimil 1993): data are simulated from the
 * fitted distribution, fitted again and compared, because the tables for a known distribution would be far too
 * lenient.
 */

import { ModelError } from '../../core/errors.ts'
import { shown } from '../../core/options.ts'
import { checkOptions } from '../function-options.ts'
import { andersonDarlingSf } from '../special/anderson-darling.ts'
import { kolmogorovSf } from '../special/kolmogorov.ts'
import { chiSquared } from './chi-squared.ts'
import type {
  ContinuousDistribution,
  DiscreteDistribution,
  Distribution,
  DistributionFit,
  Observations,
} from './distribution.ts'
import { refit } from './from-json.ts'
import { observed } from './parameters.ts'

/** A test statistic with its p-value. */
export interface GoodnessOfFitTest {
  statistic: number
  /** Probability of a statistic at least as large if the distribution is right; small speaks against it. */
  pValue: number
  /** Where the p-value comes from: the statistic's distribution for a known distribution, or simulation. */
  method: 'exact' | 'asymptotic' | 'simulated'
}

/** Result of {@link goodnessOfFit}. */
export interface GoodnessOfFit {
  /** Observed values used. */
  n: number
  /** Whether parameters were estimated; then all p-values allow for it. */
  parametersFitted: boolean
  /** How many parameters were estimated. */
  fittedParameters: number
  /** Largest distance between the two distribution functions. */
  kolmogorovSmirnov: GoodnessOfFitTest
  /** Distance weighted towards the tails; null for discrete distributions, where it is not defined. */
  andersonDarling: GoodnessOfFitTest | null
  /** Pearson's test over bins of at least five expected values; null when the data are too few for it. */
  chiSquared: (GoodnessOfFitTest & { df: number; bins: number }) | null
}

/** Options of {@link goodnessOfFit}. */
export interface GoodnessOfFitOptions {
  /** Parameters estimated from these data; by default what `fit` noted on the distribution. */
  fittedParameters?: number
  /** Simulated data sets behind a simulated p-value; 499 by default, so its smallest value is 0.002. */
  simulations?: number
  /** Uniform numbers in [0, 1) for the simulation; by default a fixed sequence, so results repeat. */
  rng?: () => number
}

/** More simulations say nothing that a p-value has digits for. */
const MAX_SIMULATIONS = 100_000

/** Simulated samples need not be longer: the scaled statistics hardly depend on n beyond this. */
const SIMULATED_LENGTH = 200

function fixedSequence(): () => number {
  let state = 0x9e3779b9
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let t = Math.imul(state ^ (state >>> 15), 1 | state)
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296
  }
}

/** Kolmogorov–Smirnov D of ascending values. */
function kolmogorovDistance(sorted: Float64Array, d: Distribution): number {
  const n = sorted.length
  let largest = 0
  for (let i = 0; i < n; i++) {
    const x = sorted[i]!
    // Ties: the empirical function steps once, from the first of them to the last.
    if (d.kind === 'continuous') {
      const p = d.cdf(x)
      largest = Math.max(largest, p - i / n, (i + 1) / n - p)
      continue
    }
    let last = i
    while (last + 1 < n && sorted[last + 1] === x) last++
    const at = d.cdf(x)
    const before = at - d.pmf(x)
    largest = Math.max(largest, Math.abs(before - i / n), Math.abs(at - (last + 1) / n))
    i = last
  }
  return largest
}

/** Anderson–Darling A² of ascending values. */
function andersonDarlingDistance(sorted: Float64Array, d: ContinuousDistribution): number {
  const n = sorted.length
  let sum = 0
  for (let i = 0; i < n; i++) sum += (2 * i + 1) * (d.logCdf(sorted[i]!) + d.logSf(sorted[n - 1 - i]!))
  return -n - sum / n
}

/** Stephens's scaling, which makes the distribution of D nearly independent of n. */
function scaled(distance: number, n: number): number {
  return distance * (Math.sqrt(n) + 0.12 + 0.11 / Math.sqrt(n))
}

function pearson(
  sorted: Float64Array,
  d: Distribution,
  fittedParameters: number,
): GoodnessOfFit['chiSquared'] {
  const n = sorted.length
  const [expected, seen] = d.kind === 'continuous' ? equalBins(sorted, d) : pointBins(sorted, d)
  const bins = expected.length
  const df = bins - 1 - fittedParameters
  if (df < 1) return null
  let statistic = 0
  for (let i = 0; i < bins; i++) statistic += (seen[i]! - n * expected[i]!) ** 2 / (n * expected[i]!)
  return { statistic, pValue: chiSquared({ df }).sf(statistic), method: 'asymptotic', df, bins }
}

/** 2·n^(2/5) bins of equal probability (Mann & Wald), at least five expected values in each. */
function equalBins(sorted: Float64Array, d: ContinuousDistribution): [number[], number[]] {
  const n = sorted.length
  const bins = Math.max(1, Math.min(Math.floor(n / 5), Math.ceil(2 * n ** 0.4)))
  const seen = new Array<number>(bins).fill(0)
  for (const x of sorted) seen[Math.min(bins - 1, Math.floor(d.cdf(x) * bins))]!++
  return [seen.map(() => 1 / bins), seen]
}

/** The points of a discrete distribution, neighbours joined until five values are expected. */
function pointBins(sorted: Float64Array, d: DiscreteDistribution): [number[], number[]] {
  const n = sorted.length
  const expected: number[] = []
  const seen: number[] = []
  let i = 0
  let from = 0
  while (1 - from > 5 / n) {
    // The next edge: the first point that collects five expected values.
    const edge = d.quantile(Math.min(1, from + 5 / n))
    const left = d.sf(edge)
    if (!(n * left >= 5)) break
    const start = i
    while (i < n && sorted[i]! <= edge) i++
    const upTo = d.cdf(edge)
    expected.push(upTo - from)
    seen.push(i - start)
    from = upTo
  }
  expected.push(1 - from)
  seen.push(n - i)
  return [expected, seen]
}

/**
 * Tests whether data come from a distribution.
 *
 * @param data Observed values; null, undefined and NaN are left out.
 * @param d A distribution, or the result of a `fit`. When parameters were fitted the p-values of the first two tests
 *   come from simulation with a new fit each time, and the chi-squared test loses a degree of freedom per parameter.
 * @param options Number of fitted parameters, simulations and generator.
 * @throws ModelError `DISTRIBUTION_DATA` when nothing is observed or a value is infinite; `DISTRIBUTION_PARAMETER` for
 *   bad options.
 * @example
 * import { exponential, goodnessOfFit, normal } from 'millrace/models'
 * const data = Array.from({ length: 100 }, (_, i) => exponential({ rate: 1 }).quantile((i + 0.5) / 100))
 * console.log(goodnessOfFit(data, exponential.fit(data)).kolmogorovSmirnov.pValue > 0.5) // true
 * console.log(goodnessOfFit(data, normal.fit(data)).andersonDarling!.pValue < 0.01) // true
 */
export function goodnessOfFit(
  data: Observations,
  d: Distribution | DistributionFit<Distribution>,
  options: GoodnessOfFitOptions = {},
): GoodnessOfFit {
  const distribution = typeof d === 'object' && d !== null && 'distribution' in d ? d.distribution : d
  if (typeof distribution?.cdf !== 'function') {
    throw new ModelError(
      'DISTRIBUTION_UNKNOWN',
      `goodnessOfFit() takes a distribution or a fit, got ${shown(d)}`,
      {
        hint: 'goodnessOfFit(data, poisson.fit(data)), or goodnessOfFit(data, poisson({ rate: 3 }))',
        above: goodnessOfFit,
      },
    )
  }
  const sorted = observed('goodnessOfFit', data).toSorted()
  const n = sorted.length
  checkOptions('goodnessOfFit', options, ['fittedParameters', 'simulations', 'rng'], goodnessOfFit)
  const fittedParameters = options.fittedParameters ?? distribution.fittedParameters
  const simulations = options.simulations ?? 499
  const counts = Number.isSafeInteger(fittedParameters) && Number.isInteger(simulations)
  if (!(counts && simulations > 0 && simulations <= MAX_SIMULATIONS && fittedParameters >= 0))
    throw new ModelError(
      'DISTRIBUTION_PARAMETER',
      `goodnessOfFit() needs 1 <= simulations <= ${MAX_SIMULATIONS} and fittedParameters >= 0, got ${shown(simulations)} and ${shown(fittedParameters)}`,
      {
        hint: 'leave them out for the defaults',
      },
    )
  const distance = kolmogorovDistance(sorted, distribution)
  const weighted = distribution.kind === 'continuous' ? andersonDarlingDistance(sorted, distribution) : null
  const result: GoodnessOfFit = {
    n,
    parametersFitted: fittedParameters > 0,
    fittedParameters,
    kolmogorovSmirnov: { statistic: distance, pValue: NaN, method: 'simulated' },
    andersonDarling: weighted === null ? null : { statistic: weighted, pValue: NaN, method: 'simulated' },
    chiSquared: pearson(sorted, distribution, fittedParameters),
  }
  if (fittedParameters === 0 && distribution.kind === 'continuous') {
    const exact = n <= 500 || n * distance * distance > 2.2
    result.kolmogorovSmirnov.pValue = kolmogorovSf(distance, n)
    result.kolmogorovSmirnov.method = exact ? 'exact' : 'asymptotic'
    result.andersonDarling!.pValue = andersonDarlingSf(weighted!, n)
    result.andersonDarling!.method = 'asymptotic'
    return result
  }
  const rng = options.rng ?? fixedSequence()
  const length = Math.min(n, SIMULATED_LENGTH)
  let worseDistance = 1
  let worseWeighted = 1
  let runs = 1
  for (let i = 0; i < simulations; i++) {
    const sample = distribution.sample(rng, length).sort()
    let model = distribution
    if (fittedParameters > 0) {
      try {
        model = refit(distribution, sample)
      } catch (error) {
        // A sample without an estimate (all values equal, say) tells nothing about the distance.
        if (error instanceof ModelError) continue
        throw error
      }
    }
    runs++
    if (scaled(kolmogorovDistance(sample, model), length) >= scaled(distance, n) * (1 - 1e-12))
      worseDistance++
    if (weighted !== null && model.kind === 'continuous')
      if (andersonDarlingDistance(sample, model) >= weighted) worseWeighted++
  }
  result.kolmogorovSmirnov.pValue = worseDistance / runs
  if (result.andersonDarling) result.andersonDarling.pValue = worseWeighted / runs
  return result
}
