/** Variance and correlation by definition, over rationals. Slow, and shares no code with the folds. */

const SCALE = 1074n
const float = new Float64Array(1)
const bits = new BigInt64Array(float.buffer)

/** A finite double, or a whole number, times 2^1074, exactly. */
function scaled(x: number | bigint): bigint {
  if (typeof x === 'bigint') return x << SCALE
  float[0] = Math.abs(x)
  const exponent = bits[0]! >> 52n
  const fraction = bits[0]! & ((1n << 52n) - 1n)
  const magnitude = exponent === 0n ? fraction : (fraction | (1n << 52n)) << (exponent - 1n)
  return x < 0 ? -magnitude : magnitude
}

/** The double nearest to `above / below`, by bisection over the doubles; both positive. */
export function nearestRatio(above: bigint, below: bigint): number {
  const isAtMost = (pattern: bigint): boolean => {
    bits[0] = pattern
    return scaled(float[0]!) * below <= above << SCALE
  }
  let low = 0n
  let high = 0x7ff0000000000000n - 1n
  while (low < high) {
    const middle = (low + high + 1n) >> 1n
    if (isAtMost(middle)) low = middle
    else high = middle - 1n
  }
  bits[0] = low
  const under = float[0]!
  bits[0] = low + 1n
  const over = float[0]!
  const toUnder = (above << SCALE) - scaled(under) * below
  const toOver = scaled(over) * below - (above << SCALE)
  if (toUnder !== toOver) return toUnder < toOver ? under : over
  return low % 2n === 0n ? under : over
}

type Value = number | bigint

/** The sum of finite values over a count, rounded once; never -0. */
export function nearestMean(values: readonly Value[], count = values.length): number {
  const total = values.reduce((sum: bigint, value) => sum + scaled(value), 0n)
  const below = BigInt(count) << SCALE
  return total < 0n ? 0 - nearestRatio(-total, below) : nearestRatio(total, below)
}

/** n·Σab − Σa·Σb, times 2^2148. */
const centred = (a: readonly bigint[], b: readonly bigint[]): bigint => {
  const sum = (values: readonly bigint[]) => values.reduce((total, value) => total + value, 0n)
  return BigInt(a.length) * sum(a.map((value, i) => value * b[i]!)) - sum(a) * sum(b)
}

const allFinite = (values: readonly Value[]): boolean =>
  values.every(value => typeof value === 'bigint' || Number.isFinite(value))

export function exactVariance(values: readonly Value[]): number | null {
  if (values.length < 2) return null
  if (!allFinite(values)) return Number.NaN
  const x = values.map(scaled)
  const n = BigInt(values.length)
  const above = centred(x, x)
  return above === 0n ? 0 : nearestRatio(above, (n * (n - 1n)) << (2n * SCALE))
}

/** The square of the correlation, rounded once, and its sign. */
export function exactCorrelation(
  first: readonly Value[],
  second: readonly Value[],
): { square: number; sign: number } | null {
  if (first.length < 2) return null
  if (!allFinite([...first, ...second])) return { square: Number.NaN, sign: 1 }
  const [x, y] = [first.map(scaled), second.map(scaled)]
  const below = centred(x, x) * centred(y, y)
  const both = centred(x, y)
  if (below === 0n) return { square: Number.NaN, sign: 1 }
  return { square: both === 0n ? 0 : nearestRatio(both * both, below), sign: both < 0n ? -1 : 1 }
}
