/**
 * Fewer points that draw the same line: of those that share a column of pixels the first, the last, the least and the
 * greatest. A line through them covers the same pixels as one through all (Jugel et al., M4, VLDB 2014).
 */

import type { Point } from './chart.ts'

/** Points of `points`, which are in order of x; a gap stays where a whole column of pixels has no value. */
export function reduced(
  points: readonly Point[],
  min: number,
  max: number,
  pixels: number,
): readonly Point[] {
  if (points.length <= 4 * pixels || !(max > min)) return points
  const columnOf = (x: number) => Math.min(pixels - 1, Math.floor(((x - min) / (max - min)) * pixels))
  const kept: Point[] = []
  for (let i = 0; i < points.length; ) {
    const column = columnOf(points[i]![0])
    let first = -1
    let [last, low, high] = [-1, -1, -1]
    let end = i
    for (; end < points.length && columnOf(points[end]![0]) === column; end++) {
      const y = points[end]![1]
      if (y === null) continue
      if (first < 0) first = low = high = end
      if (y < points[low]![1]!) low = end
      if (y > points[high]![1]!) high = end
      last = end
    }
    if (first < 0) kept.push(points[i]!)
    else for (const at of new Set([first, low, high, last].sort((a, b) => a - b))) kept.push(points[at]!)
    i = end
  }
  return kept
}
