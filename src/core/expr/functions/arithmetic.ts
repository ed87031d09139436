/** Sums and products. Integers never wrap: what does not fit the result's type is a DataError `OVERFLOW`. */

import { PlanError } from '../../errors.ts'
import { type ColumnType, isFloat, isNumeric } from '../../types/column-type.ts'
import {
  adaptLiterals,
  type Bound,
  type BoundCall,
  boundCall,
  coerce,
  expectArguments,
  numericMeet,
  untypedNull,
  wrongArgument,
} from '../bound.ts'
import type { Cell } from '../cell.ts'
import type { Call } from '../expr.ts'
import { fitWhole } from '../overflow.ts'
import { show } from '../show.ts'
import { type FunctionSpec, strict } from './contract.ts'

/** Two numbers brought to one type. */
function bindPair(args: readonly Bound[], call: Call): { type: ColumnType; args: Bound[] } {
  expectArguments(call, 2)
  const adapted = adaptLiterals(args)
  for (const { type } of adapted) {
    if (type !== undefined && !isNumeric(type)) throw wrongArgument(call, 'numbers', type)
  }
  const [a, b] = adapted as [Bound, Bound]
  if (a.type === undefined || b.type === undefined) throw untypedNull(call)
  const type = numericMeet(a.type, b.type, 'arithmetic')
  if (type === undefined) {
    throw new PlanError('ARGUMENT_TYPE', `${show(call)}: no type holds both ${a.type} and ${b.type}`, {
      hint: "cast() one of them: cast('int64'), cast('uint64') or cast('float64')",
    })
  }
  return { type, args: [coerce(a, type), coerce(b, type)] }
}

const rounded = (type: ColumnType, value: number): number => (type === 'float32' ? Math.fround(value) : value)

type Whole = number | bigint

function pairwise(
  name: string,
  floats: (a: number, b: number) => number,
  wholes: (a: bigint, b: bigint) => bigint,
): FunctionSpec {
  return {
    name,
    parity: { duckdb: true },
    bind(args, call) {
      const pair = bindPair(args, call)
      return boundCall(name, pair.type, pair.args, call)
    },
    interpret: strict((node, a: Whole, b: Whole) =>
      isFloat(node.type)
        ? rounded(node.type, floats(a as number, b as number))
        : fitWhole(node, wholes(BigInt(a), BigInt(b))),
    ),
  }
}

const add = pairwise(
  'add',
  (a, b) => a + b,
  (a, b) => a + b,
)
const sub = pairwise(
  'sub',
  (a, b) => a - b,
  (a, b) => a - b,
)
const mul = pairwise(
  'mul',
  (a, b) => a * b,
  (a, b) => a * b,
)

/** True division: float64 (float32 of float32s). By zero: ±Infinity or NaN. */
const div: FunctionSpec = {
  name: 'div',
  parity: { duckdb: true },
  bind(args, call) {
    const { type, args: pair } = bindPair(args, call)
    const float = type === 'float32' ? 'float32' : 'float64'
    return boundCall(
      'div',
      float,
      pair.map(arg => coerce(arg, float)),
      call,
    )
  },
  interpret: strict((node, a: number, b: number) => rounded(node.type, a / b)),
}

/** The result of `//` or `%` of whole numbers, by zero null. The least integer by -1 overflows, as in DuckDB. */
function wholeDivision(node: BoundCall, a: Whole, b: Whole, remainder: boolean): Cell {
  if (BigInt(b) === 0n) return null
  const quotient = fitWhole(node, BigInt(a) / BigInt(b))
  return remainder ? fitWhole(node, BigInt(a) % BigInt(b)) : quotient
}

/** Whole-number division, cut towards zero. By zero: null. */
const intDiv: FunctionSpec = {
  name: 'intDiv',
  parity: { duckdb: true },
  bind(args, call) {
    const { type, args: pair } = bindPair(args, call)
    if (isFloat(type)) {
      throw wrongArgument(call, 'whole numbers', type, 'use div(), or cast() the operands to an integer')
    }
    return boundCall('intDiv', type, pair, call)
  },
  interpret: strict((node, a: Whole, b: Whole) => wholeDivision(node, a, b, false)),
}

/** The remainder, with the sign of the dividend. By zero: null for whole numbers, NaN for floats. */
const mod: FunctionSpec = {
  name: 'mod',
  parity: { duckdb: true },
  bind(args, call) {
    const pair = bindPair(args, call)
    return boundCall('mod', pair.type, pair.args, call)
  },
  interpret: strict((node, a: Whole, b: Whole) =>
    isFloat(node.type) ? rounded(node.type, (a as number) % (b as number)) : wholeDivision(node, a, b, true),
  ),
}

function bindOne(name: string, args: readonly Bound[], call: Call): Bound {
  expectArguments(call, 1)
  const [arg] = args as [Bound]
  if (arg.type === undefined) throw untypedNull(call)
  if (!isNumeric(arg.type)) throw wrongArgument(call, 'a number', arg.type)
  return boundCall(name, arg.type, [arg], call)
}

/** DuckDB negates unsigned numbers modulo 2^n; here that overflows. */
const neg: FunctionSpec = {
  name: 'neg',
  parity: { duckdb: (_args, type) => !type.startsWith('u') },
  bind: (args, call) => bindOne('neg', args, call),
  interpret: strict((node, a: Whole) => (isFloat(node.type) ? -a : fitWhole(node, -BigInt(a)))),
}

const abs: FunctionSpec = {
  name: 'abs',
  parity: { duckdb: true },
  bind: (args, call) => bindOne('abs', args, call),
  interpret: strict((node, a: Whole) => {
    if (isFloat(node.type)) return Math.abs(a as number)
    return fitWhole(node, BigInt(a) < 0n ? -BigInt(a) : BigInt(a))
  }),
}

export const arithmetic: readonly FunctionSpec[] = [add, sub, mul, div, intDiv, mod, neg, abs]
