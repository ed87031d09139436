/** Alarm events: alarms of a series not more than so many values apart are one. */
export const EVENT_GAP = 50

export interface EventThreshold {
  /** Alarms are where log p ≤ this; −Infinity where not even impossible values are rare enough: then nothing is one. */
  readonly logP: number
  readonly reachable: boolean
  /** How many events there are at it. */
  readonly events: number
}

/**
 * The most lenient threshold at which no threshold from the strictest on has made more than `most` events.
 *
 * `logPs` has an array for each series, NaN where there is no score.
 */
export function eventThreshold(logPs: readonly Float64Array[], most: number): EventThreshold {
  const order: { logP: number; series: number; at: number }[] = []
  logPs.forEach((values, series) => {
    values.forEach((logP, at) => {
      // What is more likely than not is never an alarm.
      if (logP < -Math.LN2) order.push({ logP, series, at })
    })
  })
  order.sort((a, b) => (a.logP < b.logP ? -1 : a.logP > b.logP ? 1 : 0))
  const alarms: number[][] = logPs.map(() => [])
  let events = 0
  let best: EventThreshold = { logP: Number.NEGATIVE_INFINITY, reachable: false, events: 0 }
  for (let i = 0; i < order.length; i++) {
    const { logP, series, at } = order[i]!
    events += eventsAdded(alarms[series]!, at)
    // Equal p-values are alarms together.
    if (order[i + 1]?.logP === logP) continue
    if (events > most) return best
    best = { logP, reachable: true, events }
  }
  return best
}

/** Adds an alarm to those of a series, which are kept in order. Gives how many events there are more: −1, 0 or 1. */
function eventsAdded(alarms: number[], at: number): number {
  let i = alarms.length
  while (i > 0 && alarms[i - 1]! > at) i--
  const before = alarms[i - 1] ?? Number.NEGATIVE_INFINITY
  const after = alarms[i] ?? Number.POSITIVE_INFINITY
  alarms.splice(i, 0, at)
  const touches = (at - before <= EVENT_GAP ? 1 : 0) + (after - at <= EVENT_GAP ? 1 : 0)
  return after - before <= EVENT_GAP ? 0 : 1 - touches
}
