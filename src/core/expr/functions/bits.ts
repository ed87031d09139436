/** Bits of whole numbers, as two's complement of any length: `-1` has all bits. */

import { type ColumnType, isFloat } from '../../types/column-type.ts'
import { boundCall, expectArguments, wrongArgument } from '../bound.ts'
import { emitFit } from '../emit-whole.ts'
import { fitWhole } from '../overflow.ts'
import { bindPair } from './arithmetic.ts'
import { coerce } from './casts.ts'
import { type Bound, type FunctionSpec, sqlInfix, strict } from './contract.ts'
import { asCount, asNumber } from './number-argument.ts'

type Whole = number | bigint

/** Whole numbers up to 2^53 as two words, the high one signed: the operators of JavaScript see 32 bits. */
const highOf = (x: number): number => Math.floor(x / 4294967296)
const joined = (high: number, low: number): number => high * 4294967296 + (low >>> 0)
const and53 = (a: number, b: number): number => joined(highOf(a) & highOf(b), a & b)
const or53 = (a: number, b: number): number => joined(highOf(a) | highOf(b), a | b)
const xor53 = (a: number, b: number): number => joined(highOf(a) ^ highOf(b), a ^ b)

/** Types whose values are 32-bit operands of JavaScript with the right sign. */
const isSmall = (type: ColumnType): boolean => /^u?int(8|16)$|^int32$/.test(type)

function bitwise(
  name: string,
  operator: string,
  wholes: (a: bigint, b: bigint) => bigint,
  numbers: (a: number, b: number) => number,
  sqlOperator: string | undefined,
): FunctionSpec {
  const spec: FunctionSpec = {
    name,
    ...(sqlOperator && { duckdb: { parity: ({ type }) => type !== 'int53', sql: sqlInfix(sqlOperator) } }),
    bind(args, call) {
      const pair = bindPair(args, call)
      if (isFloat(pair.type))
        throw wrongArgument(call, 'whole numbers', pair.type, 'cast() the operands to an integer')
      return boundCall(spec, pair.type, pair.args, call)
    },
    interpret: strict((node, a: Whole, b: Whole) => fitWhole(node, wholes(BigInt(a), BigInt(b)))),
    canFail: ({ type }) => type === 'int53',
    emit(node, emitter) {
      const { args, ...nulls } = emitter.strict(node)
      const [a, b] = [args[0]!.value, args[1]!.value]
      const plain = emitter.representation(node.type) === 'big' || isSmall(node.type)
      const value = emitter.constant(
        plain ? `${a} ${operator} ${b}` : `${emitter.outside(numbers)}(${a}, ${b})`,
      )
      // Of numbers above -2^53 the bits may be those of -2^53 itself.
      if (node.type === 'int53' || emitter.isNarrowed(node.type)) emitFit(emitter, node, value, nulls.valid)
      return { value, ...nulls }
    },
  }
  return spec
}

/** A whole number times 2^places, rounded down. */
export function shiftBig(x: bigint, places: number): bigint {
  const by = BigInt(Math.max(-128, Math.min(128, places)))
  return by >= 0n ? x << by : x >> -by
}

/** The same of whole numbers up to 2^53: exact as long as the result is. */
function shiftNumber(x: number, places: number): number {
  if (places >= 0) return x === 0 ? 0 : x * 2 ** Math.min(places, 1000)
  return Math.floor(x / 2 ** Math.min(-places, 1000))
}

/** `shift(x, n)`: n places to the left, where n is negative to the right. What does not fit is an `OVERFLOW`. */
const shift: FunctionSpec = {
  name: 'shift',
  bind(args, call) {
    expectArguments(call, 2)
    const x = asNumber(args[0]!, call)
    if (isFloat(x.type)) throw wrongArgument(call, 'a whole number', x.type, 'cast() it to an integer')
    const places: Bound = coerce(asCount(args[1]!, call), 'int32')
    return boundCall(shift, x.type, [x, places], call)
  },
  interpret: strict((node, x: Whole, places: number) => fitWhole(node, shiftBig(BigInt(x), places))),
  canFail: () => true,
  emit(node, emitter) {
    const { args, ...nulls } = emitter.strict(node)
    const compute = emitter.representation(node.type) === 'big' ? shiftBig : shiftNumber
    const value = emitter.constant(`${emitter.outside(compute)}(${args[0]!.value}, ${args[1]!.value})`)
    emitFit(emitter, node, value, nulls.valid)
    return { value, ...nulls }
  },
}

export const bits: readonly FunctionSpec[] = [
  bitwise('bitAnd', '&', (a, b) => a & b, and53, '&'),
  bitwise('bitOr', '|', (a, b) => a | b, or53, '|'),
  bitwise('bitXor', '^', (a, b) => a ^ b, xor53, undefined),
  shift,
]
