/** Alerts close to one another, as one line of a report. */

/** An hour that a model marked as an anomaly. */
export interface Alert {
  readonly origin: string | null
  readonly windowStart: Date
  readonly windowEnd: Date
  readonly series: string
  readonly observed: number | null
  readonly expected: number | null
  readonly score: number | null
}

/** Alerts of one series of one airport, all above or all below what was expected, each within a day of the next. */
export interface Incident {
  readonly origin: string | null
  readonly series: string
  readonly from: Date
  readonly to: Date
  /** Hours with an alert. */
  readonly hours: number
  /** Means over these hours. */
  readonly observed: number
  readonly expected: number
  /** Sum of the scores: evidence, in decimal digits, if hours were independent. */
  readonly score: number
}

const DAY_MS = 86_400_000

/** The incidents that alerts make, strongest first. */
export function incidentsOf(alerts: readonly Alert[]): Incident[] {
  const series = new Map<string, Alert[]>()
  for (const alert of alerts) {
    const key = JSON.stringify([alert.origin, alert.series, isAbove(alert)])
    const group = series.get(key)
    if (group) group.push(alert)
    else series.set(key, [alert])
  }
  const incidents: Incident[] = []
  for (const group of series.values()) {
    group.sort((a, b) => a.windowStart.getTime() - b.windowStart.getTime())
    let first = 0
    for (let i = 1; i <= group.length; i++) {
      const apart = i < group.length && group[i]!.windowStart.getTime() - group[i - 1]!.windowEnd.getTime()
      if (apart !== false && apart < DAY_MS) continue
      incidents.push(incident(group.slice(first, i)))
      first = i
    }
  }
  return incidents.sort((a, b) => b.score - a.score || a.from.getTime() - b.from.getTime())
}

const isAbove = ({ observed, expected }: Alert): boolean => (observed ?? 0) > (expected ?? 0)

function incident(alerts: readonly Alert[]): Incident {
  const total = (of: (alert: Alert) => number | null) =>
    alerts.reduce((sum, alert) => sum + (of(alert) ?? 0), 0)
  const first = alerts[0]!
  return {
    origin: first.origin,
    series: first.series,
    from: first.windowStart,
    to: alerts.at(-1)!.windowEnd,
    hours: alerts.length,
    observed: total(alert => alert.observed) / alerts.length,
    expected: total(alert => alert.expected) / alerts.length,
    score: total(alert => alert.score),
  }
}
