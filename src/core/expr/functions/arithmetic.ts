/** Sums and products. Integers never wrap: what does not fit the result's type is a DataError `OVERFLOW`. */

import { PlanError } from '../../errors.ts'
import {
  type ColumnType,
  isDuration,
  isFloat,
  isNumber,
  isNumeric,
  isTimestamp,
} from '../../types/column-type.ts'
import {
  adaptLiterals,
  boundCall,
  commonNumericType,
  expectArguments,
  untypedNull,
  wrongArgument,
} from '../bound.ts'
import type { Cell } from '../cell.ts'
import { emitFit } from '../emit-whole.ts'
import type { Call } from '../expr.ts'
import { integerRange } from '../literal.ts'
import { fitWhole } from '../overflow.ts'
import { show } from '../show.ts'
import { coerce } from './casts.ts'
import {
  type Bound,
  type BoundCall,
  type Emitted,
  type Emitter,
  type FunctionSpec,
  sqlCall,
  sqlInfix,
  strict,
} from './contract.ts'
import { bindDurationSpan, bindScaled } from './scaled.ts'
import { bindSpan, isMilliseconds, isSpanCall } from './time-add.ts'

/** What to calculate with in place of a time. */
const hintFor = (type: ColumnType): string | undefined =>
  type === 'date' || isTimestamp(type)
    ? "extract('epochMs') of times gives milliseconds to calculate with"
    : undefined

/** Two numbers brought to one type. */
export function bindPair(args: readonly Bound[], call: Call): { type: ColumnType; args: Bound[] } {
  expectArguments(call, 2)
  const adapted = adaptLiterals(args)
  for (const { type } of adapted) {
    if (type !== undefined && !isNumeric(type)) throw wrongArgument(call, 'numbers', type, hintFor(type))
  }
  const [a, b] = adapted as [Bound, Bound]
  if (a.type === undefined || b.type === undefined) throw untypedNull(call)
  const type = commonNumericType(a.type, b.type, 'arithmetic')
  if (type === undefined) {
    throw new PlanError('ARGUMENT_TYPE', `${show(call)}: no type holds both ${a.type} and ${b.type}`, {
      hint: "cast() one of them: cast('int64'), cast('uint64') or cast('float64')",
    })
  }
  return { type, args: [coerce(a, type), coerce(b, type)] }
}

const rounded = (type: ColumnType, value: number): number => (type === 'float32' ? Math.fround(value) : value)

type Whole = number | bigint

/** DuckDB computes int53 in 64 bits and overflows later. */
const isHeldByDuckdb = ({ type }: BoundCall): boolean => type !== 'int53'

const failsUnlessFloat = (node: BoundCall): boolean => !isFloat(node.type)

/** `a operator b` in a kernel. */
function emitPair(node: BoundCall, emitter: Emitter, operator: string): Emitted {
  const { args, ...nulls } = emitter.strict(node)
  const code = `${args[0]!.value} ${operator} ${args[1]!.value}`
  if (isFloat(node.type)) return { value: emitter.constant(emitFloat(node, code)), ...nulls }
  // A product of whole numbers has no -0.
  const positiveZero = operator === '*' && emitter.representation(node.type) === 'num' ? ' + 0' : ''
  const value = emitter.constant(code + positiveZero)
  emitFit(emitter, node, value, nulls.valid)
  return { value, ...nulls }
}

const emitFloat = (node: BoundCall, code: string): string =>
  node.type === 'float32' ? `Math.fround(${code})` : code

function pairwise(
  name: string,
  operator: string,
  floats: (a: number, b: number) => number,
  wholes: (a: bigint, b: bigint) => bigint,
): FunctionSpec {
  const spec: FunctionSpec = {
    name,
    infix: operator,
    duckdb: { parity: isHeldByDuckdb, sql: sqlInfix(operator) },
    bind(args, call) {
      const span = bindDurationSpan(args, call, spec)
      if (span) return span
      if (name !== 'mul' && (isSpanCall(call) || isMilliseconds(args)))
        return bindSpan(args, call, name === 'sub' ? -1n : 1n)
      const scaled = bindScaled(args, call, spec)
      if (scaled) return scaled
      const pair = bindPair(args, call)
      return boundCall(spec, pair.type, pair.args, call)
    },
    interpret: strict((node, a: Whole, b: Whole) =>
      isFloat(node.type)
        ? rounded(node.type, floats(a as number, b as number))
        : fitWhole(node, wholes(BigInt(a), BigInt(b))),
    ),
    canFail: failsUnlessFloat,
    emit: (node, emitter) => emitPair(node, emitter, operator),
  }
  return spec
}

const add = pairwise(
  'add',
  '+',
  (a, b) => a + b,
  (a, b) => a + b,
)
const sub = pairwise(
  'sub',
  '-',
  (a, b) => a - b,
  (a, b) => a - b,
)
const mul = pairwise(
  'mul',
  '*',
  (a, b) => a * b,
  (a, b) => a * b,
)

/** True division: float64 (float32 of float32s). By zero: ±Infinity or NaN. */
const div: FunctionSpec = {
  name: 'div',
  infix: '/',
  duckdb: { sql: sqlInfix('/') },
  bind(args, call) {
    const scaled = bindScaled(args, call, div)
    if (scaled) return scaled
    const { type, args: pair } = bindPair(args, call)
    const float = type === 'float32' ? 'float32' : 'float64'
    return boundCall(
      div,
      float,
      pair.map(arg => coerce(arg, float)),
      call,
    )
  },
  interpret: strict((node, a: number, b: number) => rounded(node.type, a / b)),
  emit: (node, emitter) => emitPair(node, emitter, '/'),
}

/** The result of `//` or `%` of whole numbers, by zero null. The least integer by -1 overflows, as in DuckDB. */
function wholeDivision(node: BoundCall, a: Whole, b: Whole, remainder: boolean): Cell {
  if (BigInt(b) === 0n) return null
  const quotient = fitWhole(node, BigInt(a) / BigInt(b))
  return remainder ? fitWhole(node, BigInt(a) % BigInt(b)) : quotient
}

/** `a / b` cut towards zero, exactly, for whole numbers up to 2^53. */
function truncDiv(a: number, b: number): number {
  const quotient = Math.trunc(a / b)
  const rest = a - quotient * b
  // The division may have rounded up to the next whole number; then the rest has the wrong sign.
  if (rest !== 0 && rest < 0 !== a < 0) return quotient - (a < 0 === b < 0 ? 1 : -1)
  return quotient + 0
}

/** `//` and `%` of whole numbers in a kernel. */
function emitWholeDivision(node: BoundCall, emitter: Emitter, remainder: boolean): Emitted {
  const { args, ...nulls } = emitter.strict(node)
  const { valid } = nulls
  const b = args[1]!.value
  const big = emitter.representation(node.type) === 'big'
  const { literal } = args[1]!
  // Most divisors are constants: then there are no nulls but those of the dividend.
  if (literal !== undefined && literal !== null && BigInt(literal) !== 0n) {
    return { value: emitDivided(node, emitter, remainder, args, valid), ...nulls }
  }
  const zero = big ? '0n' : '0'
  const divides = emitter.constant(
    `${valid === undefined ? '' : `${valid} & `}(${b} !== ${zero})`.concat(' | 0'),
  )
  const value = emitDivided(node, emitter, remainder, args, divides)
  return { value, valid: divides }
}

/** The quotient or remainder where `divides`; undefined: everywhere. */
function emitDivided(
  node: BoundCall,
  emitter: Emitter,
  remainder: boolean,
  args: readonly Emitted[],
  divides: string | undefined,
): string {
  const [a, b] = [args[0]!.value, args[1]!.value]
  const signed = !node.type.startsWith('u')
  if (emitter.representation(node.type) === 'big') {
    const where = (code: string) => (divides === undefined ? code : `${divides} ? ${code} : 0n`)
    const quotient = emitter.constant(where(`${a} / ${b}`))
    if (signed) emitFit(emitter, node, quotient, divides)
    return remainder ? emitter.constant(where(`${a} % ${b}`)) : quotient
  }
  if (remainder) {
    // Whole numbers have no -0.
    const value = emitter.constant(`${a} % ${b} + 0`)
    if (signed && !emitter.isNarrowed(node.type)) {
      const least = emitter.outside(Number(integerRange(node.type)[0]))
      emitter.failIf(node, `${b} === -1 && ${a} === ${least}`, `-${a}`, divides)
    }
    return value
  }
  const value = emitter.constant(`${emitter.outside(truncDiv)}(${a}, ${b})`)
  if (signed) emitFit(emitter, node, value, divides)
  return value
}

/** Whole-number division, cut towards zero. By zero: null. */
const intDiv: FunctionSpec = {
  name: 'intDiv',
  infix: '//',
  duckdb: { parity: isHeldByDuckdb, sql: sqlInfix('//') },
  bind(args, call) {
    const { type, args: pair } = bindPair(args, call)
    if (isFloat(type)) {
      throw wrongArgument(call, 'whole numbers', type, 'use div(), or cast() the operands to an integer')
    }
    return boundCall(intDiv, type, pair, call)
  },
  nulls: 'own',
  interpret: strict((node, a: Whole, b: Whole) => wholeDivision(node, a, b, false)),
  canFail: failsUnlessFloat,
  emit: (node, emitter) => emitWholeDivision(node, emitter, false),
}

/** The remainder, with the sign of the dividend. By zero: null for whole numbers, NaN for floats. */
const mod: FunctionSpec = {
  name: 'mod',
  infix: '%',
  duckdb: { parity: isHeldByDuckdb, sql: sqlInfix('%') },
  bind(args, call) {
    const scaled = bindScaled(args, call, mod)
    if (scaled) return scaled
    const pair = bindPair(args, call)
    return boundCall(mod, pair.type, pair.args, call)
  },
  interpret: strict((node, a: Whole, b: Whole) =>
    isFloat(node.type) ? rounded(node.type, (a as number) % (b as number)) : wholeDivision(node, a, b, true),
  ),
  nulls: 'own',
  canFail: failsUnlessFloat,
  emit: (node, emitter) =>
    isFloat(node.type) ? emitPair(node, emitter, '%') : emitWholeDivision(node, emitter, true),
}

function bindOne(spec: FunctionSpec, args: readonly Bound[], call: Call): Bound {
  expectArguments(call, 1)
  const [arg] = args as [Bound]
  if (arg.type === undefined) throw untypedNull(call)
  if (!isNumber(arg.type) && !isDuration(arg.type)) throw wrongArgument(call, 'a number', arg.type)
  return boundCall(spec, arg.type, [arg], call)
}

/** A change of sign in a kernel. `zero` is what whole numbers are subtracted from (0 - a, which is never -0). */
function emitSign(node: BoundCall, emitter: Emitter, code: (a: string, zero: string) => string): Emitted {
  const { args, ...nulls } = emitter.strict(node)
  const big = emitter.representation(node.type) === 'big'
  const value = emitter.constant(code(args[0]!.value, isFloat(node.type) ? '' : big ? '0n' : '0'))
  if (!isFloat(node.type)) emitFit(emitter, node, value, nulls.valid)
  return { value, ...nulls }
}

/** DuckDB negates unsigned numbers modulo 2^n; here that overflows. */
const neg: FunctionSpec = {
  name: 'neg',
  phrase: ([a]) => `-${a}`,
  duckdb: {
    parity: ({ type }) => !type.startsWith('u') && type !== 'int53' && !isDuration(type),
    sql: ([a]) => `(- ${a})`,
  },
  bind: (args, call) => bindOne(neg, args, call),
  interpret: strict((node, a: Whole) => (isFloat(node.type) ? -a : fitWhole(node, -BigInt(a)))),
  canFail: failsUnlessFloat,
  emit: (node, emitter) => emitSign(node, emitter, (a, zero) => (zero === '' ? `-${a}` : `${zero} - ${a}`)),
}

const abs: FunctionSpec = {
  name: 'abs',
  duckdb: { sql: sqlCall('abs') },
  bind: (args, call) => bindOne(abs, args, call),
  interpret: strict((node, a: Whole) => {
    if (isFloat(node.type)) return Math.abs(a as number)
    return fitWhole(node, BigInt(a) < 0n ? -BigInt(a) : BigInt(a))
  }),
  canFail: failsUnlessFloat,
  emit: (node, emitter) =>
    emitSign(node, emitter, (a, zero) => (zero === '0n' ? `${a} < 0n ? -${a} : ${a}` : `Math.abs(${a})`)),
}

export const arithmetic: readonly FunctionSpec[] = [add, sub, mul, div, intDiv, mod, neg, abs]
