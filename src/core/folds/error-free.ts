/** Error-free transformations: what rounding took from an operation on doubles, as a double. */

const SPLITTER = 2 ** 27 + 1

/**
 * What rounding took from x·y; exact where the product is neither beyond 1e308 nor, unless one of them is a whole
 * number, below 1e-290.
 *
 * Source: T. J. Dekker, "A floating-point technique for extending the available precision" (1971).
 */
export function productError(x: number, y: number, product: number): number {
  const xWide = SPLITTER * x
  const xHigh = xWide - (xWide - x)
  const xLow = x - xHigh
  const yWide = SPLITTER * y
  const yHigh = yWide - (yWide - y)
  const yLow = y - yHigh
  return xLow * yLow - (product - xHigh * yHigh - xLow * yHigh - xHigh * yLow)
}
