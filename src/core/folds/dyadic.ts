/**
 * Whole numbers times powers of two, exactly, and their ratios as doubles: what totals are when a result is rounded
 * from them, once.
 */

/** units * 2^exponent. */
export interface Dyadic {
  readonly units: bigint
  readonly exponent: number
}

const float = new Float64Array(1)
const bits = new BigInt64Array(float.buffer)

/** @param x finite */
export function dyadicOf(x: number): Dyadic {
  float[0] = Math.abs(x)
  const field = Number(bits[0]! >> 52n)
  const fraction = bits[0]! & ((1n << 52n) - 1n)
  const units = field === 0 ? fraction : fraction | (1n << 52n)
  return { units: x < 0 ? -units : units, exponent: Math.max(field, 1) - 1075 }
}

export const wholeNumber = (units: bigint): Dyadic => ({ units, exponent: 0 })

export function plus(a: Dyadic, b: Dyadic): Dyadic {
  if (a.units === 0n) return b
  if (b.units === 0n) return a
  if (a.exponent < b.exponent) return plus(b, a)
  return { units: (a.units << BigInt(a.exponent - b.exponent)) + b.units, exponent: b.exponent }
}

export const times = (a: Dyadic, b: Dyadic): Dyadic => ({
  units: a.units * b.units,
  exponent: a.exponent + b.exponent,
})

/** About how many bits a number takes, and never fewer. */
const bitsOf = (x: bigint): number => 4 * x.toString(16).length

/** The least exponent of a double's last bit. */
const LAST_EXPONENT = -1074

/** a / b as the nearest double, ties to even; never -0. b is positive. */
export function ratio(a: Dyadic, b: Dyadic): number {
  if (a.units < 0n) return 0 - ratio({ units: -a.units, exponent: a.exponent }, b)
  if (a.units === 0n) return 0
  const shift = 68 + bitsOf(b.units) - bitsOf(a.units)
  const above = shift > 0 ? a.units << BigInt(shift) : a.units
  const below = shift > 0 ? b.units : b.units << BigInt(-shift)
  const quotient = above / below
  // 64 bits or more, of which the last tells a tie from more than a tie.
  const units = quotient * below === above ? quotient : quotient | 1n
  const exponent = a.exponent - b.exponent - shift
  // A double below 2^-1022 has fewer bits than Number() rounds to.
  const excess = LAST_EXPONENT - exponent
  if (bitsOf(units) + exponent < -1010 && excess > 0)
    return roundedOff(units, BigInt(excess)) * 2 ** LAST_EXPONENT
  const rounded = Number(units)
  // In two steps: the power alone may be no double.
  const half = Math.trunc(exponent / 2)
  return rounded * 2 ** half * 2 ** (exponent - half)
}

/** √(a / b), also where a / b is no double; exact to one rounding of the ratio and one of the root. b is positive, a not negative. */
export function rootOfRatio(a: Dyadic, b: Dyadic): number {
  const plain = ratio(a, b)
  if (plain > 1e-290 && plain < Number.POSITIVE_INFINITY) return Math.sqrt(plain)
  if (a.units === 0n) return 0
  const half = Math.trunc((bitsOf(a.units) + a.exponent - bitsOf(b.units) - b.exponent) / 2)
  const root = Math.sqrt(ratio({ units: a.units, exponent: a.exponent - 2 * half }, b))
  const first = Math.trunc(half / 2)
  return root * 2 ** first * 2 ** (half - first)
}

/** The exponent in four bytes, the sign in one, and the units, low byte first. Equal numbers, equal bytes. */
export function dyadicToBytes(x: Dyadic): Uint8Array {
  const { units, exponent } = reduced(x)
  const hex = (units < 0n ? -units : units).toString(16)
  const digits = hex.length % 2 === 0 ? hex : `0${hex}`
  const bytes = new Uint8Array(5 + digits.length / 2)
  new DataView(bytes.buffer).setInt32(0, exponent, true)
  bytes[4] = units < 0n ? 1 : 0
  for (let i = 5; i < bytes.length; i++) {
    const end = digits.length - 2 * (i - 5)
    bytes[i] = Number.parseInt(digits.slice(end - 2, end), 16)
  }
  return bytes
}

export function dyadicFrom(bytes: Uint8Array): Dyadic {
  const exponent = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength).getInt32(0, true)
  let digits = ''
  for (let i = bytes.length - 1; i >= 5; i--) digits += bytes[i]!.toString(16).padStart(2, '0')
  const units = BigInt(`0x${digits}`)
  return { units: bytes[4] === 1 ? -units : units, exponent }
}

/** The same number with odd units. */
function reduced({ units, exponent }: Dyadic): Dyadic {
  let shift = 0
  let rest = units
  for (let step = 1 << 13; step > 0; step >>= 1) {
    if (BigInt.asUintN(step, rest) !== 0n) continue
    rest >>= BigInt(step)
    shift += step
  }
  return { units: rest, exponent: exponent + shift }
}

/** units / 2^places, rounded to a whole number, ties to even. */
function roundedOff(units: bigint, places: bigint): number {
  const whole = units >> places
  const twice = (units - (whole << places)) << 1n
  const one = 1n << places
  const up = twice > one || (twice === one && (whole & 1n) === 1n)
  return Number(up ? whole + 1n : whole)
}
