/**
 * The contract of a detector: a keyed online model that scores one value at a time against what it expected.
 *
 * A detector is described by plain JSON (`DetectorSpec`, part of the plan) and opened in a shard by the registry entry
 * of its `kind`. Like a fold it declares its state as fields, so that snapshots and resharding are the engine's work.
 */

import type { FieldSpec, StateTable } from './fold.ts'

/** A detector as data: `{ kind: 'ewma', smoothing: 0.1, … }`. */
export interface DetectorSpec {
  readonly kind: string
  /**
   * True where the detector learns from all keys together: then one shard has all rows, in event-time order over all
   * keys.
   */
  readonly pooled?: boolean
  readonly [parameter: string]: unknown
}

/**
 * Why a value is an anomaly. `spike`: the value is too far from what was expected; the others say what the last values
 * have become. A number of `DetectorOutput.reason` is a place here.
 */
export const REASONS = Object.freeze([
  'none',
  'spike',
  'level',
  'variance',
  'flatline',
  'trend',
  'season',
  'gap',
  'dynamics',
  'count',
] as const)

export type Reason = Exclude<(typeof REASONS)[number], 'none'>

/** A model that can be a detector as it is: a fitted ARIMA model, a distribution. */
export interface DetectorModel {
  asDetector(): DetectorSpec
}

/**
 * Values of a step: row `i` is a value of key `keys[i]`. A key's rows come in event-time order; where the spec pools, all
 * rows do, and those of an instant in an order that no batch or shard changes.
 */
export interface DetectorInput {
  readonly count: number
  /** Key slots: indices into the state arrays. */
  readonly keys: Uint32Array
  /** Event times, ms since 1970. */
  readonly timesMs: Float64Array
  /** NaN where the value is missing. */
  readonly values: Float64Array
}

/**
 * What a detector says of each value, before having seen it. NaN means "no score": during warm-up and for missing
 * values `expected` may be present while `logP` is NaN.
 */
export interface DetectorOutput {
  readonly expected: Float64Array
  /** Bounds of the central interval of probability 1 - alpha. */
  readonly lower: Float64Array
  readonly upper: Float64Array
  /** Natural logarithm of the two-sided p-value. */
  readonly logP: Float64Array
  /**
   * 1 where p < alpha is not called an anomaly, because it goes on with one that was. Zeros before the step; only
   * detectors with a suppressAlarms rule write it.
   */
  readonly suppressed: Uint8Array
  /**
   * Why p is small, a place in {@link REASONS}. Zeros before the step; only detectors of several statistics write it: for
   * others it is {@link Detector.reason}. Read where p < alpha.
   */
  readonly reason: Uint8Array
  /** Natural logarithm of the p-value that the reason has by itself; of `reason`s that the detector wrote. */
  readonly reasonLogP: Float64Array
}

/** For which rows something is read: all, those with p < alpha, or none. */
export type Demand = 'all' | 'anomalies' | 'none'

/** What anyone reads of the outputs: the rest need not be computed. */
export interface DetectorWants {
  /** `lower` and `upper`. NaN where they are not wanted. */
  readonly bounds: Demand
  /**
   * Exact p-values. Where they are not wanted `logP` is still NaN where there is no score, and otherwise on the
   * right side of log(alpha).
   */
  readonly pValues: Demand
}

/** Work for a {@link Background}: a pure function of numbers, by a name that whoever runs it knows. */
export interface BackgroundTask {
  readonly name: string
  /** Nobody changes it after it was submitted. */
  readonly input: Float64Array
  /** How many numbers come out. */
  readonly results: number
  /** The function itself, for where there is no other place to run it. */
  readonly compute: (input: Float64Array) => Float64Array
}

/** Work under way. */
export interface Ticket {
  /** Whether {@link take} has the results at hand. Depends on speed: nothing repeatable may depend on it. */
  readonly ready: boolean
  /** The results, which do not depend on where they were worked out. Called once; may have to work them out here. */
  take(): Float64Array
}

/** Somewhere beside the steps of a shard, such as another thread. */
export interface Background {
  submit(task: BackgroundTask): Ticket
}

/** No background: work is done when its results are taken. */
export const inPlace: Background = Object.freeze({
  submit: ({ input, compute }) => ({ ready: true, take: () => compute(input) }),
} satisfies Background)

export interface DetectorContext {
  /** The false-alarm rate: a value is an anomaly when p < alpha. */
  readonly alpha: number
  /** Whether `alpha` is the rate of alarm events, runs of anomalies close together, rather than of values. */
  readonly events: boolean
  /** The sampling step of the series in ms, when it is regular. */
  readonly everyMs: number | undefined
  readonly wants: DetectorWants
  /** Where work may be done that is not needed at once. Absent: there is no such place. */
  readonly background?: Background
}

/** How long a season is: in time, or in steps of the series. */
export type SeasonLength = { readonly ms: number } | { readonly steps: number }

/** What a detector has recognised of a series, in the unit of its values; NaN where it does not know a number, or not yet. */
export interface SeriesTraits {
  /** What kind of series it is; absent for detectors that do not ask, and before they know. */
  readonly kind?: string
  /** Where the series is, its season left out. */
  readonly level: number
  /** What it rises by in a step. */
  readonly trend: number
  readonly seasons: readonly SeasonLength[]
  /** The standard deviation of what ordinary values are off. */
  readonly scale: number
  /** The step that values are read with, where they are multiples of one. */
  readonly resolution: number
}

export interface Detector {
  readonly layout: Readonly<Record<string, FieldSpec>>
  /**
   * The p-value below which a value is an anomaly, where it is not the context's: where alarms come in runs, one event
   * in a thousand values takes more than one alarm in a thousand.
   */
  readonly alpha?: number
  /** Why its anomalies are anomalies, where it writes no reasons. Default: `spike`. */
  readonly reason?: Reason
  /** Scores and then learns each row, in order. */
  step(state: StateTable, input: DetectorInput, output: DetectorOutput): void
  /**
   * What it has recognised of a series: a function of the state of its key alone, of which it changes nothing. Absent where
   * what is known is not of one key.
   */
  describe?(state: StateTable, key: number): SeriesTraits
}

/** Traits of which nothing is known but what is given. */
export const seriesTraits = (known: Partial<SeriesTraits> = {}): SeriesTraits => ({
  level: Number.NaN,
  trend: Number.NaN,
  seasons: [],
  scale: Number.NaN,
  resolution: Number.NaN,
  ...known,
})

/** Opens a detector from its spec. Throws a `PlanError` or `ModelError` for parameters that make no sense. */
export type DetectorFactory = (spec: DetectorSpec, context: DetectorContext) => Detector

export type DetectorRegistry = Readonly<Record<string, DetectorFactory>>
