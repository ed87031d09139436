/** The clocks of a time zone, by the data of `Intl`. */

const DAY_MS = 86_400_000

/** What clocks of a zone show. Civil times are in ms as if they were UTC. */
export interface ZoneClock {
  /** The civil time at an instant. */
  clockOf(timeMs: number): number
  /**
   * When clocks show a civil time: where they show it twice the first time, where never as much later as clocks are put
   * forward.
   */
  instantOf(civilMs: number): number
}

/** The clock of an IANA zone. Each question costs some microseconds. */
export function zoneClock(timeZone: string): ZoneClock {
  const format = new Intl.DateTimeFormat('en-u-ca-iso8601', {
    timeZone,
    year: 'numeric',
    month: 'numeric',
    day: 'numeric',
    hour: 'numeric',
    minute: 'numeric',
    second: 'numeric',
    hourCycle: 'h23',
  })
  const clockOf = (timeMs: number): number => {
    const wholeMs = Math.floor(timeMs / 1000) * 1000
    const parts = Object.fromEntries(format.formatToParts(wholeMs).map(({ type, value }) => [type, value]))
    const dayIn = (year: number) =>
      new Date(0).setUTCFullYear(year, Number(parts.month) - 1, Number(parts.day))
    // The format does not tell years before Christ from those after: it is the one that is near.
    const [shown, before] = [dayIn(Number(parts.year)), dayIn(1 - Number(parts.year))]
    const day = Math.abs(shown - wholeMs) <= Math.abs(before - wholeMs) ? shown : before
    const seconds = Number(parts.hour) * 3600 + Number(parts.minute) * 60 + Number(parts.second)
    return day + seconds * 1000 + (timeMs - wholeMs)
  }
  const instantOf = (civilMs: number): number => {
    const [before, after] = [civilMs - DAY_MS, civilMs + DAY_MS].map(ms => civilMs - (clockOf(ms) - ms))
    const shown = [before!, after!].filter(ms => clockOf(ms) === civilMs)
    return shown.length > 0 ? Math.min(...shown) : before!
  }
  return { clockOf, instantOf }
}
