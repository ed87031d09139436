/** The sum of doubles by definition: as rationals, rounded by looking at the neighbours. Slow, and shares no code. */

const SCALE = 1074n
const float = new Float64Array(1)
const bits = new BigInt64Array(float.buffer)

/** A finite double times 2^1074, exactly. */
function scaled(x: number): bigint {
  float[0] = Math.abs(x)
  const exponent = bits[0]! >> 52n
  const fraction = bits[0]! & ((1n << 52n) - 1n)
  const magnitude = exponent === 0n ? fraction : (fraction | (1n << 52n)) << (exponent - 1n)
  return x < 0 ? -magnitude : magnitude
}

/** The positive double `steps` away from a non-negative one. */
function neighbour(x: number, steps: bigint): number {
  float[0] = x
  bits[0]! += steps
  return float[0]!
}

function nearest(exact: bigint): number {
  if (exact < 0n) return -nearest(-exact)
  // Bisect over the doubles, which their bit patterns count.
  let low = 0n
  let high = 0x7ff0000000000000n - 1n
  while (low < high) {
    const middle = (low + high + 1n) >> 1n
    bits[0] = middle
    if (scaled(float[0]!) <= exact) low = middle
    else high = middle - 1n
  }
  bits[0] = low
  const below = float[0]!
  const above = neighbour(below, 1n)
  // Past the largest double the next one would have been 2^1024.
  const aboveScaled = above === Number.POSITIVE_INFINITY ? 1n << (1024n + SCALE) : scaled(above)
  const toBelow = exact - scaled(below)
  const toAbove = aboveScaled - exact
  if (toBelow !== toAbove) return toBelow < toAbove ? below : above
  return low % 2n === 0n ? below : above
}

export function exactFloatSum(values: readonly number[]): number {
  const specials = values.filter(value => !Number.isFinite(value))
  if (specials.length > 0) return specials.reduce((a, b) => a + b)
  return nearest(values.reduce((sum, value) => sum + scaled(value), 0n)) + 0
}
