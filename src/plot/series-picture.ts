/** The picture of a series that a running job scores: what notebooks show beside the job. */

import type { ScoredPoint } from '../core/job-alerts.ts'
import { clean } from './columns.ts'
import type { Figure } from './figure.ts'
import { band } from './pictures/band.ts'

/** The last values of a series with the band they were expected in. `undefined` where there is no line to draw yet. */
export function seriesPicture(name: string, points: readonly ScoredPoint[]): Figure | undefined {
  if (points.length < 2) return undefined
  const rows = points.map(({ timeMs, ...point }) => ({ time: new Date(timeMs), ...point }))
  return band(rows, { x: 'time', y: 'value', title: clean(name), xTitle: '', yTitle: '', width: 900 })
}
