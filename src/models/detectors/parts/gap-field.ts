/** The state of a key while it has effects of missing values: of few keys at a time, and of no fixed size. */
import type { FieldSpec } from '../../../core/fold.ts'

/** Covariance factors while a gap is felt: see `arma/excess-state.ts`. */
export interface Gap {
  readonly excess: Float64Array[]
  readonly diffuse: Float64Array[]
}

/** Gaps in snapshots: how many columns of each kind, their length, and the columns. */
export const gapField: FieldSpec = {
  kind: 'object',
  encode(value) {
    const { excess, diffuse } = value as Gap
    const columns = [...excess, ...diffuse]
    const length = columns[0]!.length
    const numbers = new Float64Array(2 + columns.length * length)
    numbers[0] = excess.length
    numbers[1] = diffuse.length
    columns.forEach((column, c) => {
      numbers.set(column, 2 + c * length)
    })
    return new Uint8Array(numbers.buffer)
  },
  decode(bytes): Gap {
    const numbers = new Float64Array(bytes.slice().buffer)
    const [excess, diffuse] = numbers as unknown as [number, number]
    const length = (numbers.length - 2) / (excess + diffuse)
    const columns = Array.from({ length: excess + diffuse }, (_, c) =>
      numbers.slice(2 + c * length, 2 + (c + 1) * length),
    )
    return { excess: columns.slice(0, excess), diffuse: columns.slice(excess) }
  },
}
