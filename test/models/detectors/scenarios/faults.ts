/**
 * What goes wrong, by what size, and how long it may take to be found.
 *
 * Sizes and delays were written down before any detector was scored by them; a detector is made to fit them and not they
 * to a detector.
 */
import type { Fault, SeriesKind, Where } from './scenario.ts'

/** Rows after an event within which a detector has to be back at its rate of false alarms, and for how long that is measured. */
export const RECOVERED_AFTER = 50
export const MEASURED_UNTIL = 400
/** The second of two equal events comes so many steps after the first. */
const APART = 400

const room = (sigmas: number) => (series: SeriesKind) =>
  !series.counter && (series.room ?? Number.POSITIVE_INFINITY) >= sigmas
const measured = (series: SeriesKind) => !series.counter

const spike = (size: number, large: boolean): Fault => ({
  name: `spike ${size > 0 ? '+' : '−'}${Math.abs(size)}σ`,
  what: `one value ${Math.abs(size)}σ too ${size > 0 ? 'high' : 'low'}`,
  delay: () => 0,
  large,
  ...(size === 10 ? { after: MEASURED_UNTIL } : {}),
  suits: room(size < 0 ? -size : 0),
  change: ({ onset }) => ({ onset, spike: k => (k === 0 ? size : 0) }),
})

const shift = (size: number, delay: number): Fault => ({
  name: `level ${size > 0 ? '+' : '−'}${Math.abs(size)}σ`,
  what: `from here on ${Math.abs(size)}σ ${size > 0 ? 'higher' : 'lower'}`,
  delay: () => delay,
  large: Math.abs(size) >= 6,
  lasts: true,
  after: MEASURED_UNTIL,
  suits: series => room(size < 0 ? -size : 0)(series) && (!series.wanders || Math.abs(size) >= 6),
  change: ({ onset }) => ({ onset, level: () => size }),
})

const onlyOrdinary = ({ still, exact, counter }: SeriesKind) => !still && !exact && !counter

export const FAULTS: readonly Fault[] = [
  spike(4, false),
  spike(6, true),
  spike(10, true),
  spike(-6, true),
  {
    name: 'dip to 0',
    what: 'three values read 0, which lies 6σ and more below any other',
    delay: () => 0,
    large: true,
    marked: 2,
    suits: ({ aboveZero }) => aboveZero === true,
    change: ({ onset }) => ({ onset, reads: k => (k < 3 ? 0 : undefined) }),
  },
  shift(6, 10),
  {
    name: 'variance ×4',
    what: 'from here on noise of four times its size',
    delay: () => 30,
    large: true,
    lasts: true,
    after: MEASURED_UNTIL,
    suits: series => onlyOrdinary(series) && !series.restless && series.counts === undefined,
    change: ({ onset }) => ({ onset, spread: () => 4 }),
  },
  {
    name: 'flatline',
    what: 'for 60 steps the last value is repeated',
    delay: () => 40,
    large: true,
    suits: ({ still, counter }) => !still && !counter,
    change: ({ onset }) => ({ onset, stuck: 60 }),
  },
  {
    name: 'second spike',
    what: `the second of two spikes of 10σ, ${APART} steps apart`,
    delay: () => 0,
    large: true,
    markedAfter: APART,
    suits: measured,
    change: ({ onset }) => ({ onset, spike: k => (k === 0 || k === APART ? 10 : 0) }),
  },
  {
    name: 'day at night',
    what: 'three values at the bottom of the season are what they are at its top',
    delay: () => 0,
    large: true,
    marked: 2,
    waits: true,
    suits: ({ nights }) => nights === true,
    change: where => dayAtNight(where),
  },
]

/** At the next bottom of the season, three steps read as at its top. */
function dayAtNight({ series, onset, course, place }: Where): ReturnType<Fault['change']> {
  const season = series.season!
  const means = Array.from({ length: season }, (_, i) => course!(place(onset + i)))
  const night = means.indexOf(Math.min(...means))
  const day = means.indexOf(Math.max(...means))
  return { onset: onset + night, ahead: k => (k < 3 ? day - night : 0) }
}
