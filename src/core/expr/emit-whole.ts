/** Code for whole numbers: does a result fit its type? */

import type { ColumnType } from '../types/column-type.ts'
import type { BoundCall, Emitter } from './functions/contract.ts'
import { integerRange } from './literal.ts'

const MAX_EXACT = Number.MAX_SAFE_INTEGER

/** A condition that holds where the number `value` is not of the small integer type. */
function misfit(type: ColumnType, value: string): string {
  switch (type) {
    case 'int8':
      return `${value} !== ((${value} << 24) >> 24)`
    case 'int16':
      return `${value} !== ((${value} << 16) >> 16)`
    case 'uint8':
      return `${value} !== (${value} & 255)`
    case 'uint16':
      return `${value} !== (${value} & 65535)`
    case 'uint32':
      return `${value} !== (${value} >>> 0)`
    default:
      return `${value} !== (${value} | 0)`
  }
}

/**
 * Checks that `value`, held as the result of `node` is, fits its type. Doubles that stand for 64-bit integers must be
 * exact, else the kernel runs again with BigInts.
 *
 * @param shown the value for the error message, where it is not `value`
 */
export function emitFit(
  emitter: Emitter,
  node: BoundCall,
  value: string,
  valid: string | undefined,
  shown: string = value,
): void {
  const { type } = node
  if (emitter.isNarrowed(type)) {
    const [min, max] = integerRange(type)
    const least = Math.max(-MAX_EXACT, Number(min))
    const most = Math.min(MAX_EXACT, Number(max))
    // Written so that NaN does not fit.
    emitter.widenIf(
      `!((${value} <= ${emitter.outside(most)}) & (${value} >= ${emitter.outside(least)}))`,
      valid,
    )
    return
  }
  if (emitter.representation(type) === 'big' || type === 'int53') {
    const [min, max] = integerRange(type)
    const [least, most] = type === 'int53' ? [Number(min), Number(max)] : [min, max]
    // Written so that NaN does not fit.
    emitter.failIf(
      node,
      `!(${value} <= ${emitter.outside(most)} && ${value} >= ${emitter.outside(least)})`,
      shown,
      valid,
    )
    return
  }
  emitter.failIf(node, misfit(type, value), shown, valid)
}

/**
 * `x` divided by a positive number and rounded down, as `floorDiv` of `civil.ts` does it, written out: whether
 * a call per row is inlined is left to the engine.
 */
export function emitFloorDiv(emitter: Emitter, x: string, divisor: number): string {
  if (divisor === 1) return x
  const size = emitter.outside(divisor)
  const quotient = emitter.constant(`Math.floor(${x} / ${size})`)
  const rest = emitter.constant(`${x} - ${quotient} * ${size}`)
  return emitter.constant(`${quotient} + ((${rest} >= ${size}) | 0) - ((${rest} < 0) | 0)`)
}

/** The remainder of {@link emitFloorDiv}. */
export function emitFloorMod(emitter: Emitter, x: string, divisor: number): string {
  return emitter.constant(`${x} - ${emitFloorDiv(emitter, x, divisor)} * ${emitter.outside(divisor)}`)
}
