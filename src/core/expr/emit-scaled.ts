/** Code that brings whole numbers to a smaller unit. */

import type { ColumnType } from '../types/column-type.ts'
import type { Emitted, Emitter } from './functions/contract.ts'

/** An operand in units of the result: a BigInt where those are. */
export function emitScaled(cell: Emitted, type: ColumnType, factor: bigint, emitter: Emitter): string {
  const { value, valid } = cell
  if (emitter.layout.wide) {
    const big =
      emitter.representation(type) === 'big'
        ? value
        : valid === undefined
          ? `BigInt(${value})`
          : `(${valid} ? BigInt(${value}) : 0n)`
    return factor === 1n ? big : `${big} * ${emitter.outside(factor)}`
  }
  if (factor === 1n) return value
  const scaled = emitter.constant(`${value} * ${emitter.outside(Number(factor))} + 0`)
  emitter.widenIf(`Math.abs(${scaled}) > ${emitter.outside(Number.MAX_SAFE_INTEGER)}`, valid)
  return scaled
}
