/**
 * Scenarios: named kinds of series, ways in which they go wrong, and what a person who knows the series would mark.
 *
 * A series is drawn step by step from a seed. A change leaves everything before its onset as it is, to the bit: the same
 * numbers are drawn. Sizes are in sigmas, the size of what cannot be predicted (see {@link SeriesKind.sigma}).
 */
import type { Uniform } from '../simulate.ts'

/** What a generator knows of the value it makes. Nothing has happened: `spread`, `amplitude` and `rate` 1, `level` 0. */
export interface Step {
  /** Steps since the series began. */
  i: number
  timeMs: number
  /** Where it is in its seasons: steps, by the clock of its zone, and as far ahead as a fault has put it. */
  place: number
  /** What cannot be predicted is so many times its size. */
  spread: number
  /** The season is so many times its size about its mean. */
  amplitude: number
  /** Counts: the mean is so many times what it was. Counters: so are the increments. */
  rate: number
}

/** A series about to be drawn: its own parameters are. */
export interface Opened {
  /** The next value. What is drawn is drawn whatever the step says, as far as that goes. */
  next(step: Step): number
  /** The mean at a place of the season, in the unit of the values: where nights and days are. */
  course?(place: number): number
  /** Whether the step has a value. Default always. */
  present?(step: Step): boolean
  /** Time since the last step, ms, of series whose step is not told. Default an hour. */
  wait?(): number
  /** Noise, and with it the unit of sizes, is so many times its size at a place of the season. Default 1. */
  scale?(place: number): number
}

/** What changes at the onset; `k` counts steps from it. */
export interface Change {
  readonly onset: number
  /** Off by so many sigmas. */
  level?(k: number): number
  /** Off by so many of the larger units that single values are measured in. */
  spike?(k: number): number
  spread?(k: number): number
  /** The season is so many steps ahead. */
  ahead?(k: number): number
  amplitude?(k: number): number
  rate?(k: number): number
  /** The step reads this, whatever it would have been. */
  reads?(k: number): number | undefined
  /** So many steps repeat the last value. */
  readonly stuck?: number
  /** So many steps have no row. */
  readonly gap?: number
}

/** What a person would mark, as rows of the drawn series. An alarm in [from, to + delay] finds it. */
export interface Truth {
  /** The name of the fault. */
  readonly kind: string
  readonly from: number
  readonly to: number
  /** Rows that it may take after `to`: written down per fault in `faults.ts`. */
  readonly delay: number
}

export interface Drawn {
  readonly timesMs: Float64Array
  readonly values: Float64Array
  readonly truth: readonly Truth[]
  /** The row at which a fault begins, or would begin. */
  readonly onset: number
}

export interface Fault {
  readonly name: string
  /** What it is, in words and sizes. */
  readonly what: string
  /** Steps it may take to be found, counted from the end of what is marked: from its onset, where it lasts. */
  delay(series: SeriesKind): number
  /** At least six sigmas, or of the size that the table gives: part of the goal. */
  readonly large: boolean
  /** It lasts: it should be told once, and be ordinary thereafter. */
  readonly lasts?: true
  /** Steps to go on beyond what is marked, to see whether the detector recovers. */
  readonly after?: number
  /** Steps after what is marked in which it may go on about it. Default 50. */
  recovers?(series: SeriesKind): number
  /** It begins at the next night, up to a season later. */
  readonly waits?: true
  /** Whether it can happen to a series, and can be seen there. */
  suits(series: SeriesKind): boolean
  change(where: Where): Change
  /** Steps that are marked after the onset; 0: the first alone. Of a gap, the row after it is. */
  readonly marked?: number
  /** The mark begins so many steps after the onset: at the second of two events. */
  readonly markedAfter?: number
}

export interface Where {
  readonly series: SeriesKind
  /** The first step that may be off. A fault that needs a night begins at the next one. */
  readonly onset: number
  readonly course: ((place: number) => number) | undefined
  /** The place in the season of a step. */
  place(i: number): number
}

export interface SeriesKind {
  readonly name: string
  readonly group: string
  /** The sampling step that detectors are told; undefined: they are not told any. */
  readonly everyMs: number | undefined
  /** Steps of the longest season it has. */
  readonly season?: number
  /** Steps of the season that its nights are of. Default the longest. */
  readonly day?: number
  /**
   * The unit of sizes: the standard deviation of what cannot be predicted. Of series without noise: their resolution, or a
   * part of their amplitude, as their line says.
   */
  readonly sigma: number
  /**
   * The unit of single values, where tails are not normal: that which makes 3.89 of them, as of a normal distribution, the
   * size that one ordinary value in 20,000 exceeds upwards. Default sigma.
   */
  readonly spike?: number
  /** Sigmas that a value can fall below what is expected before it meets a bound. Default any. */
  readonly room?: number
  /** Sigmas that it can rise above. Default any. */
  readonly headroom?: number
  /** It only grows, or begins again: what it grows by in a step. */
  readonly counter?: number
  /** Whole numbers from 0, independent given their mean: they can get lost. The mean. */
  readonly counts?: number
  /** Values repeat by themselves: standing still is nothing to be marked. */
  readonly still?: true
  /** It wanders by itself, or moves its level, so that only a sudden or large change can be told. */
  readonly wanders?: true
  /** Nothing is random after the parameters are. */
  readonly exact?: true
  /** Its variance is ordinary at many sizes. */
  readonly restless?: true
  /** Rows are missing by themselves, or come at any time: a gap is nothing to be marked. */
  readonly irregular?: true
  /** 0 lies six sigmas and more from all its values. */
  readonly farFromZero?: true
  /** Between the least and the most of a season lie six sigmas and more, for several hours each. */
  readonly nights?: true
  /** Faults, by name, that cannot be seen in it for a reason of its own. */
  readonly not?: readonly string[]
  /** How steps without a value are there: without a row (the default), or as rows of no value. */
  readonly missingAs?: 'NaN'
  /** Steps before any fault, besides up to a season more. Default 600, and five seasons. */
  readonly known?: number
  /** Its seasons go by the clock of central Europe, whose summer time begins and ends on the way. */
  readonly summerTime?: true
  /** When it begins. Default Monday, 1 January 2001, 00:00 UTC. */
  readonly startMs?: number
  /** How a value, off or not, is read: rounded, or cut at zero. */
  reading?(x: number): number
  open(u: Uniform): Opened
}

type Common = Pick<SeriesKind, 'everyMs' | 'sigma'> & Partial<SeriesKind>

/** Kinds of one group, with what they have in common unless they say otherwise. */
export const inGroup = (
  group: string,
  common: Common,
  kinds: readonly (Pick<SeriesKind, 'name' | 'open'> & Partial<SeriesKind>)[],
): readonly SeriesKind[] => kinds.map(kind => ({ group, ...common, ...kind }))

export interface ScenarioSeries extends SeriesKind {
  /**
   * So many steps of the series of a seed, with a fault or without.
   *
   * Seeds 1 to 99 are there to be tuned on. The tables are made with seeds from 10,001 on: nobody tunes on those.
   */
  draw(seed: number, length: number, fault?: Fault): Drawn
}

export const FIRST_TABLE_SEED = 10_001
export const FIRST_TUNING_SEED = 1
export const LAST_TUNING_SEED = 99
