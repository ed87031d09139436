/**
 * A predictor that needs no settings: a calendar profile, and an autoregression of what is left.
 *
 * A value is level + profile + d. The level is an exponentially weighted mean of a thousand values. The profile is one
 * of the hours of the day and one of the hours of the week, drawn to nothing as far as their differences are no more
 * than noise makes (James–Stein). d is autoregressive of order 8 at most: Yule–Walker by exponentially weighted lagged
 * products (Brockwell & Davis, §8.1), solved every 32 values, without the partial autocorrelations that are less than
 * two standard errors from 0 at the end of the recursion. Missing values are their prediction.
 */
import type { DetectorContext } from '../../../core/detector.ts'
import { f64 } from '../parts/fields.ts'
import type { Predictor } from '../parts/residual-statistic.ts'

export interface AdaptiveAutoregression extends Predictor {
  /** The distances of a value from the level, and from level and profile, as predicted last. */
  fromLevel(x: number): number
  fromProfile(x: number): number
  /** What a value of the series predicted last is worth in independent ones, for a mean. */
  independence(): number
}

const ORDER = 8
/** Values remembered by level and lagged products. */
const MEMORY = 1024
/** Visits of an hour that its mean remembers. */
const VISITS = 40
const REFIT = 32
const MAX_PARTIAL = 0.9995
/** After so many missing values more add nothing to the spread. */
const MAX_GAP = 64

const HOUR_MS = 3_600_000
const DAY = 24
const WEEK = 168

// Places in `series`.
const SEEN = 0
const LEVEL = 1
/** Weights of the drawn profiles: variance of the hours' differences. */
const DAY_SIGNAL = 2
const WEEK_SIGNAL = 3
/** Running variance of d. */
const NOISE = 4
/** Missing values just before. */
const GAP = 5
/** Strange values just before. */
const OUTLIER_Z = 6
/**
 * The last values of d, newest first: strange ones by their prediction, and as they were; then lagged products, from
 * lag 0; then the coefficients.
 */
const PAST = 7
const RAW_PAST = PAST + ORDER
const PRODUCTS = RAW_PAST + ORDER
const COEFFICIENTS = PRODUCTS + ORDER + 1
const WIDTH = COEFFICIENTS + ORDER

/** A mean and its visits for each hour of the day, then of the week. */
const PROFILE_WIDTH = 2 * (DAY + WEEK)

/** Opens the predictor. Without `everyMs`, or with steps longer than six hours, there is no profile. */
export function adaptiveAutoregression({
  everyMs,
}: Pick<DetectorContext, 'everyMs'>): AdaptiveAutoregression {
  const calendar = everyMs !== undefined && everyMs <= 6 * HOUR_MS
  /** An hour is one visit, however many values it has. */
  const visit = calendar ? Math.min(1, everyMs / HOUR_MS) : 0
  const row = new Float64Array(ORDER)
  const next = new Float64Array(ORDER)
  const psis = new Float64Array(MAX_GAP + 1)
  let series: Float64Array = new Float64Array(0)
  let profile: Float64Array = new Float64Array(0)
  let level = 0
  let seasonal = 0
  let predicted = Number.NaN
  let place = 0

  /** The mean of an hour, drawn to 0 by what noise may have made of it. */
  const drawn = (place: number, signal: number, noise: number): number => {
    const visits = profile[place + 1]!
    return visits === 0 || signal === 0 ? 0 : (profile[place]! * signal) / (signal + noise / visits)
  }

  /** Sum of both profiles at a time: between the middles of two hours it is a line. */
  const seasonAt = (key: number, timeMs: number): number => {
    const at = key * WIDTH
    const daySignal = series[at + DAY_SIGNAL]!
    const weekSignal = series[at + WEEK_SIGNAL]!
    if (daySignal === 0 && weekSignal === 0) return 0
    const noise = series[at + NOISE]!
    const place = key * PROFILE_WIDTH
    const hours = timeMs / HOUR_MS - 0.5
    const hour = Math.floor(hours)
    const late = hours - hour
    let sum = 0
    for (let side = 0; side < 2; side++) {
      const h = hour + side
      const dayPlace = place + 2 * (h - DAY * Math.floor(h / DAY))
      const weekPlace = place + 2 * (DAY + h - WEEK * Math.floor(h / WEEK))
      sum +=
        (side === 0 ? 1 - late : late) *
        (drawn(dayPlace, daySignal, noise) + drawn(weekPlace, weekSignal, noise))
    }
    return sum
  }

  const learnProfile = (key: number, timeMs: number, distance: number) => {
    const hour = Math.floor(timeMs / HOUR_MS)
    const dayPlace = key * PROFILE_WIDTH + 2 * (hour - DAY * Math.floor(hour / DAY))
    const weekPlace = key * PROFILE_WIDTH + 2 * (DAY + hour - WEEK * Math.floor(hour / WEEK))
    const visits = Math.min(profile[dayPlace + 1]! + visit, VISITS)
    profile[dayPlace + 1] = visits
    profile[dayPlace] = profile[dayPlace]! + (visit / visits) * (distance - profile[dayPlace]!)
    const weeks = Math.min(profile[weekPlace + 1]! + visit, VISITS)
    profile[weekPlace + 1] = weeks
    const rest = distance - profile[dayPlace]!
    profile[weekPlace] = profile[weekPlace]! + (visit / weeks) * (rest - profile[weekPlace]!)
  }

  /** Variance of the true means of some hours, by what their estimates vary beyond noise. */
  const signalOf = (place: number, hours: number, noise: number): number => {
    let seen = 0
    let squares = 0
    let errors = 0
    for (let h = 0; h < hours; h++) {
      const visits = profile[place + 2 * h + 1]!
      if (visits < 2) continue
      const mean = profile[place + 2 * h]!
      seen++
      squares += mean * mean
      errors += noise / visits
    }
    // Half of the hours, and twice what noise makes: a profile that is not there costs more than one not yet believed.
    return seen < hours / 2 || squares < 2 * errors ? 0 : (squares - errors) / seen
  }

  const refit = (key: number) => {
    const at = key * WIDTH
    const noise = series[at + NOISE]!
    if (calendar) {
      const place = key * PROFILE_WIDTH
      series[at + DAY_SIGNAL] = signalOf(place, DAY, noise)
      series[at + WEEK_SIGNAL] = signalOf(place + 2 * DAY, WEEK, noise)
    }
    const least = 2 / Math.sqrt(Math.min(series[at + SEEN]!, MEMORY))
    let v = series[at + PRODUCTS]!
    let order = 0
    const coefficients = series.subarray(at + COEFFICIENTS, at + COEFFICIENTS + ORDER).fill(0)
    for (let k = 0; k < ORDER && v > 0; k++) {
      let sum = series[at + PRODUCTS + k + 1]!
      for (let j = 0; j < k; j++) sum -= row[j]! * series[at + PRODUCTS + k - j]!
      // Weights that fall with age let products of a walk exceed its squares: it stays just stationary.
      const partial = Math.max(-MAX_PARTIAL, Math.min(sum / v, MAX_PARTIAL))
      for (let j = 0; j < k; j++) next[j] = row[j]! - partial * row[k - 1 - j]!
      next[k] = partial
      row.set(next)
      v *= (1 - partial) * (1 + partial)
      if (Math.abs(partial) > least) {
        order = k + 1
        coefficients.set(row.subarray(0, order))
      }
      if (Math.abs(partial) === MAX_PARTIAL) break
    }
  }

  const push = (past: number, d: number) => {
    series.copyWithin(past + 1, past, past + ORDER - 1)
    series[past] = d
  }

  /** Products of a value with itself and with those before it, of which there are `lags`. */
  const takeProducts = (at: number, d: number, past: number, lags: number, weight: number) => {
    series[at + PRODUCTS] = series[at + PRODUCTS]! + weight * (d * d - series[at + PRODUCTS]!)
    for (let k = 1; k <= lags; k++) {
      const product = d * series[past + k - 1]!
      series[at + PRODUCTS + k] = series[at + PRODUCTS + k]! + weight * (product - series[at + PRODUCTS + k]!)
    }
  }

  const predictFrom = (at: number, past: number): number => {
    let d = 0
    for (let k = 0; k < ORDER; k++) d += series[at + COEFFICIENTS + k]! * series[past + k]!
    return d
  }

  /** Takes a value, or NaN and the strange value that stands there. */
  const learn = (key: number, timeMs: number, value: number, strange: number) => {
    const at = key * WIDTH
    const seen = series[at + SEEN]!
    let x = value
    let rawD = Number.NaN
    let accepted = 0
    if (!Number.isNaN(strange)) {
      rawD = strange - level - seasonal
      // The second strange value in a row tells whether the series went along with the first.
      const along = Math.abs(rawD - predictFrom(at, at + RAW_PAST)) < 0.5 * Math.abs(strange - predicted)
      if (series[at + OUTLIER_Z]! > 0 && along) {
        series.copyWithin(at + PAST, at + RAW_PAST, at + RAW_PAST + ORDER)
        accepted = series[at + OUTLIER_Z]!
        x = strange
      }
    }
    const missing = Number.isNaN(x)
    if (seen === 0) {
      if (missing) return
      series[at + LEVEL] = level = x
      seasonal = 0
      predicted = x
    }
    const distance = (missing ? predicted : x) - level
    const d = distance - seasonal
    const weight = Math.max(1 / MEMORY, 1 / (seen + 1))
    if (!missing) {
      series[at + LEVEL] = level + weight * d
      series[at + NOISE] = series[at + NOISE]! + weight * (d * d - series[at + NOISE]!)
      if (calendar) learnProfile(key, timeMs, distance)
    }
    series[at + GAP] = missing ? series[at + GAP]! + 1 : 0
    if (!missing) {
      // The strange values before it, if the series went along with them, then its own.
      for (let j = Math.min(accepted, ORDER) - 1; j >= 0; j--) {
        takeProducts(at, series[at + PAST + j]!, at + PAST + j + 1, ORDER - 1 - j, weight)
      }
      takeProducts(at, d, at + PAST, ORDER, weight)
    }
    const unexplained = missing && !Number.isNaN(rawD)
    const strangers = series[at + OUTLIER_Z]!
    if (unexplained) push(at + RAW_PAST, rawD)
    else if (missing && strangers > 0) push(at + RAW_PAST, predictFrom(at, at + RAW_PAST))
    push(at + PAST, d)
    // While nothing is strange both pasts are one.
    if (!missing || (strangers === 0 && !unexplained)) {
      series.copyWithin(at + RAW_PAST, at + PAST, at + PAST + ORDER)
      series[at + OUTLIER_Z] = 0
    } else {
      series[at + OUTLIER_Z] = strangers + 1
    }
    series[at + SEEN] = seen + 1
    if ((seen + 1) % REFIT === 0) refit(key)
  }

  const expect = (key: number, timeMs: number): number => {
    const at = key * WIDTH
    place = at
    if (series[at + SEEN] === 0) return (predicted = Number.NaN)
    level = series[at + LEVEL]!
    seasonal = calendar ? seasonAt(key, timeMs) : 0
    return (predicted = level + seasonal + predictFrom(at, at + PAST))
  }

  return {
    layout: {
      series: { kind: 'f64', width: WIDTH },
      ...(calendar ? { hours: { kind: 'f64', width: PROFILE_WIDTH } as const } : {}),
    },
    bind(state) {
      series = f64(state, 'series')
      if (calendar) profile = f64(state, 'hours')
    },
    expect,
    spread(key) {
      const gap = Math.min(series[key * WIDTH + GAP]!, MAX_GAP)
      if (gap === 0) return 1
      // The weights of past shocks in a value so many steps ahead (Brockwell & Davis, §3.3).
      const at = key * WIDTH + COEFFICIENTS
      let variance = 1
      for (let j = 1; j <= gap; j++) {
        let psi = 0
        for (let k = 1; k <= Math.min(j, ORDER); k++)
          psi += series[at + k - 1]! * (j === k ? 1 : psis[j - k]!)
        psis[j] = psi
        variance += psi * psi
      }
      return Math.sqrt(variance)
    },
    take: (key, timeMs, x) => learn(key, timeMs, x, Number.NaN),
    refuse: (key, timeMs, x) => learn(key, timeMs, Number.NaN, x),
    skip(key, steps, timeMs) {
      // After so many the prediction is level and profile: more change nothing.
      const most = Math.min(steps, MEMORY)
      for (let j = 0; j < most; j++) {
        const stepMs = timeMs + j * (everyMs ?? 0)
        expect(key, stepMs)
        learn(key, stepMs, Number.NaN, Number.NaN)
      }
    },
    move(key, by) {
      const at = key * WIDTH
      series[at + LEVEL] = level = series[at + LEVEL]! + by
      predicted += by
      series.copyWithin(at + RAW_PAST, at + PAST, at + PAST + ORDER)
      series[at + OUTLIER_Z] = 0
    },
    fromLevel: x => x - level,
    fromProfile: x => x - level - seasonal,
    independence() {
      const variance = series[place + PRODUCTS]!
      const correlation = variance > 0 ? series[place + PRODUCTS + 1]! / variance : 0
      return correlation > 0 ? Math.max(0, (1 - correlation) / (1 + correlation)) : 1
    },
  }
}
