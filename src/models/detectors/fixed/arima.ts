/**
 * The `fixed-arima` detector: each value against the exact one-step prediction of an ARIMA model that is known.
 *
 * u = (x − prediction) / (σ√F), standard normal when the model is right; prediction and F are those of `arma/online.ts`,
 * missing values and start included. A value beyond 4 enters as a missing one; twelve strange ones to one side are a new
 * level (`level-shift.ts`), which is added to the series from then on.
 *
 * A differenced model is not ready for its first d + D·s values. State a key: the filter's means, four numbers, and
 * while the effects of a gap last its covariance factors (`arma/excess-state.ts`).
 */
import type { DetectorContext, DetectorFactory } from '../../../core/detector.ts'
import { ModelError } from '../../../core/errors.ts'
import {
  excessState,
  excessVariance,
  observe,
  skip,
  startAfterDifferencing,
} from '../../arma/filter/excess-state.ts'
import { gainRow, gainTable } from '../../arma/filter/gain-table.ts'
import { type ArimaDefinition, type CompiledModel, compileModel, regressionAt } from '../../arma/model.ts'
import { normalLogTwoSided } from '../../distributions/normal.ts'
import { upperPoint } from '../../special/normal-quantile.ts'
import { type Gap, gapField } from '../arima/gap-field.ts'
import { specWord } from '../parts/check-spec.ts'
import { f64 } from '../parts/fields.ts'
import { openLevelShift } from '../parts/level-shift.ts'
import { scoreWith } from '../parts/scorer.ts'
import { EXPECTED, PREDICTION, READY, type Statistic } from '../parts/statistic.ts'

/** From so many σ on a value enters as a missing one: of those that the model says it makes one in 16,000. */
const REFUSED = 4
/** Missing steps that a filter takes one by one; more change nothing but the trend. */
const MAX_STEPS = 2000

// Places in `fixed`: then come the means, or the first values while they are collected.
/** Steps since the first value. */
const STEPS = 0
const LAST_MS = 1
/** What the level has moved by. */
const OFFSET = 2
const MEANS = 3

/**
 * Opens the `fixed-arima` detector.
 *
 * @throws {ModelError} `DETECTOR_SPEC` for a spec that makes no sense, `NON_STATIONARY` and `ARIMA_SIGMA2` for a model
 *   that is none.
 */
export const openFixedArima: DetectorFactory = (spec, context) => {
  const calibrate = specWord(spec, 'calibrate', ['analytic', 'conformal', 'tail'])
  const definition = Object.hasOwn(spec, 'model') ? (spec.model as ArimaDefinition) : undefined
  if (definition?.spec?.kind !== 'arima' || !definition.coefficients) {
    throw new ModelError(
      'DETECTOR_SPEC',
      `the fixed-arima detector needs a model, got ${JSON.stringify(definition)}`,
      { hint: 'build specs with asDetector() of a fitted model' },
    )
  }
  return scoreWith(filtered(compileModel(definition), context), calibrate, context)
}

function filtered(model: CompiledModel, { everyMs }: Pick<DetectorContext, 'everyMs'>): Statistic {
  const { m, delta, full, fullSparse, theta, thetaSparse, sd } = model
  const before = delta.length
  const width = MEANS + Math.max(m, before)
  const table = gainTable(model)
  const shift = openLevelShift()
  const prediction = new Float64Array(PREDICTION)
  const work = excessState(m, 1)
  const means = work.means[0]!
  const one = new Float64Array(1)
  let numbers: Float64Array = new Float64Array(0)
  let open: (Gap | undefined)[] = []
  let expected = Number.NaN
  let scale = 1
  /** What the next value is above the filtered series. */
  let above = 0

  /** Takes the next step of the filtered series; NaN is a missing value. */
  const advance = (key: number, level: number): void => {
    const at = key * width
    const step = numbers[at + STEPS]!
    numbers[at + STEPS] = step + 1
    if (step < before) {
      numbers[at + MEANS + step] = level
      if (step + 1 === before) startLevel(key)
      return
    }
    if (m === 0) return
    const row = gainRow(table, step - before)
    const gap = open[key]
    const steady = row === table.steadyFrom && table.F[row] === 1 && theta.length <= m
    if (steady && gap === undefined && !Number.isNaN(level)) {
      const first = at + MEANS
      const v = level - numbers[first]!
      numbers.copyWithin(first, first + 1, first + m)
      numbers[first + m - 1] = 0
      for (let i = 0; i < fullSparse.lags.length; i++) {
        const place = first + fullSparse.lags[i]! - 1
        numbers[place] = numbers[place]! + fullSparse.coefficients[i]! * level
      }
      for (let i = 0; i < thetaSparse.lags.length; i++) {
        const place = first + thetaSparse.lags[i]! - 1
        numbers[place] = numbers[place]! + thetaSparse.coefficients[i]! * v
      }
      return
    }
    load(key)
    if (Number.isNaN(level)) skip(work, full, table.rows[row]!, table.F[row]!)
    else {
      one[0] = level
      observe(work, full, table.rows[row]!, table.F[row]!, one)
    }
    store(key)
  }

  const load = (key: number): void => {
    const from = key * width + MEANS
    means.set(numbers.subarray(from, from + m))
    work.excess = open[key]?.excess ?? []
    work.diffuse = open[key]?.diffuse ?? []
  }
  const store = (key: number): void => {
    numbers.set(means, key * width + MEANS)
    const felt = work.excess.length + work.diffuse.length > 0
    if (felt || open[key] !== undefined) {
      open[key] = felt ? { excess: work.excess, diffuse: work.diffuse } : undefined
    }
  }

  /** Turns the first values of a differenced model into its state. */
  const startLevel = (key: number): void => {
    const from = key * width + MEANS
    const start = startAfterDifferencing(m, delta, full, [numbers.slice(from, from + before)])
    numbers.fill(0, from, from + Math.max(m, before))
    means.set(start.means[0]!)
    work.excess = start.excess
    work.diffuse = start.diffuse
    store(key)
  }

  return {
    layout: { fixed: { kind: 'f64', width }, gaps: gapField, ...shift.layout },
    prediction,
    bind(state) {
      numbers = f64(state, 'fixed')
      open = (state as unknown as { gaps: (Gap | undefined)[] }).gaps
      shift.bind(state)
    },
    predict(key, timeMs) {
      const at = key * width
      if (everyMs !== undefined && numbers[at + STEPS]! > 0) {
        const steps = Math.round((timeMs - numbers[at + LAST_MS]!) / everyMs) - 1
        const most = MAX_STEPS + before
        for (let i = Math.min(steps, most); i > 0; i--) advance(key, Number.NaN)
        if (steps > most) numbers[at + STEPS] = numbers[at + STEPS]! + steps - most
      }
      const step = numbers[at + STEPS]!
      above = regressionAt(model, step, null) + numbers[at + OFFSET]!
      if (step < before) {
        expected = Number.NaN
        scale = 1
      } else {
        const gap = open[key]
        // The table may grow, and be another array after.
        const row = gainRow(table, step - before)
        let variance = table.F[row]!
        if (gap !== undefined) {
          work.excess = gap.excess
          work.diffuse = gap.diffuse
          variance += excessVariance(work)
        }
        expected = above + (m > 0 ? numbers[at + MEANS]! : 0)
        scale = sd * Math.sqrt(variance)
      }
      prediction[EXPECTED] = expected
      prediction[READY] = scale < Infinity && !Number.isNaN(expected) ? 1 : 0
    },
    measure: x => (x - expected) / scale,
    logP: u => normalLogTwoSided(u),
    valueAt: u => expected + u * scale,
    bound: (side, alpha) => expected + side * scale * upperPoint(Math.log(alpha / 2)),
    learn(key, timeMs, x, u) {
      const at = key * width
      if (!Number.isFinite(x) && numbers[at + STEPS] === 0) return 0
      numbers[at + LAST_MS] = timeMs
      if (!Number.isFinite(x) || prediction[READY] === 0) {
        advance(key, Number.isFinite(x) ? x - above : Number.NaN)
        return 0
      }
      const by = shift.watch(key, u, x - expected, scale)
      if (by !== 0) numbers[at + OFFSET] = numbers[at + OFFSET]! + by
      advance(key, Math.abs(u) <= REFUSED || by !== 0 ? x - above - by : Number.NaN)
      return shift.weight(key)
    },
  }
}
