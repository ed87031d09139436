/** Rounding, signs, and bounds of numbers. Whole numbers stay exact: a float is never between them and the result. */

import { PlanError } from '../../errors.ts'
import { type ColumnType, type DecimalType, isDecimal, isDuration, isFloat } from '../../types/column-type.ts'
import { boundCall, expectArguments, untypedNull, wrongArgument } from '../bound.ts'
import { emitFit } from '../emit-whole.ts'
import type { Call } from '../expr.ts'
import { fitWhole } from '../overflow.ts'
import { show } from '../show.ts'
import { type Bound, type FunctionSpec, sqlCall, strict } from './contract.ts'
import { roundedDecimal } from './decimal-rounding.ts'
import { greatest, least } from './extremes.ts'
import { asNumber, emitOfFloat, roundedCode, roundedTo } from './number-argument.ts'

/** A function of floats to whole floats, of decimals to whole decimals; whole numbers are passed on. */
function toWhole(
  name: 'floor' | 'ceil' | 'trunc',
  compute: (x: number) => number,
  code: (x: string) => string,
): FunctionSpec {
  const spec: FunctionSpec = {
    name,
    duckdb: { parity: ({ type }) => isFloat(type), sql: sqlCall(name) },
    bind(args, call) {
      expectArguments(call, 1)
      const arg = asRounded(args[0]!, call)
      if (isDecimalArgument(arg)) return roundedDecimal(name, arg, 0, call)
      return isFloat(arg.type) ? boundCall(spec, arg.type, [arg], call) : arg
    },
    interpret: strict((_node, x: number) => compute(x)),
    emit: (node, emitter) => emitOfFloat(node, emitter, code),
  }
  return spec
}

const floor = toWhole('floor', Math.floor, x => `Math.floor(${x})`)
const ceil = toWhole('ceil', Math.ceil, x => `Math.ceil(${x})`)
const trunc = toWhole('trunc', Math.trunc, x => `Math.trunc(${x})`)

type Typed = Bound & { readonly type: ColumnType }

const isDecimalArgument = (arg: Typed): arg is Typed & { readonly type: DecimalType } => isDecimal(arg.type)

/** A number, decimals among them; durations have no digits after a point. */
function asRounded(node: Bound, call: Call): Typed {
  if (node.type === undefined || !isDuration(node.type)) return asNumberOrDecimal(node, call)
  throw wrongArgument(
    call,
    'a number',
    node.type,
    "div(lit('1h', 'duration')) counts hours, which can be rounded",
  )
}

function asNumberOrDecimal(node: Bound, call: Call): Typed {
  return node.type !== undefined && isDecimal(node.type) ? (node as Typed) : asNumber(node, call)
}

/** The nearest whole float, halves away from zero (C's round). */
export function roundAway(x: number): number {
  const magnitude = Math.abs(x)
  const floor = Math.floor(magnitude)
  const rounded = magnitude - floor >= 0.5 ? floor + 1 : floor
  return x < 0 || Object.is(x, -0) ? -rounded : rounded
}

/** A float to a number of decimal digits: as DuckDB computes it, scaled, rounded and scaled back. */
export function roundDigits(x: number, digits: number): number {
  if (digits === 0) return roundAway(x)
  const scale = 10 ** Math.abs(digits)
  if (digits > 0) {
    const rounded = roundAway(x * scale) / scale
    return Number.isFinite(rounded) ? rounded : x
  }
  const rounded = roundAway(x / scale) * scale
  return Number.isFinite(rounded) ? rounded : Number.isFinite(x) ? 0 : x
}

/** A whole number to tens, hundreds and so on, halves away from zero; the scale is positive. */
export function roundWhole(x: bigint, scale: bigint): bigint {
  const half = scale / 2n
  const moved = x < 0n ? x - half : x + half
  return (moved / scale) * scale
}

function digitsOf(call: Call): number {
  const digits = call.options?.digits ?? 0
  if (Number.isInteger(digits) && Math.abs(digits as number) <= 300) return digits as number
  throw new PlanError(
    'OPTION',
    `${show(call)}: digits are a whole number from -300 to 300, got ${String(digits)}`,
    {
      hint: 'r.price.round(2) keeps two digits after the point, round(-3) rounds to thousands',
    },
  )
}

/**
 * `round(x, digits)`. DuckDB rounds whole numbers with less care for what overflows, hence parity for floats alone; it
 * computes powers of ten otherwise, so that digits stay here.
 */
const round: FunctionSpec = {
  name: 'round',
  duckdb: { parity: ({ type, options }) => isFloat(type) && options.digits === 0, sql: sqlCall('round') },
  bind(args, call) {
    expectArguments(call, 1)
    const arg = asRounded(args[0]!, call)
    const digits = digitsOf(call)
    if (isDecimalArgument(arg)) return roundedDecimal('round', arg, digits, call)
    if (!isFloat(arg.type) && digits >= 0) return arg
    return boundCall(round, arg.type, [arg], call, { digits })
  },
  interpret: strict((node, x: number | bigint) => {
    const digits = node.options.digits as number
    if (isFloat(node.type)) return roundedTo(node.type, roundDigits(x as number, digits))
    return fitWhole(node, roundWhole(BigInt(x), 10n ** BigInt(-digits)))
  }),
  canFail: ({ type }) => !isFloat(type),
  emit(node, emitter) {
    const digits = node.options.digits as number
    const { args, ...nulls } = emitter.strict(node)
    const x = args[0]!.value
    if (isFloat(node.type)) {
      const code =
        digits === 0
          ? `${emitter.outside(roundAway)}(${x})`
          : `${emitter.outside(roundDigits)}(${x}, ${emitter.outside(digits)})`
      return { value: emitter.constant(roundedCode(node, code)), ...nulls }
    }
    const big = emitter.representation(node.type) === 'big'
    // What lies under a null may be any number, but a number.
    const value = emitter.constant(
      big
        ? `${emitter.outside(roundWhole)}(${x}, ${emitter.outside(10n ** BigInt(-digits))})`
        : `${emitter.outside(roundNumber)}(${x}, ${emitter.outside(10 ** -digits)})`,
    )
    emitFit(emitter, node, value, nulls.valid)
    return { value, ...nulls }
  },
}

/** {@link roundWhole} for whole numbers up to 2^53. */
function roundNumber(x: number, scale: number): number {
  const magnitude = Math.abs(x)
  const rest = magnitude % scale
  const rounded = rest * 2 >= scale ? magnitude - rest + scale : magnitude - rest
  return x < 0 ? -rounded + 0 : rounded
}

/** -1, 0 or 1 as an int8; of NaN 0, as DuckDB has it, which has none of durations. */
const sign: FunctionSpec = {
  name: 'sign',
  duckdb: { parity: ({ args }) => !isDuration(args[0]!.type!), sql: sqlCall('sign') },
  bind(args, call) {
    expectArguments(call, 1)
    const [arg] = args as [Bound]
    const isTimely = arg.type !== undefined && isDuration(arg.type)
    return boundCall(sign, 'int8', [isTimely ? arg : asNumberOrDecimal(arg, call)], call)
  },
  interpret: strict((_node, x: number | bigint) => (x > 0 ? 1 : x < 0 ? -1 : 0)),
  emit(node, emitter) {
    const { args, ...nulls } = emitter.strict(node)
    const x = args[0]!.value
    return { value: emitter.constant(`(${x} > 0) - (${x} < 0)`), ...nulls }
  },
}

/** Whether a number is neither NaN nor infinite. */
const finite: FunctionSpec = {
  name: 'isFinite',
  duckdb: { parity: ({ args }) => isFloat(args[0]!.type!), sql: sqlCall('isfinite') },
  bind(args, call) {
    expectArguments(call, 1)
    return boundCall(finite, 'bool', [asNumber(args[0]!, call)], call)
  },
  interpret: strict((_node, x: number | bigint) => typeof x === 'bigint' || Number.isFinite(x)),
  emit(node, emitter) {
    const { args, ...nulls } = emitter.strict(node)
    const x = args[0]!.value
    return {
      value: isFloat(node.args[0]!.type!) ? emitter.constant(`${x} - ${x} === 0`) : '1',
      ...nulls,
    }
  },
}

/** `clamp(x, low, high)`: `low` where x is less, `high` where it is greater. */
const clamp: FunctionSpec = {
  name: 'clamp',
  bind(args, call) {
    expectArguments(call, 3)
    const [x, low, high] = args as [Bound, Bound, Bound]
    if (x.type === undefined) throw untypedNull(call)
    return least.bind([greatest.bind([x, low], call), high], call)
  },
}

export const roundings: readonly FunctionSpec[] = [floor, ceil, trunc, round, sign, finite, clamp]
