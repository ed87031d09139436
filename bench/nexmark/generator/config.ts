/** What a stream of Nexmark events is made from. Everything that the generator makes follows from this and a number. */

export type Kind = 'persons' | 'auctions' | 'bids'

/** Of every 50 events, in this order. */
export const EVENTS_PER_EPOCH = 50
export const PERSONS_PER_EPOCH = 1
export const AUCTIONS_PER_EPOCH = 3
export const BIDS_PER_EPOCH = EVENTS_PER_EPOCH - PERSONS_PER_EPOCH - AUCTIONS_PER_EPOCH

export const FIRST_ID = 1000
export const FIRST_CATEGORY = 10
export const CATEGORIES = 5

/** How many events a second of event time has. */
export const DENSITIES = {
  /** As dense as a machine reads: windows do not close. */
  dense: 10_000_000,
  /** Windows close in a benchmark. */
  medium: 100_000,
  /** Windows close in a test of 20,000 events. */
  sparse: 500,
} as const

export interface NexmarkConfig {
  /** How many events there are: whole units, see {@link unitEvents}. */
  readonly events: number
  readonly seed: number
  /** When event 0 happens, in ms since 1970. */
  readonly startMs: number
  /** Events per second of event time. */
  readonly eventsPerSecond: number
  /** Events that are out of order among themselves: 1 for none, else a multiple of 50. */
  readonly group: number
  /** Into how many parts each table is split. Units of events go to the splits in turn. */
  readonly splits: number
  /** Whether texts of few distinct values are held as codes of a dictionary. */
  readonly text: 'codes' | 'plain'
}

/** Midnight is 20 seconds later, so that also short streams have two days. */
const START_MS = Date.UTC(2026, 2, 28, 23, 59, 40)

export const DEFAULTS: NexmarkConfig = {
  events: 20_000,
  seed: 1,
  startMs: START_MS,
  eventsPerSecond: DENSITIES.sparse,
  group: 1,
  splits: 1,
  text: 'codes',
}

/** How many events stay together: splits take turns by units, and events are out of order within one. */
export const unitEvents = ({ group }: Pick<NexmarkConfig, 'group'>): number =>
  Math.max(group, EVENTS_PER_EPOCH)

/** The configuration with defaults. @throws {RangeError} for one that cannot be followed */
export function nexmarkConfig(given: Partial<NexmarkConfig> = {}): NexmarkConfig {
  const config = { ...DEFAULTS, ...given }
  const { group, events, splits, eventsPerSecond } = config
  const whole = (value: number) => Number.isInteger(value) && value > 0
  // 953 is prime: any other size has no factor in common with it, so the rule permutes a group.
  if (group !== 1 && (group % EVENTS_PER_EPOCH !== 0 || group % 953 === 0 || !whole(group)))
    throw new RangeError(`a group of events is 1 or a multiple of ${EVENTS_PER_EPOCH}, got ${group}`)
  if (!whole(events) || events % unitEvents(config) !== 0)
    throw new RangeError(`events come in units of ${unitEvents(config)}, got ${events}`)
  if (!whole(splits)) throw new RangeError(`there are 1 or more splits, got ${splits}`)
  if (!(eventsPerSecond > 0)) throw new RangeError(`events per second are positive, got ${eventsPerSecond}`)
  return config
}
