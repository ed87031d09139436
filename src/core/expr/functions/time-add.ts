/**
 * Spans added to times, and the spans between them. Days and longer are those of the calendar, in the zone that is given or that
 * of the column: the clock shows the same time of day. Shorter ones are exact.
 */

import { PlanError } from '../../errors.ts'
import { type ColumnType, isFloat, isTimestamp } from '../../types/column-type.ts'
import { boundCall, expectArguments } from '../bound.ts'
import { addMonths, floorDiv, monthsOf } from '../civil.ts'
import { emitFit } from '../emit-whole.ts'
import type { Call } from '../expr.ts'
import { floorDivBig } from '../floor-big.ts'
import { literal } from '../literal.ts'
import { fitWhole } from '../overflow.ts'
import { show } from '../show.ts'
import { spanUnits, type TimeSpan, timeSpan } from '../time-span.ts'
import { coerce } from './casts.ts'
import { comparable } from './comparison.ts'
import {
  type Bound,
  type BoundCall,
  type BoundLiteral,
  type Emitted,
  type Emitter,
  type FunctionSpec,
  strict,
} from './contract.ts'
import { asCount, scaledFloat } from './number-argument.ts'
import { asTime, type Typed, unitsPerSecond, zoneOf } from './time-argument.ts'
import { clockOf, instantOf } from './time-zone.ts'

/** Whether a call of `add` or `sub` is of a span and not of numbers. */
export const isSpanCall = ({ options }: Call): boolean => options?.span !== undefined

/** `r.at.add(500)`: a time and a number that is written out, which is one of milliseconds. */
export const isMilliseconds = ([at, ms]: readonly Bound[]): boolean =>
  ms?.kind === 'literal' &&
  (ms.type === 'int32' || ms.type === 'int53') &&
  at?.type !== undefined &&
  isTimestamp(at.type)

/**
 * `add(at, n)` of n times a span, or of one; `sign` is -1 for `sub`. A float may have a fraction where the span is shorter than a day:
 * `1.5` hours, to the unit of the column.
 */
export function bindSpan(args: readonly Bound[], call: Call, sign: 1n | -1n): Bound {
  expectArguments(call, 1, 2)
  const span =
    call.options?.span === undefined ? timeSpan((args[1] as BoundLiteral).cell) : timeSpan(call.options.span)
  const count = span.count * sign
  const times = call.options?.span !== undefined && args.length === 2 ? args[1]! : numberLiteral(1)
  const given = asTime(args[0]!, call)
  // A date with hours is a time.
  const at =
    given.type === 'date' && span.kind === 'nanos' ? (coerce(given, 'timestamp[us]') as Typed) : given
  const zone = zoneOf(at.type, call)
  if (span.kind === 'nanos' && times.type !== undefined && isFloat(times.type)) {
    const units = Number(spanUnits({ ...span, count }, unitsPerSecond(at.type), call.options?.span))
    return boundCall(addedUnits, at.type, [at, coerce(scaledFloat(times, units, call), 'int64')], call, {
      units: 1n,
    })
  }
  const whole = asCount(times, call)
  if (span.kind === 'nanos' || at.type === 'date' || !zone) return added(at, whole, { ...span, count }, call)
  const clock = clockOf(at, zone, call)
  return instantOf(added(clock, whole, { ...span, count }, call), zone, at.type, call)
}

const numberLiteral = (value: number): Bound => {
  const expr = literal(value, 'int32')
  return { kind: 'literal', type: 'int32', cell: value, expr }
}

function added(at: Typed, times: Bound, span: TimeSpan, call: Call): Typed {
  if (span.kind === 'months')
    return boundCall(addedMonths, at.type, [at, times], call, { months: Number(span.count) })
  const units = at.type === 'date' ? span.count : spanUnits(span, unitsPerSecond(at.type), call.options?.span)
  return boundCall(addedUnits, at.type, [at, times], call, { units })
}

/** A time and a number of units of its column. */
const addedUnits: FunctionSpec = {
  name: 'add',
  bind: args => args[0]!,
  canFail: () => true,
  interpret: strict((node, x: number | bigint, n: number) =>
    fitWhole(node, BigInt(x) + BigInt(n) * (node.options.units as bigint)),
  ),
  emit(node, emitter) {
    const { args, ...nulls } = emitter.strict(node)
    const [x, n] = [args[0]!.value, args[1]!.value]
    const units = node.options.units as bigint
    if (emitter.representation(node.type) === 'big') {
      const value = emitter.constant(`${x} + BigInt(${n}) * ${emitter.outside(units)}`)
      emitFit(emitter, node, value, nulls.valid)
      return { value, ...nulls }
    }
    const product = emitter.constant(`${n} * ${emitter.outside(Number(units))}`)
    if (emitter.isNarrowed(node.type))
      emitter.widenIf(`Math.abs(${product}) > ${emitter.outside(Number.MAX_SAFE_INTEGER)}`, nulls.valid)
    const value = emitter.constant(`${x} + ${product}`)
    emitFit(emitter, node, value, nulls.valid)
    return { value, ...nulls }
  },
}

/** A time and a number of months. */
const addedMonths: FunctionSpec = {
  name: 'add',
  bind: args => args[0]!,
  canFail: () => true,
  interpret: strict((node, x: number | bigint, n: number) => {
    const months = n * (node.options.months as number)
    if (node.type === 'date') return fitWhole(node, BigInt(addMonths(Number(x), months)))
    return fitWhole(node, monthsLaterBig(BigInt(x), months, unitsPerSecond(node.type) * 86_400))
  }),
  emit(node, emitter) {
    const { args, ...nulls } = emitter.strict(node)
    const [x, n] = [args[0]!.value, args[1]!.value]
    const months = `${n} * ${emitter.outside(node.options.months)}`
    const perDay = emitter.outside(unitsPerSecond(node.type) * 86_400)
    const code =
      node.type === 'date'
        ? `${emitter.outside(addMonths)}(${x}, ${months})`
        : `${emitter.outside(emitter.representation(node.type) === 'big' ? monthsLaterBig : monthsLater)}(${x}, ${months}, ${perDay})`
    const value = emitter.constant(code)
    emitFit(emitter, node, value, nulls.valid)
    return { value, ...nulls }
  },
}

function monthsLater(x: number, months: number, perDay: number): number {
  const days = floorDiv(x, perDay)
  return addMonths(days, months) * perDay + (x - days * perDay)
}

function monthsLaterBig(x: bigint, months: number, perDay: number): bigint {
  const size = BigInt(perDay)
  const days = floorDivBig(x, size)
  return BigInt(addMonths(Number(days), months)) * size + (x - days * size)
}

/** Whole months from `y` to `x`, cut towards zero: so many that `y` and they are not beyond `x`. */
function monthsBetweenBig(x: bigint, y: bigint, perDay: number): number {
  const size = BigInt(perDay)
  const dayOf = (at: bigint) => Number(floorDivBig(at, size))
  const months = monthsOf(dayOf(x)) - monthsOf(dayOf(y))
  const reached = monthsLaterBig(y, months, perDay)
  if (months > 0 && reached > x) return months - 1
  return months < 0 && reached < x ? months + 1 : months
}

function monthsBetween(x: number, y: number, perDay: number): number {
  const months = monthsOf(floorDiv(x, perDay)) - monthsOf(floorDiv(y, perDay))
  const reached = monthsLater(y, months, perDay)
  if (months > 0 && reached > x) return months - 1
  return months < 0 && reached < x ? months + 1 : months
}

/** Whole spans from `b` to `a`, cut towards zero. The span is `size` of `per` units. */
const spansBetween = (a: bigint, b: bigint, size: bigint, per: bigint): bigint => ((a - b) * per) / size

const diff: FunctionSpec = {
  name: 'diff',
  bind(args, call) {
    expectArguments(call, 2)
    const span = timeSpan(call.options?.unit)
    if (span.count < 1n) throw noSpan(call)
    const pair = comparable(
      args.map(arg => asTime(arg, call)),
      call,
    ) as [Typed, Typed]
    const { type } = pair[0]
    const zone = zoneOf(type, call)
    const [a, b] = span.kind === 'nanos' ? pair : [clockOf(pair[0], zone, call), clockOf(pair[1], zone, call)]
    return boundCall(diff, 'int53', [a, b], call, { span })
  },
  canFail: () => true,
  interpret: strict((node, a: number | bigint, b: number | bigint) => {
    const { kind, count } = node.options.span as TimeSpan
    const { type } = node.args[0]!
    const [x, y] = [BigInt(a), BigInt(b)]
    if (kind === 'months') return Math.trunc(monthsBetweenBig(x, y, daySize(type!)) / Number(count)) + 0
    const { size, per } = sizesOf(node)
    return fitWhole(node, spansBetween(x, y, size, per))
  }),
  emit: emitDiff,
}

/** Units of a day. */
const daySize = (type: ColumnType): number => (type === 'date' ? 1 : unitsPerSecond(type) * 86_400)

/** The span in nanoseconds and the unit of the column, both divided by what they share. */
function sizesOf(node: BoundCall): { size: bigint; per: bigint } {
  const { kind, count } = node.options.span as TimeSpan
  const type = node.args[0]!.type!
  const nanos = kind === 'days' ? count * 86_400_000_000_000n : count
  const per = type === 'date' ? 86_400_000_000_000n : 1_000_000_000n / BigInt(unitsPerSecond(type))
  const shared = nanos % per === 0n ? per : per % nanos === 0n ? nanos : 1n
  return { size: nanos / shared, per: per / shared }
}

function emitDiff(node: BoundCall, emitter: Emitter): Emitted {
  const { args, ...nulls } = emitter.strict(node)
  const [a, b] = [args[0]!.value, args[1]!.value]
  const { kind, count } = node.options.span as TimeSpan
  const type = node.args[0]!.type!
  const big = emitter.representation(type) === 'big'
  if (kind === 'months') {
    const between = emitter.outside(big ? monthsBetweenBig : monthsBetween)
    const months = `${between}(${a}, ${b}, ${emitter.outside(daySize(type))})`
    return {
      value: emitter.constant(`Math.trunc(${months} / ${emitter.outside(Number(count))}) + 0`),
      ...nulls,
    }
  }
  const { size, per } = sizesOf(node)
  if (big) {
    const spans = `${emitter.outside(spansBetween)}(${a}, ${b}, ${emitter.outside(size)}, ${emitter.outside(per)})`
    const value = emitter.constant(`Number(${spans})`)
    emitFit(emitter, node, value, nulls.valid)
    return { value, ...nulls }
  }
  const units = emitter.constant(`(${a} - ${b}) * ${emitter.outside(Number(per))}`)
  const exact = emitter.outside(Number.MAX_SAFE_INTEGER)
  if (emitter.isNarrowed(type)) emitter.widenIf(`Math.abs(${units}) > ${exact}`, nulls.valid)
  const cut = emitter.outside(truncDiv)
  const value = emitter.constant(`${cut}(${units}, ${emitter.outside(Number(size))})`)
  if (!isTimestamp(type)) emitFit(emitter, node, value, nulls.valid)
  return { value, ...nulls }
}

/** `a / b` cut towards zero, exactly, for whole numbers up to 2^53 and a positive b. */
function truncDiv(a: number, b: number): number {
  return a < 0 ? -floorDiv(-a, b) + 0 : floorDiv(a, b)
}

function noSpan(call: Call): PlanError {
  return new PlanError('TIME_UNIT', `${show(call)}: a difference is counted in spans longer than nothing`, {
    hint: "r.end.diff(r.start, 'minute')",
  })
}

export const spans: readonly FunctionSpec[] = [diff]
