/**
 * The `auto` detector: for a series of which nothing is known.
 *
 * Innovations of an adaptive autoregression with a calendar profile (`adaptive-autoregression.ts`), clipped at four
 * scales, feed a panel of statistics, each for something that goes wrong with series:
 *
 * | statistic | finds |
 * | --- | --- |
 * | innovation | spikes |
 * | means over 10 and 50 innovations | shifts, drifts, seasonal breaks |
 * | mean squares over 30 and 100, both sides | bursts, flatlines |
 * | distance from the level | new extremes |
 * | distance from level and profile | values strange for their hour |
 *
 * Each has both tails of its law learned (`../calibration/tail.ts`), and the p-values are joined by Cauchy combination,
 * which holds for small p whatever their dependence (Liu & Xie 2020, *Journal of the American Statistical Association*
 * 115). Means are in standard errors, mean squares in the normal score of Wilson & Hilferty (1931, *PNAS* 17).
 *
 * The p-value is always given. An anomaly and those within 50 values after it are one event, of which only the first
 * is marked, unless a later one has one and a half times its score.
 */
import type { Detector, DetectorFactory, DetectorSpec } from '../../core/detector.ts'
import type { FieldSpec, StateTable } from '../../core/fold.ts'
import { refractory } from '../../core/refractory.ts'
import type { Calibrator } from '../calibration/calibrator.ts'
import { openCalibrator } from '../calibration/index.ts'
import { adaptiveAutoregression } from './adaptive-autoregression.ts'
import { cauchyCombination } from './cauchy-combination.ts'
import { specNumber } from './check-spec.ts'
import { f64 } from './fields.ts'
import { checkNames, whole } from './options.ts'
import { predictedBy } from './predicted-by.ts'
import { EXPECTED, READY } from './statistic.ts'

/** What {@link auto} takes. */
export interface AutoOptions {
  /** Nothing is judged before so many values. Default 150. */
  warmup?: number
}

/** The plain data of {@link auto}. */
export interface AutoSpec extends DetectorSpec {
  readonly kind: 'auto'
  readonly warmup: number
}

const WARMUP = 150

/**
 * The detector for a series of which nothing is known: spikes, shifts, bursts, flatlines, new extremes and values
 * strange for their hour, in one p-value. What `detect` takes when no detector is named.
 *
 * @throws {ModelError} `DETECTOR_OPTION` for an option that makes no sense.
 * @example
 * auto().warmup // 150
 */
export function auto(options: AutoOptions = {}): AutoSpec {
  checkNames('auto', options, ['warmup'], auto)
  return Object.freeze({
    kind: 'auto',
    warmup: whole(options.warmup ?? WARMUP, 'the warmup of auto()', 50, 1e9, auto),
  })
}

/** Innovations count so much at most, in scales. */
const CLIP = 4
/** Innovations kept: what the longest statistic needs. */
const RING = 100
const MEANS = [10, 50] as const
const SQUARES = [30, 100] as const

/** Places in the panel. */
const INNOVATION = 0
const FIRST_MEAN = 1
const FIRST_SQUARE = FIRST_MEAN + MEANS.length
const FROM_LEVEL = FIRST_SQUARE + SQUARES.length
const FROM_PROFILE = FROM_LEVEL + 1
const PANEL = FROM_PROFILE + 1

// Places in `panel`, the numbers of a key.
const SEEN = 0
/** Mean sizes of the distances from level and from profile. */
const SIZE_LEVEL = 1
const SIZE_PROFILE = 2
/** Of the joined scores: how many, how many beyond the threshold, and the sum of their excesses. */
const COUNTED = 3
const BEYOND = 4
const EXCESS = 5
/** Running sums over the last innovations and their squares. */
const SUMS = 6
const RING_AT = SUMS + MEANS.length + SQUARES.length
const WIDTH = RING_AT + RING

/** From here on the joined score's own law is learned. */
const THRESHOLD_P = 0.05
const THRESHOLD = -Math.log(THRESHOLD_P)
const PRIOR_BEYOND = 20
const PRIOR_EXCESSES = 30
const MOST_EXCESS = 8
const JOINED_KEEP = 1 - 1 / 8192

const SIZE_KEEP = 1 - 1 / 1024
const SQRT_HALF_PI = Math.sqrt(Math.PI / 2)
/** Distances are learned up to so many scales. */
const MOST = 20

/**
 * Sizes beyond this are learned by their square root: of a series that mostly stands still, moves are that large, and
 * the tails learn nothing beyond twenty.
 */
const LARGE = 5
const compressed = (u: number): number => {
  const size = Math.abs(u)
  return size <= LARGE ? u : Math.sign(u) * Math.sqrt(LARGE * size)
}
const expanded = (size: number): number => (size <= LARGE ? size : (size * size) / LARGE)

/** A calibrator among several of a detector: its fields are numbered. */
function numbered(law: Calibrator, number: number): Calibrator {
  const names = Object.keys(law.layout)
  return {
    ...law,
    layout: Object.fromEntries(names.map(name => [name + number, law.layout[name] as FieldSpec])),
    bind: state =>
      law.bind(
        Object.fromEntries(names.map(name => [name, f64(state, name + number)])) as unknown as StateTable,
      ),
  }
}

/** Zero is half on either side: turned upside down, a series gets the same p-values. */
function learnSigned(law: Calibrator, key: number, statistic: number, trust: number): void {
  if (!Number.isFinite(statistic)) return
  if (statistic !== 0) {
    law.learn(key, statistic, trust)
  } else {
    law.learn(key, Number.MIN_VALUE, 0.5 * trust)
    law.learn(key, -Number.MIN_VALUE, 0.5 * trust)
  }
}

/** Opens the `auto` detector. @throws {ModelError} `DETECTOR_SPEC` for a spec that makes no sense. */
export const openAuto: DetectorFactory = (spec, context) => {
  const warmup = spec.warmup === undefined ? WARMUP : specNumber(spec, 'warmup', 50, 1e9, true)
  const { wants, events } = context
  // Of a panel of running statistics alarms come in runs: more of them make as many events. Measured on simulated series.
  const alpha = events ? context.alpha * (1 + 2 * Math.sqrt(context.alpha)) : context.alpha
  const logAlpha = Math.log(alpha)
  const predictor = adaptiveAutoregression(context)
  const innovations = predictedBy(predictor, { warmup: 20 }, context)
  const { said } = innovations
  const laws = Array.from({ length: PANEL }, (_, s) => numbered(openCalibrator('tail', alpha), s))
  const statistics = new Float64Array(PANEL)
  const logs = new Float64Array(PANEL)
  const everyBound = wants.bounds === 'all'
  const anyBound = wants.bounds !== 'none'

  const detector: Detector = {
    alpha,
    layout: {
      ...innovations.layout,
      panel: { kind: 'f64', width: WIDTH },
      ...Object.assign({}, ...laws.map(law => law.layout)),
    },
    step(state, { count, keys, timesMs, values }, { expected, lower, upper, logP }) {
      const panel = f64(state, 'panel')
      innovations.bind(state)
      for (const law of laws) law.bind(state)
      for (let i = 0; i < count; i++) {
        const key = keys[i]!
        const x = values[i]!
        const timeMs = timesMs[i]!
        const at = key * WIDTH
        innovations.predict(key, timeMs)
        expected[i] = said[EXPECTED]!
        lower[i] = upper[i] = logP[i] = Number.NaN
        const measured = said[READY] === 1
        const u = innovations.measure(x)
        const seen = panel[at + SEEN]!
        const judged = measured && seen >= warmup
        let usable = 0
        let joinedNow = Number.NaN
        if (measured && !Number.isNaN(x)) {
          usable = measurePanel(panel, at, u, x)
          if (judged) {
            for (let s = 0; s < usable; s++) logs[s] = laws[s]!.logP(key, statistics[s]!, 0)
            const joined = -cauchyCombination(logs, usable)
            logP[i] = believed(panel, at, joined)
            joinedNow = joined
          }
          panel[at + SEEN] = seen + 1
        }
        if (judged && (everyBound || (anyBound && logP[i]! < logAlpha))) {
          lower[i] = innovations.valueAt(-expanded(laws[INNOVATION]!.critical(key, -1)))
          upper[i] = innovations.valueAt(expanded(laws[INNOVATION]!.critical(key, 1)))
        }
        const trust = innovations.learn(key, timeMs, x, u)
        if (!Number.isNaN(joinedNow)) learnJoined(panel, at, joinedNow, trust)
        for (let s = 0; s < usable; s++) {
          learnSigned(laws[s]!, key, statistics[s]!, trust * worth(s))
        }
      }
    },
  }

  /** Fills `statistics` for a value, and takes its innovation in; returns how many there are yet. */
  function measurePanel(panel: Float64Array, at: number, u: number, x: number): number {
    const seen = panel[at + SEEN]!
    const clipped = u > CLIP ? CLIP : Math.max(u, -CLIP)
    const ring = at + RING_AT
    statistics[INNOVATION] = compressed(u)
    for (let j = 0; j < MEANS.length; j++) {
      const length = MEANS[j]!
      const old = seen >= length ? panel[ring + ((seen - length) % RING)]! : 0
      const sum = panel[at + SUMS + j]! + clipped - old
      panel[at + SUMS + j] = sum
      statistics[FIRST_MEAN + j] = sum / Math.sqrt(length)
    }
    for (let j = 0; j < SQUARES.length; j++) {
      const length = SQUARES[j]!
      const old = seen >= length ? panel[ring + ((seen - length) % RING)]! : 0
      const sum = panel[at + SUMS + MEANS.length + j]! + clipped * clipped - old * old
      panel[at + SUMS + MEANS.length + j] = sum
      const error = 2 / (9 * length)
      statistics[FIRST_SQUARE + j] = (Math.cbrt(Math.max(sum, 0) / length) - (1 - error)) / Math.sqrt(error)
    }
    panel[ring + (seen % RING)] = clipped
    distance(panel, at + SIZE_LEVEL, seen, predictor.fromLevel(x), FROM_LEVEL)
    distance(panel, at + SIZE_PROFILE, seen, predictor.fromProfile(x), FROM_PROFILE)
    return PANEL
  }

  /** log p of a joined score: the share that has been beyond the threshold, and an exponential excess. */
  function believed(panel: Float64Array, at: number, joined: number): number {
    const share = (panel[at + BEYOND]! + PRIOR_BEYOND) / (panel[at + COUNTED]! + PRIOR_BEYOND / THRESHOLD_P)
    const excess = joined - THRESHOLD
    if (excess < 0) return Math.log(1 - ((1 - share) * (1 - Math.exp(-joined))) / (1 - THRESHOLD_P))
    const scale = panel[at + EXCESS]! + PRIOR_EXCESSES
    return Math.log(share) - (panel[at + BEYOND]! + PRIOR_EXCESSES) * Math.log1p(excess / scale)
  }

  function learnJoined(panel: Float64Array, at: number, joined: number, trust: number): void {
    panel[at + COUNTED] = panel[at + COUNTED]! * JOINED_KEEP + trust
    panel[at + BEYOND] = panel[at + BEYOND]! * JOINED_KEEP
    panel[at + EXCESS] = panel[at + EXCESS]! * JOINED_KEEP
    if (joined < THRESHOLD) return
    panel[at + BEYOND] = panel[at + BEYOND]! + trust
    panel[at + EXCESS] = panel[at + EXCESS]! + trust * Math.min(joined - THRESHOLD, MOST_EXCESS)
  }

  /** What a statistic is worth as an observation: those that hang together with the ones before it say little new. */
  function worth(statistic: number): number {
    if (statistic === INNOVATION) return 1
    if (statistic < FIRST_SQUARE) return 1.5 / MEANS[statistic - FIRST_MEAN]!
    if (statistic < FROM_LEVEL) return 1.5 / SQUARES[statistic - FIRST_SQUARE]!
    return predictor.independence()
  }

  /** A distance in units of its own mean size. */
  function distance(panel: Float64Array, place: number, seen: number, d: number, statistic: number): void {
    const size = panel[place]!
    const u = size > 0 ? d / (SQRT_HALF_PI * size) : 0
    statistics[statistic] = compressed(u)
    const taken = size > 0 ? Math.min(Math.abs(d), MOST * size) : Math.abs(d)
    if (Number.isFinite(taken)) {
      panel[place] = size + Math.max(1 - SIZE_KEEP, 1 / (seen + 1)) * (taken - size)
    }
  }

  return events ? detector : refractory(detector, alpha, { points: 50, again: 1.5 })
}
