/**
 * Decimals as whole numbers of units of 10^-scale: as text, from text, and rounded to fewer digits. Exact throughout.
 */

const POWERS: readonly bigint[] = Array.from({ length: 78 }, (_, n) => 10n ** BigInt(n))

/** 10^n, for n up to 77. */
export const pow10 = (n: number): bigint => POWERS[n]!

/** The greatest number of units that so many digits hold. */
export const maxUnits = (precision: number): bigint => POWERS[precision]! - 1n

/** A decimal number of any size: `units` of 10^-scale; the scale may be negative. */
export interface Decimal {
  readonly units: bigint
  readonly scale: number
}

const NUMBER = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d{1,5})?$/

/** The number a text stands for, exactly: `-12.30`, `.5`, `1e3`; undefined for any other text. */
export function parseDecimal(text: string): Decimal | undefined {
  if (!NUMBER.test(text)) return undefined
  const [mantissa, exponent = '0'] = text.toLowerCase().split('e') as [string, string?]
  const point = mantissa.indexOf('.')
  const digits = point < 0 ? mantissa : mantissa.slice(0, point) + mantissa.slice(point + 1)
  const fraction = point < 0 ? 0 : mantissa.length - point - 1
  const sign = digits.startsWith('-')
  const magnitude = BigInt(digits.replace(/^[+-]/, '') || '0')
  return { units: sign ? -magnitude : magnitude, scale: fraction - Number(exponent) }
}

/** The decimal that a finite number is written as with the fewest digits: 0.1 is exactly a tenth. */
export const decimalOfNumber = (value: number): Decimal => parseDecimal(String(value))!

/** The exact number that a value is, if it is one. */
export function decimalOf(value: unknown): Decimal | undefined {
  if (typeof value === 'string') return parseDecimal(value)
  if (typeof value === 'bigint') return { units: value, scale: 0 }
  return typeof value === 'number' && Number.isFinite(value) ? decimalOfNumber(value) : undefined
}

/** A decimal in units of 10^-scale, where that loses nothing; else undefined. */
export function exactUnits({ units, scale }: Decimal, to: number): bigint | undefined {
  if (units === 0n) return 0n
  if (to >= scale) return to - scale < POWERS.length ? units * POWERS[to - scale]! : undefined
  if (scale - to >= POWERS.length) return undefined
  const divisor = POWERS[scale - to]!
  return units % divisor === 0n ? units / divisor : undefined
}

/** A decimal in units of 10^-scale, rounded to the nearest, halves away from zero; undefined beyond 76 digits. */
export function roundedUnits({ units, scale }: Decimal, to: number): bigint | undefined {
  if (to >= scale || units === 0n) return exactUnits({ units, scale }, to)
  if (scale - to >= POWERS.length) return String(units).length < scale - to ? 0n : undefined
  return divideRounded(units, POWERS[scale - to]!)
}

/** `a / b` for a positive b, rounded to the nearest, halves away from zero. */
export function divideRounded(a: bigint, b: bigint): bigint {
  const half = b >> 1n
  // An odd divisor has no half.
  return a < 0n ? -((-a + half) / b) : (a + half) / b
}

/** Units of 10^-scale as text: `1230` of scale 2 is `12.30`. */
export function decimalText(units: bigint | number, scale: number): string {
  if (scale === 0) return String(units)
  const negative = units < 0
  const digits = (negative ? String(units).slice(1) : String(units)).padStart(scale + 1, '0')
  const point = digits.length - scale
  return `${negative ? '-' : ''}${digits.slice(0, point)}.${digits.slice(point)}`
}

/** The nearest double to units of 10^-scale. */
export function decimalNumber(units: bigint | number, scale: number): number {
  // Both exact, and division rounds once.
  if (scale <= 22 && Number.isSafeInteger(Number(units))) return Number(units) / 10 ** scale
  return Number(`${units}e-${scale}`)
}
