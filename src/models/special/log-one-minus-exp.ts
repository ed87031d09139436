/**
 * log(1 − e^a) for a ≤ 0: the logarithm of one tail from the logarithm of the other.
 *
 * Source: M. Mächler, "Accurately computing log(1 − exp(−|a|))" (2012). Relative error below 4e-16.
 */

/**
 * log(1 − e^a), without cancellation at either end.
 *
 * @param a At most 0; 0 gives −Infinity.
 * @example logOneMinusExp(-1e-20) // -46.0517…, log 1e-20
 */
export function logOneMinusExp(a: number): number {
  // Adding 0 turns −0 into 0.
  return a < -0.7 ? Math.log1p(-Math.exp(a)) + 0 : Math.log(-Math.expm1(a))
}
