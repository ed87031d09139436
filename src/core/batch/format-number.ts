/** Numbers as tables show them. */

/** A double has at most so many significant digits. */
export const MAX_DIGITS = 17

/**
 * A float as text: with the fewest digits that give it back, or rounded to `digits` significant ones. Digits before the
 * point are all there, whatever `digits` says: a zero in the place of one would be false.
 */
export function floatText(value: number, isSingle: boolean, digits: number | undefined): string {
  if (Object.is(value, -0)) return '-0'
  if (!Number.isFinite(value) || Number.isInteger(value)) return String(value)
  if (digits === undefined) return isSingle ? shortestSingle(value) : String(value)
  const magnitude = Math.floor(Math.log10(Math.abs(value))) + 1
  return String(Number(value.toPrecision(Math.min(MAX_DIGITS, Math.max(digits, magnitude, 1)))))
}

/** The fewest digits that a 32-bit float is known by: 0.1 in place of 0.10000000149011612. */
export function shortestSingle(value: number): string {
  for (let digits = 1; digits < 9; digits++) {
    const rounded = Number(value.toPrecision(digits))
    if (Math.fround(rounded) === value) return String(rounded)
  }
  return String(value)
}
