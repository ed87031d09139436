/**
 * What goes wrong, by what size, and how long it may take to be found.
 *
 * Sizes and delays were written down before any detector was scored by them: a detector is made to fit them, and not they
 * to a detector.
 */
import { gaussian, seeded } from '../simulate.ts'
import type { Change, Fault, SeriesKind, Where } from './scenario.ts'

/** Rows after an event within which a detector has to be back at its rate of false alarms, and until when that is measured. */
export const RECOVERED_AFTER = 50
export const MEASURED_UNTIL = 400
/** The second of two equal events comes so many steps after the first. */
const APART = 400

const isCounter = ({ counter }: SeriesKind): boolean => counter !== undefined
/** It can be off by so many sigmas: upwards, or downwards if they are negative. */
function fits({ room = Infinity, headroom = Infinity }: SeriesKind, sigmas: number): boolean {
  return sigmas < 0 ? -sigmas <= room : sigmas <= headroom
}
/** Upwards, or downwards where there is no room above. */
const sideOf = (series: SeriesKind): number => (fits(series, 10) ? 1 : -1)
const hasLevel = (series: SeriesKind): boolean => !isCounter(series) && !series.wanders
const seasonal = ({ nights, season, wanders }: SeriesKind): boolean => !!nights && !!season && !wanders
const shortSeason = ({ season = 1, day = season }: SeriesKind): number => day

const signed = (size: number): string => `${size > 0 ? '+' : '−'}${Math.abs(size)}σ`

const spike = (size: number): Fault => ({
  name: `spike ${signed(size)}`,
  what: `one value ${Math.abs(size)}σ too ${size > 0 ? 'high' : 'low'}`,
  delay: () => 0,
  large: Math.abs(size) >= 6,
  ...(Math.abs(size) >= 10 ? { after: MEASURED_UNTIL } : {}),
  suits: series => !isCounter(series) && fits(series, size),
  change: ({ onset }) => ({ onset, spike: k => (k === 0 ? size : 0) }),
})

const shift = (size: number, delay: number): Fault => ({
  name: `level ${signed(size)}`,
  what: `from here on ${Math.abs(size)}σ ${size > 0 ? 'higher' : 'lower'}`,
  delay: () => delay,
  large: Math.abs(size) >= 6,
  lasts: true,
  after: MEASURED_UNTIL,
  suits: series => !isCounter(series) && fits(series, size) && (Math.abs(size) >= 6 || !series.wanders),
  change: ({ onset }) => ({ onset, level: () => size }),
})

/** Noise has a size that can change. */
const hasNoise = ({ still, exact, restless, counts, counter }: SeriesKind): boolean =>
  !still && !exact && !restless && counts === undefined && counter === undefined

const variance = (factor: number, name: string, delay: number): Fault => ({
  name: `variance ${name}`,
  what: `from here on noise of ${factor < 1 ? 'a quarter of' : `${factor} times`} its size`,
  delay: () => delay,
  large: true,
  lasts: true,
  after: MEASURED_UNTIL,
  suits: hasNoise,
  change: ({ onset }) => ({ onset, spread: () => factor }),
})

const ofSeason = (name: string, what: string, how: (series: SeriesKind) => Partial<Change>): Fault => ({
  name: `season ${name}`,
  what,
  delay: series => shortSeason(series),
  large: true,
  lasts: true,
  after: MEASURED_UNTIL,
  // What has changed has to be seen a few times to be known.
  recovers: series => 5 * shortSeason(series),
  suits: seasonal,
  change: ({ onset, series }) => ({ onset, ...how(series) }),
})

const LEVELS_AND_SPIKES: readonly Fault[] = [
  ...[4, 6, 10, 1000, -4, -6, -10].map(spike),
  {
    name: 'dip to 0',
    what: 'three values read 0, which lies 6σ and more from all others',
    delay: () => 0,
    large: true,
    marked: 2,
    suits: ({ farFromZero }) => farFromZero === true,
    change: ({ onset }) => ({ onset, reads: k => (k < 3 ? 0 : undefined) }),
  },
  shift(3, 20),
  shift(6, 10),
  shift(-6, 10),
  {
    name: 'level back',
    what: `${APART / 2} steps after a shift of 6σ the level is again what it was`,
    delay: () => 10,
    large: true,
    lasts: true,
    markedAfter: APART / 2,
    suits: hasLevel,
    change: ({ onset, series }) => ({ onset, level: k => (k < APART / 2 ? 6 * sideOf(series) : 0) }),
  },
  {
    name: 'ramp sets in',
    what: 'from here on 0.1σ more in each step than before',
    delay: () => 100,
    large: true,
    suits: series => hasLevel(series) && !series.restless && fits(series, 10),
    change: ({ onset }) => ({ onset, level: k => 0.1 * (k + 1) }),
  },
]

const NOISE_AND_REPEATS: readonly Fault[] = [
  variance(4, '×4', 30),
  variance(0.25, '÷4', 60),
  {
    name: 'noise sets in',
    what: 'what had no noise has noise of 1σ from here on',
    delay: () => 10,
    large: true,
    lasts: true,
    suits: series => series.exact === true && !isCounter(series),
    change: ({ onset }) => {
      const u = seeded(onset)
      const noise = Float64Array.from({ length: 2000 }, () => gaussian(u))
      return { onset, level: k => noise[k % 2000]! }
    },
  },
  {
    name: 'flatline',
    what: 'for 60 steps the last value is repeated',
    delay: () => 40,
    large: true,
    suits: series => !series.still && !isCounter(series),
    change: ({ onset }) => ({ onset, stuck: 60 }),
  },
  {
    name: 'burst',
    what: 'for 20 steps every other value is 6σ off',
    delay: () => 0,
    large: true,
    marked: 19,
    suits: series => !isCounter(series),
    change: ({ onset, series }) => ({
      onset,
      spike: k => (k < 20 && k % 2 === 0 ? 6 * sideOf(series) : 0),
    }),
  },
]

const SEASONS: readonly Fault[] = [
  ofSeason('lost', 'from here on the mean of the season', () => ({ amplitude: () => 0 })),
  ofSeason('a quarter ahead', 'from here on the season is a quarter of itself ahead', series => ({
    ahead: () => Math.ceil(shortSeason(series) / 4),
  })),
  ofSeason('×2', 'from here on twice its amplitude', () => ({ amplitude: () => 2 })),
  {
    name: 'day at night',
    what: 'three values at the bottom of the season are what they are at its top',
    delay: () => 0,
    large: true,
    marked: 2,
    waits: true,
    suits: ({ nights }) => nights === true,
    change: dayAtNight,
  },
]

const AGAIN: readonly Fault[] = [
  {
    name: 'second spike',
    what: `the second of two spikes of 10σ, ${APART} steps apart`,
    delay: () => 0,
    large: true,
    markedAfter: APART,
    suits: series => !isCounter(series),
    change: ({ onset, series }) => ({
      onset,
      spike: k => (k === 0 || k === APART ? 10 * sideOf(series) : 0),
    }),
  },
  {
    name: 'spike after a huge one',
    what: `${APART} steps after a spike of 1000σ one of 10σ`,
    delay: () => 0,
    large: true,
    markedAfter: APART,
    suits: series => !isCounter(series) && fits(series, 1000),
    change: ({ onset }) => ({ onset, spike: k => (k === 0 ? 1000 : k === APART ? 10 : 0) }),
  },
  {
    name: 'second level',
    what: `${APART} steps after a shift of 6σ another of 6σ`,
    delay: () => 10,
    large: true,
    lasts: true,
    markedAfter: APART,
    suits: series => hasLevel(series) && fits(series, 12),
    change: ({ onset }) => ({ onset, level: k => (k < APART ? 6 : 12) }),
  },
  {
    name: 'spike after a level',
    what: `${APART / 2} steps after a shift of 6σ a spike of 10σ`,
    delay: () => 0,
    large: true,
    markedAfter: APART / 2,
    suits: series => hasLevel(series) && fits(series, 16),
    change: ({ onset }) => ({ onset, level: () => 6, spike: k => (k === APART / 2 ? 10 : 0) }),
  },
]

const ROWS_AND_COUNTS: readonly Fault[] = [
  {
    name: 'gap',
    what: 'for 30 steps there is no row: marked is the row after them',
    delay: () => 0,
    large: true,
    suits: ({ everyMs, irregular }) => everyMs !== undefined && !irregular,
    change: ({ onset }) => ({ onset, gap: 30 }),
  },
  {
    name: 'counts lost',
    what: 'for 60 steps half of what happens is not counted',
    delay: () => 20,
    large: true,
    // Half of 20 of them have to be 6σ of their sum.
    suits: ({ counts = 0, sigma }) => counts >= 20 && (0.5 * counts * Math.sqrt(20)) / sigma >= 6,
    change: ({ onset }) => ({ onset, rate: k => (k < 60 ? 0.5 : 1) }),
  },
  {
    name: 'silence',
    what: 'for 30 steps counts are 0',
    delay: () => 10,
    large: true,
    suits: ({ counts = 0 }) => counts >= 3,
    change: ({ onset }) => ({ onset, reads: k => (k < 30 ? 0 : undefined) }),
  },
  {
    name: 'rate ×20',
    what: 'what seldom happens happens twenty times as often from here on',
    delay: () => 20,
    large: true,
    lasts: true,
    suits: ({ counts = Infinity }) => counts < 3,
    change: ({ onset }) => ({ onset, rate: () => 20 }),
  },
]

const COUNTERS: readonly Fault[] = [
  {
    name: 'counter stops',
    what: 'from here on it does not grow',
    delay: ({ counter }) => (counter! < 1 ? 60 : 10),
    large: true,
    lasts: true,
    suits: isCounter,
    change: ({ onset }) => ({ onset, rate: () => 0 }),
  },
  {
    name: 'counter ×3',
    what: 'from here on it grows three times as fast',
    delay: ({ counter }) => (counter! < 1 ? 60 : 10),
    large: true,
    lasts: true,
    suits: isCounter,
    change: ({ onset }) => ({ onset, rate: () => 3 }),
  },
  {
    name: 'counter jumps',
    what: 'it grows by 10σ more than usual, once',
    delay: () => 0,
    large: true,
    suits: isCounter,
    change: ({ onset, series: { sigma, spike = sigma } }) => ({ onset, level: () => (10 * spike) / sigma }),
  },
  {
    name: 'counter steps back',
    what: 'it loses what it grows by in 20 steps, and goes on from there',
    delay: () => 0,
    large: true,
    suits: isCounter,
    change: ({ onset, series: { sigma, counter } }) => ({ onset, level: () => (-20 * counter!) / sigma }),
  },
]

export const FAULTS: readonly Fault[] = [
  ...LEVELS_AND_SPIKES,
  ...NOISE_AND_REPEATS,
  ...SEASONS,
  ...AGAIN,
  ...ROWS_AND_COUNTS,
  ...COUNTERS,
]

/** At the next bottom of the season, three steps read as at its top. */
function dayAtNight({ series, onset, course, place }: Where): Change {
  const means = Array.from({ length: series.season! }, (_, i) => course!(place(onset + i)))
  const night = means.indexOf(Math.min(...means))
  const day = means.indexOf(Math.max(...means))
  return { onset: onset + night, ahead: k => (k < 3 ? day - night : 0) }
}
