/** The rules of the benchmark once more, row by row and slowly, to hold the scorer to. */
import type { LabelledSeries, Profile } from '../../../bench/nab/score.ts'

const S = (x: number): number => (x > 3 ? -1 : 2 / (1 + Math.exp(5 * x)) - 1)

/** Raw score of the rows of each series for which `detected` is true. */
export function rawScore(
  corpus: readonly LabelledSeries[],
  detected: (series: number, row: number) => boolean,
  profile: Profile,
): number {
  let total = 0
  corpus.forEach(({ rows, windows }, s) => {
    const probation = Math.min(Math.floor(0.15 * rows), 750)
    const counts = (row: number) => row >= probation && detected(s, row)
    for (const { first, last } of windows) {
      if (last < probation) continue
      let earliest = first
      while (earliest <= last && !counts(earliest)) earliest++
      const width = last - first + 1
      total += earliest > last ? -profile.missed : (profile.found * S(-(last - earliest + 1) / width)) / S(-1)
    }
    for (let row = 0; row < rows; row++) {
      if (!counts(row) || windows.some(({ first, last }) => first <= row && row <= last)) continue
      const behind = windows.filter(({ last }) => last < row).at(-1)
      total += profile.falseDetection * (behind ? S((row - behind.last) / (behind.last - behind.first)) : -1)
    }
  })
  return total
}
