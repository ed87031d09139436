/**
 * Rounding of decimals, exact and with the types that DuckDB gives: as many digits as before, fewer of them after the point.
 * A carry always fits, but where none was after the point.
 */

import {
  type ColumnType,
  type DecimalType,
  decimalPrecision,
  decimalScale,
  decimalType,
} from '../../types/column-type.ts'
import { divideRounded, pow10 } from '../../types/decimal.ts'
import { boundCall } from '../bound.ts'
import { emitFit } from '../emit-whole.ts'
import type { Call } from '../expr.ts'
import { floorDivBig } from '../floor-big.ts'
import { fitWhole } from '../overflow.ts'
import { type Bound, type FunctionSpec, strict } from './contract.ts'

/** How units of the argument become units of the result: divided with a rule for what is left over, for both kinds of cells. */
interface Division {
  ofNumbers(units: number, divisor: number): number
  ofBigInts(units: bigint, divisor: bigint): bigint
}

/** Quotients of doubles below 2^53 by a power of ten are never rounded to a whole number that they are not. */
const DIVISIONS = {
  floor: {
    ofNumbers: (units, divisor) => Math.floor(units / divisor),
    ofBigInts: floorDivBig,
  },
  ceil: {
    ofNumbers: (units, divisor) => Math.ceil(units / divisor) + 0,
    ofBigInts: (units, divisor) => -floorDivBig(-units, divisor),
  },
  trunc: {
    ofNumbers: (units, divisor) => Math.trunc(units / divisor) + 0,
    ofBigInts: (units, divisor) => units / divisor,
  },
  round: {
    ofNumbers(units, divisor) {
      const magnitude = Math.abs(units)
      const rest = magnitude % divisor
      const quotient = (magnitude - rest) / divisor + (rest * 2 >= divisor ? 1 : 0)
      return units < 0 ? -quotient + 0 : quotient
    },
    ofBigInts: divideRounded,
  },
} as const satisfies Record<string, Division>

type Rounding = keyof typeof DIVISIONS
type DecimalArgument = Bound & { readonly type: DecimalType }

/** Negative digits are rounded otherwise in DuckDB: 99.95 to hundreds is 0 there. */
function roundingOf(name: Rounding): FunctionSpec {
  const { ofNumbers, ofBigInts } = DIVISIONS[name]
  const digitsOf = (options: Readonly<Record<string, unknown>>): number => options.digits as number
  return {
    name,
    duckdb: {
      parity: ({ options }) => digitsOf(options) >= 0,
      sql: ([x], { options }) => (name === 'round' ? `round(${x}, ${digitsOf(options)})` : `${name}(${x})`),
    },
    bind: args => args[0]!,
    canFail: ({ options }) => options.mayOverflow === true,
    interpret: strict((node, units: bigint) => {
      const { divisor, factor } = node.options as { divisor: bigint; factor: bigint }
      return fitWhole(node, ofBigInts(units, divisor) * factor)
    }),
    emit(node, emitter) {
      const { args, ...nulls } = emitter.strict(node)
      const { divisor, factor } = node.options as { divisor: bigint; factor: bigint }
      const big = emitter.representation(node.type) === 'big'
      const held = (n: bigint) => emitter.outside(big ? n : Number(n))
      const divided = `${emitter.outside(big ? ofBigInts : ofNumbers)}(${args[0]!.value}, ${held(divisor)})`
      const value = emitter.constant(factor === 1n ? divided : `${divided} * ${held(factor)}`)
      if (node.options.mayOverflow) emitFit(emitter, node, value, nulls.valid)
      return { value, ...nulls }
    },
  }
}

const SPECS: Readonly<Record<Rounding, FunctionSpec>> = {
  floor: roundingOf('floor'),
  ceil: roundingOf('ceil'),
  trunc: roundingOf('trunc'),
  round: roundingOf('round'),
}

/** A decimal with so many digits after the point, below zero with as many zeros before it. */
export function roundedDecimal(rounding: Rounding, arg: DecimalArgument, digits: number, call: Call): Bound {
  const { type } = arg
  const [precision, scale] = [decimalPrecision(type), decimalScale(type)]
  if (digits >= scale) return arg
  // What is rounded to more digits than it has is zero.
  const kept = Math.max(digits, scale - precision - 1)
  const result: ColumnType = decimalType(precision, Math.max(kept, 0))
  return boundCall(SPECS[rounding], result, [arg], call, {
    digits,
    divisor: pow10(scale - kept),
    factor: pow10(Math.max(0, -kept)),
    mayOverflow: scale === 0,
  })
}
