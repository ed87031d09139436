/**
 * Sums and products of decimals, and of times and durations: whole numbers of units, brought to the unit of the result first.
 * What does not fit the result's type is a DataError `OVERFLOW`; types are those that DuckDB gives.
 */

import { PlanError } from '../../errors.ts'
import {
  type ColumnType,
  decimalScale,
  decimalType,
  isDecimal,
  isDuration,
  isFloat,
  isNumber,
  isNumeric,
  isText,
  isTimeOfDay,
  isTimestamp,
  MAX_PRECISION,
  type TimestampType,
  type TimeUnit,
  timestampZone,
  UNITS_PER_SECOND,
  unitOfTime,
} from '../../types/column-type.ts'
import { divideRounded, pow10 } from '../../types/decimal.ts'
import {
  adaptLiteral,
  boundCall,
  boundLiteral,
  commonDecimalType,
  commonTimeType,
  decimalLiteral,
  digitsOf,
  mixedZones,
  untypedNull,
  wrongArgument,
} from '../bound.ts'
import { emitOutside } from '../emit-outside.ts'
import { emitScaled } from '../emit-scaled.ts'
import { emitFit, emitFloorMod } from '../emit-whole.ts'
import type { Call } from '../expr.ts'
import { floorDivBig } from '../floor-big.ts'
import { integerRange } from '../integer-range.ts'
import { fitWhole } from '../overflow.ts'
import { show } from '../show.ts'
import { timeSpan } from '../time-span.ts'
import { coerce } from './casts.ts'
import { type Bound, type BoundCall, type FunctionSpec, strict } from './contract.ts'

type Operator = '+' | '-' | '*' | '%'

const NAMES: Readonly<Record<string, Operator>> = { add: '+', sub: '-', mul: '*', mod: '%' }

const OPERATIONS: Readonly<Record<Operator, (a: bigint, b: bigint) => bigint>> = {
  '+': (a, b) => a + b,
  '-': (a, b) => a - b,
  '*': (a, b) => a * b,
  '%': (a, b) => a % b,
}

/** Digits that DuckDB does not go beyond where it need not, for speed. */
const NARROW = 18

const isTime = (type: ColumnType): boolean => type === 'date' || isTimestamp(type)
const isScaled = (type: ColumnType | undefined): boolean =>
  type !== undefined && (isDecimal(type) || isDuration(type) || isTimeOfDay(type) || isTime(type))

/**
 * The call of a sum, a difference, a product, a quotient or a remainder where an operand is a decimal, a time or a duration;
 * undefined where none is.
 *
 * @throws {PlanError} `ARGUMENT_TYPE`
 */
export function bindScaled(args: readonly Bound[], call: Call, float: FunctionSpec): Bound | undefined {
  if (!args.some(arg => isScaled(arg.type)) || args.length !== 2) return undefined
  if (
    args.some(arg => arg.type !== undefined && (isDecimal(arg.type) || isNumeric(arg.type))) &&
    !args.some(isTimely)
  )
    return bindDecimals(args as [Bound, Bound], call, float)
  return bindTimes(args as [Bound, Bound], call, float)
}

const isTimely = ({ type }: Bound): boolean => isScaled(type) && !isDecimal(type!)

// ---- decimals

function bindDecimals(args: readonly [Bound, Bound], call: Call, float: FunctionSpec): Bound {
  const other = args.find(arg => arg.type !== undefined && isDecimal(arg.type))!
  const [a, b] = args.map(arg => asDecimalOperand(arg, other.type!, call)) as [Bound, Bound]
  const [typeA, typeB] = [a.type!, b.type!]
  const operator = NAMES[call.fn]
  if (operator === undefined || isFloat(typeA) || isFloat(typeB)) {
    const common = isFloat(typeA) ? typeA : isFloat(typeB) ? typeB : 'float64'
    // A quotient of decimals is a float64, as DuckDB has it.
    return boundCall(float, common, [coerce(a, common), coerce(b, common)], call)
  }
  const spec = operator === '%' ? remainder : pairs[operator]
  return boundCall(spec, decimalResult(operator, typeA, typeB, call), [a, b], call)
}

/** A number next to a decimal: a literal with a fraction is the decimal that it is written as. */
function asDecimalOperand(arg: Bound, neighbour: ColumnType, call: Call): Bound {
  if (arg.type === undefined) {
    if (arg.kind === 'literal') return boundLiteral(null, neighbour)
    throw untypedNull(call)
  }
  if (!isNumber(arg.type)) throw wrongArgument(call, 'numbers', arg.type)
  if (arg.kind === 'literal' && arg.type === 'float64' && arg.cell !== null) return decimalLiteral(arg) ?? arg
  return arg
}

function decimalResult(operator: Operator, a: ColumnType, b: ColumnType, call: Call): ColumnType {
  const [[digitsA, scaleA], [digitsB, scaleB]] = [digitsOf(a), digitsOf(b)]
  const widest = Math.max(digitsA, digitsB)
  if (operator === '%') {
    const common = commonDecimalType(a, b)
    if (common) return common
    throw tooManyDigits(call, `no decimal holds both ${a} and ${b}`)
  }
  if (operator === '*') {
    const scale = scaleA + scaleB
    if (scale > MAX_PRECISION) throw tooManyDigits(call, `the product has ${scale} digits after the point`)
    const digits = digitsA + digitsB
    if (digits > NARROW && widest <= NARROW && scale < NARROW) return decimalType(NARROW, scale)
    return decimalType(Math.min(digits, MAX_PRECISION), scale)
  }
  const scale = Math.max(scaleA, scaleB)
  const digits = Math.max(scale + Math.max(digitsA - scaleA, digitsB - scaleB), widest) + 1
  if (digits > NARROW && widest <= NARROW) return decimalType(NARROW, scale)
  return decimalType(Math.min(digits, MAX_PRECISION), scale)
}

const tooManyDigits = (call: Call, what: string): PlanError =>
  new PlanError('ARGUMENT_TYPE', `${show(call)}: ${what}, and a decimal has ${MAX_PRECISION} at most`, {
    hint: "cast() an operand to fewer digits, or to 'float64'",
  })

// ---- times and durations

function bindTimes(args: readonly [Bound, Bound], call: Call, float: FunctionSpec): Bound {
  const [a, b] = args.map((arg, i) => asTimeOperand(arg, args[1 - i]!, call)) as [Bound, Bound]
  const [typeA, typeB] = [a.type!, b.type!]
  const type = timesResult(call.fn, typeA, typeB)
  if (type !== undefined) return boundCall(specOf(call.fn, type), type, [a, b], call)
  if (call.fn === 'mul' && isDuration(typeA) && isNumber(typeB)) return scaledDuration(a, b, call)
  if (call.fn === 'mul' && isDuration(typeB) && isNumber(typeA)) return scaledDuration(b, a, call)
  if (call.fn === 'div' && isDuration(typeA)) {
    if (isNumber(typeB)) return scaledDuration(a, b, call)
    if (isDuration(typeB)) {
      const common = commonTimeType(typeA, typeB)!
      return boundCall(ratio, 'float64', [coerce(a, common), coerce(b, common)], call)
    }
  }
  const zones = mixedZones(typeA, typeB)
  if (zones)
    throw new PlanError('ARGUMENT_TYPE', `${show(call)}: ${typeA} and ${typeB} are no times of one kind`, {
      hint: zones,
    })
  throw wrongArgument(
    call,
    float.name === 'div'
      ? 'numbers, or a duration and a number'
      : 'numbers, a time and a duration, or two of a kind',
    isTimely(a) ? typeA : typeB,
    "a duration is lit('1h', 'duration'); extract('epochMs') of times gives milliseconds to calculate with",
  )
}

/**
 * `add(at, '1h')` and `add(at, n, 'minute')` of a duration or a time of day: a duration is added, of which days have 24 hours. Undefined
 * where `at` is something else.
 *
 * @throws {PlanError} `ARGUMENT_TYPE`, `TIME_UNIT`
 */
export function bindDurationSpan(args: readonly Bound[], call: Call, float: FunctionSpec): Bound | undefined {
  const [at, times] = args as [Bound, Bound?]
  const span = call.options?.span
  if (span === undefined || at.type === undefined || !(isDuration(at.type) || isTimeOfDay(at.type)))
    return undefined
  if (!times) return bindTimes([at, boundLiteral(String(span), 'utf8')], call, float)
  if (times.type === undefined) throw untypedNull(call)
  if (!isNumber(times.type)) throw wrongArgument(call, 'a number of units', times.type)
  const { kind, count } = timeSpan(span)
  if (kind === 'months') throw monthsDiffer(call)
  const nanos = kind === 'days' ? count * 86_400_000_000_000n : count
  const unit = unitOfTime(at.type)
  const own = isDuration(at.type) ? unit : 'us'
  const per = 1_000_000_000n / BigInt(UNITS_PER_SECOND[own])
  const one =
    nanos % per === 0n ? boundLiteral(nanos / per, `duration[${own}]`) : boundLiteral(nanos, 'duration[ns]')
  return bindTimes([at, scaledDuration(one, times, { ...call, fn: 'mul' })], call, float)
}

const monthsDiffer = (call: Call): PlanError =>
  new PlanError('TIME_UNIT', `${show(call)}: months differ in length, and a duration has none`, {
    hint: "the units are nanosecond to week: r.took.add(30, 'day')",
  })

/** A text next to a time or a duration is a duration: `'1h'`. So is a number that is added to one: milliseconds. */
function asTimeOperand(arg: Bound, other: Bound, call: Call): Bound {
  if (arg.type === undefined) throw untypedNull(call)
  if (arg.kind === 'literal' && isText(arg.type) && other.type !== undefined && isTimely(other)) {
    const duration = adaptLiteral(arg, isDuration(other.type) ? other.type : 'duration[us]')
    if (duration.type !== undefined && isDuration(duration.type)) return duration
  }
  if (call.fn !== 'mul' && call.fn !== 'div' && isNumber(arg.type) && isDuration(other.type ?? 'bool'))
    return adaptLiteral(arg, other.type)
  // A Date beside a time has its zone.
  return isTimestamp(arg.type) && other.type !== undefined && isTime(other.type)
    ? adaptLiteral(arg, other.type)
    : arg
}

function specOf(fn: string, type: ColumnType): FunctionSpec {
  if (fn === 'mod') return remainder
  const operator = NAMES[fn] as '+' | '-'
  return isTimeOfDay(type) ? clockPairs[operator] : pairs[operator]
}

function timesResult(fn: string, a: ColumnType, b: ColumnType): ColumnType | undefined {
  if (fn === 'add' && isDuration(a) && (isTime(b) || isTimeOfDay(b))) return moved(b, a)
  if ((fn === 'add' || fn === 'sub') && isDuration(b) && (isTime(a) || isTimeOfDay(a))) return moved(a, b)
  if (fn === 'add' || fn === 'sub' || fn === 'mod') {
    if (isDuration(a) && isDuration(b)) return commonTimeType(a, b)
  }
  if (fn !== 'sub') return undefined
  const common = commonTimeType(a, b)
  if (common === undefined || (!isTime(common) && !isTimeOfDay(common))) return undefined
  return `duration[${common === 'date' ? 's' : unitOf(common)}]`
}

const unitOf = (type: ColumnType): TimeUnit => unitOfTime(type as TimestampType)

/** A time and a duration: in the finer of their units. */
function moved(time: ColumnType, duration: ColumnType): ColumnType {
  const own = time === 'date' ? 's' : unitOf(time)
  const unit = UNITS_PER_SECOND[own] >= UNITS_PER_SECOND[unitOf(duration)] ? own : unitOf(duration)
  if (isTimeOfDay(time)) return `time[${unit}]`
  const zone = isTimestamp(time) ? timestampZone(time) : undefined
  return zone === undefined ? `timestamp[${unit}]` : `timestamp[${unit}, ${zone}]`
}

/** A duration times or over a number, to the nearest unit; over zero null. */
function scaledDuration(duration: Bound, by: Bound, call: Call): Bound {
  const number = isDecimal(by.type!) ? coerce(by, 'float64') : by
  return boundCall(scale, duration.type!, [duration, number], call, { over: call.fn === 'div' })
}

const scale: FunctionSpec = {
  name: 'mul',
  bind: args => args[0]!,
  nulls: 'own',
  canFail: () => true,
  interpret: strict((node, units: bigint, by: number | bigint) => {
    const value = scaleUnits(units, by, node.options.over === true)
    return value === undefined ? null : fitWhole(node, value)
  }),
  emit(node, emitter) {
    const over = node.options.over === true
    const [min, max] = integerRange(node.type)
    const key = over ? 'duration over number' : 'duration times number'
    const made = emitOutside(node, emitter, {
      key,
      none: 'null',
      compute: (units, by) => scaleUnits(units as bigint, by as number | bigint, over),
    })
    // Narrowed results are exact, and so in range.
    if (emitter.layout.wide) {
      const misfit = `${made.value} > ${emitter.outside(max)} || ${made.value} < ${emitter.outside(min)}`
      emitter.failIf(node, misfit, made.value, made.valid)
    }
    return made
  },
}

function scaleUnits(units: bigint, by: number | bigint, over: boolean): bigint | undefined {
  if (Number(by) === 0 && over) return undefined
  if (typeof by === 'bigint' || Number.isSafeInteger(by)) {
    const whole = BigInt(by)
    if (!over) return units * whole
    return whole < 0n ? -divideRounded(units, -whole) : divideRounded(units, whole)
  }
  const value = over ? Number(units) / by : Number(units) * by
  return Number.isFinite(value) ? BigInt(Math.round(value)) : undefined
}

/** How often a duration goes into another. */
const ratio: FunctionSpec = {
  name: 'div',
  infix: '/',
  bind: args => args[0]!,
  interpret: strict((_node, a: bigint, b: bigint) => Number(a) / Number(b)),
  emit(node, emitter) {
    const { args, ...nulls } = emitter.strict(node)
    const [a, b] = args.map(({ value }) =>
      emitter.representation(node.args[0]!.type!) === 'big' ? `Number(${value})` : value,
    )
    return { value: emitter.constant(`${a} / ${b}`), ...nulls }
  },
}

// ---- pairs

/** How many units of the result a unit of an operand is. */
export function factorOf(operand: ColumnType, result: ColumnType): bigint {
  if (isDecimal(result)) return pow10(decimalScale(result) - (isDecimal(operand) ? decimalScale(operand) : 0))
  const perSecond = BigInt(UNITS_PER_SECOND[unitOf(result)])
  return operand === 'date' ? 86_400n * perSecond : perSecond / BigInt(UNITS_PER_SECOND[unitOf(operand)])
}

const factorsOf = ({ type, args, spec }: BoundCall): readonly [bigint, bigint] =>
  spec === pairs['*'] ? [1n, 1n] : [factorOf(args[0]!.type!, type), factorOf(args[1]!.type!, type)]

function pair(name: string, operator: '+' | '-' | '*'): FunctionSpec {
  return {
    name,
    infix: operator,
    bind: args => args[0]!,
    canFail: () => true,
    interpret: strict((node, a: bigint | number, b: bigint | number) => {
      const [x, y] = factorsOf(node)
      return fitWhole(node, OPERATIONS[operator](BigInt(a) * x, BigInt(b) * y))
    }),
    emit(node, emitter) {
      const { args, ...nulls } = emitter.strict(node)
      const factors = factorsOf(node)
      const [a, b] = args.map((arg, i) => emitScaled(arg, node.args[i]!.type!, factors[i]!, emitter))
      const zero = emitter.layout.wide ? '' : ' + 0'
      const value = emitter.constant(`${a} ${operator} ${b}${zero}`)
      emitFit(emitter, node, value, nulls.valid)
      return { value, ...nulls }
    },
  }
}

const pairs = { '+': pair('add', '+'), '-': pair('sub', '-'), '*': pair('mul', '*') } as const

/** A time of day so much later or earlier: past midnight the clock begins anew, as in DuckDB. */
function clockPair(name: string, operator: '+' | '-'): FunctionSpec {
  const perDay = ({ type }: BoundCall): number => 86_400 * UNITS_PER_SECOND[unitOf(type)]
  return {
    name,
    infix: operator,
    bind: args => args[0]!,
    interpret: strict((node, a: bigint, b: bigint) => {
      const [x, y] = factorsOf(node)
      return floorModBig(OPERATIONS[operator](a * x, b * y), BigInt(perDay(node)))
    }),
    emit(node, emitter) {
      const { args, ...nulls } = emitter.strict(node)
      const factors = factorsOf(node)
      const [a, b] = args.map((arg, i) => emitScaled(arg, node.args[i]!.type!, factors[i]!, emitter))
      const moved = emitter.constant(`${a} ${operator} ${b}`)
      if (emitter.layout.wide) {
        const day = emitter.outside(BigInt(perDay(node)))
        return { value: emitter.constant(`${emitter.outside(floorModBig)}(${moved}, ${day})`), ...nulls }
      }
      emitter.widenIf(`Math.abs(${moved}) > ${emitter.outside(Number.MAX_SAFE_INTEGER)}`, nulls.valid)
      return { value: emitFloorMod(emitter, moved, perDay(node)), ...nulls }
    },
  }
}

const floorModBig = (x: bigint, size: bigint): bigint => x - floorDivBig(x, size) * size

const clockPairs = { '+': clockPair('add', '+'), '-': clockPair('sub', '-') } as const

/** The remainder of decimals and durations, with the sign of the dividend. By zero: null. */
const remainder: FunctionSpec = {
  name: 'mod',
  infix: '%',
  bind: args => args[0]!,
  nulls: 'own',
  interpret: strict((node, a: bigint | number, b: bigint | number) => {
    const [x, y] = factorsOf(node)
    return BigInt(b) === 0n ? null : (BigInt(a) * x) % (BigInt(b) * y)
  }),
  emit(node, emitter) {
    const { args, ...nulls } = emitter.strict(node)
    const factors = factorsOf(node)
    const [a, b] = args.map((arg, i) =>
      emitter.constant(emitScaled(arg, node.args[i]!.type!, factors[i]!, emitter)),
    )
    const zero = emitter.layout.wide ? '0n' : '0'
    const divides = emitter.constant(
      `(${nulls.valid === undefined ? '' : `${nulls.valid} & `}(${b} !== ${zero})) | 0`,
    )
    return {
      value: emitter.constant(`${divides} ? ${a} % ${b}${emitter.layout.wide ? '' : ' + 0'} : ${zero}`),
      valid: divides,
    }
  },
}
