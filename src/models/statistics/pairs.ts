import { ModelError } from '../../core/errors.ts'
import { shown } from '../../core/options.ts'
import { type SeriesInput, toSeries } from '../series-input.ts'

/** Two series of one length, without the places where either is missing. */
export function completePairs(
  caller: string,
  x: SeriesInput,
  y: SeriesInput,
): { x: Float64Array; y: Float64Array } {
  const first = toSeries(x, caller)
  const second = toSeries(y, caller)
  if (first.length !== second.length) {
    throw new ModelError(
      'PAIR_LENGTH',
      `${caller} needs as many x as y, got ${first.length} and ${second.length}`,
      {
        hint: 'a value that is not known is null, in its place',
      },
    )
  }
  let n = 0
  for (let i = 0; i < first.length; i++) {
    if (Number.isNaN(first[i]!) || Number.isNaN(second[i]!)) continue
    first[n] = first[i]!
    second[n++] = second[i]!
  }
  return { x: first.subarray(0, n), y: second.subarray(0, n) }
}

/** @throws {ModelError} `LEVEL` */
export function checkLevel(caller: string, level: number): void {
  if (typeof level === 'number' && level > 0 && level < 1) return
  throw new ModelError('LEVEL', `${caller}: a confidence level lies between 0 and 1, got ${shown(level)}`, {
    hint: 'level: 0.95',
  })
}
