/**
 * The `fixed-arima` detector: each value against the exact one-step prediction of an ARIMA model that is known.
 *
 * u = (x − prediction) / (σ√F), standard normal when the model is right; prediction and F are those of
 * `arma/filter/online.ts`, missing values and start included. A value beyond {@link REJECT_Z} enters as a missing one; twelve
 * outliers to one side are a new level (`level-shift.ts`), which is added to the series from then on.
 *
 * A differenced model is not ready for its first d + D·s values. State per key: the filter's (`keyed-filter.ts`), that of the
 * level, and three numbers.
 */
import { type DetectorContext, type DetectorFactory, seriesTraits } from '../../../core/detector.ts'
import { ModelError } from '../../../core/errors.ts'
import { record } from '../../../core/record.ts'
import { type ArimaDefinition, type CompiledModel, compileModel, regressionAt } from '../../arma/model.ts'
import { normalLogTwoSided } from '../../distributions/normal.ts'
import { upperPoint } from '../../special/normal-quantile.ts'
import { specWord } from '../parts/check-spec.ts'
import { f64 } from '../parts/fields.ts'
import {
  bindFilter,
  filterMean,
  filterVariance,
  keyedFilter,
  MAX_STEPS,
  setFilterModel,
  updateFilter,
} from '../parts/keyed-filter.ts'
import { openLevelShift } from '../parts/level-shift.ts'
import { REJECT_Z } from '../parts/robust-scale.ts'
import { scoreWith } from '../parts/scorer.ts'
import { EXPECTED, PREDICTION, READY, type Statistic } from '../parts/statistic.ts'

const STATE = record({
  steps: 'steps since the first value',
  lastMs: 'event time of the last value, ms',
  offset: 'what the level has moved by, unit of the values',
})

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
  const period = definition.spec.seasonal?.period ?? 0
  return scoreWith(innovationStatistic(compileModel(definition), period, context), calibrate, context)
}

/** Innovations of a model, in their standard deviations. */
function innovationStatistic(
  model: CompiledModel,
  period: number,
  { everyMs }: Pick<DetectorContext, 'everyMs'>,
): Statistic {
  const { m, delta, sd } = model
  const before = delta.length
  const filter = keyedFilter(m, before, 1)
  setFilterModel(filter, model)
  const shift = openLevelShift()
  const prediction = new Float64Array(PREDICTION)
  let numbers: Float64Array = new Float64Array(0)
  let expected = Number.NaN
  let scale = 1
  /** Regression and offset of the next value: what it is above the filtered series. */
  let above = 0

  /** Takes the next step of the filtered series; NaN is a missing value. */
  const advance = (key: number, value: number): void => {
    const at = key * STATE.width + STATE.steps
    const step = numbers[at]!
    numbers[at] = step + 1
    filter.values[0] = value
    updateFilter(filter, key, step)
  }

  return {
    layout: { fixed: STATE.field, ...filter.layout, ...shift.layout },
    prediction,
    bind(state) {
      numbers = f64(state, 'fixed')
      bindFilter(filter, state)
      shift.bind(state)
    },
    predict(key, timeMs) {
      const at = key * STATE.width
      if (everyMs !== undefined && numbers[at + STATE.steps]! > 0) {
        const steps = Math.round((timeMs - numbers[at + STATE.lastMs]!) / everyMs) - 1
        const most = MAX_STEPS + before
        for (let i = Math.min(steps, most); i > 0; i--) advance(key, Number.NaN)
        if (steps > most) numbers[at + STATE.steps] = numbers[at + STATE.steps]! + steps - most
      }
      const step = numbers[at + STATE.steps]!
      const ready = step >= before
      above = regressionAt(model, step, null) + numbers[at + STATE.offset]!
      expected = ready ? above + filterMean(filter, key, 0) : Number.NaN
      scale = ready ? sd * Math.sqrt(filterVariance(filter, key, step)) : 1
      prediction[EXPECTED] = expected
      prediction[READY] = scale < Infinity && !Number.isNaN(expected) ? 1 : 0
    },
    describe: () => seriesTraits({ scale: sd, seasons: period > 1 ? [{ steps: period }] : [] }),
    measure: x => (x - expected) / scale,
    logP: u => normalLogTwoSided(u),
    valueAt: u => expected + u * scale,
    bound: (side, alpha) => expected + side * scale * upperPoint(Math.log(alpha / 2)),
    learn(key, timeMs, x, u) {
      const at = key * STATE.width
      if (!Number.isFinite(x) && numbers[at + STATE.steps] === 0) return 0
      numbers[at + STATE.lastMs] = timeMs
      if (!Number.isFinite(x) || prediction[READY] === 0) {
        advance(key, Number.isFinite(x) ? x - above : Number.NaN)
        return 0
      }
      const by = shift.watch(key, u, x - expected, scale)
      if (by !== 0) numbers[at + STATE.offset] = numbers[at + STATE.offset]! + by
      advance(key, Math.abs(u) <= REJECT_Z || by !== 0 ? x - above - by : Number.NaN)
      return shift.weight(key)
    },
  }
}
