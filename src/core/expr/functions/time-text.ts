/** Times from texts and to them, by patterns of `strftime`. */

import { DataError, PlanError } from '../../errors.ts'
import { isTimestamp, type TimestampType } from '../../types/column-type.ts'
import { type TimeZone, timeZone } from '../../types/time-zone.ts'
import { boundCall, expectArguments } from '../bound.ts'
import type { Cell } from '../cell.ts'
import { floorDiv } from '../civil.ts'
import { emitFit } from '../emit-whole.ts'
import type { Call } from '../expr.ts'
import { floorDivBig } from '../floor-big.ts'
import { failsIn } from '../overflow.ts'
import { show } from '../show.ts'
import type { Scratch } from '../text-bytes.ts'
import { decodeBetween } from '../text-points.ts'
import { type TimeParser, timeParser } from '../time-parser.ts'
import { type TimeWriter, timeWriter } from '../time-writer.ts'
import {
  type Bound,
  type BoundCall,
  type Emitted,
  type Emitter,
  type FunctionSpec,
  strict,
} from './contract.ts'
import { asText, literalText } from './text-argument.ts'
import { asTime, type Typed, unitsPerSecond, withZone, zoneOf } from './time-argument.ts'
import { instantOf } from './time-zone.ts'

const encoder = new TextEncoder()

const parserOf = ({ options }: BoundCall): TimeParser => options.parser as TimeParser

function patternOf(call: Call): string {
  const pattern = call.options?.pattern
  if (typeof pattern === 'string') return pattern
  throw new PlanError('TIME_PATTERN', `${show(call)}: a pattern is a text, got ${typeof pattern}`, {
    hint: "r.at.parseTimestamp('%d.%m.%Y %H:%M')",
  })
}

/** A text as a time. What the pattern says of the distance from UTC goes before a zone. */
function parsing(name: string, orNull: boolean): FunctionSpec {
  const spec: FunctionSpec = {
    name,
    ...(orNull && { nulls: 'own' }),
    bind(args, call) {
      expectArguments(call, 1)
      const text = asText(args[0]!, call)
      const parser = timeParser(patternOf(call))
      const zone = call.options?.zone === undefined ? undefined : timeZone(call.options.zone as string)
      const local: TimestampType = parser.hasNanos ? 'timestamp[ns]' : 'timestamp[us]'
      if (parser.hasOffset)
        return boundCall(spec, withZone(local, zone?.name ?? 'UTC'), [text], call, { parser })
      const clock = boundCall(spec, local, [text], call, { parser })
      return zone ? instantOf(clock as Typed, zone, withZone(local, zone.name), call) : clock
    },
    canFail: () => !orNull,
    failure: (node, value) => unreadable(node, String(value)),
    interpret: strict((node, text: string): Cell => {
      const parser = parserOf(node)
      const bytes = encoder.encode(text)
      if (parser.parse(bytes, 0, bytes.length)) return bigUnits(parser, unitsPerSecond(node.type))
      if (orNull) return null
      throw unreadable(node, text)
    }),
    emit: (node, emitter) => emitParse(node, emitter, orNull),
  }
  return spec
}

const bigUnits = ({ seconds, nanos }: TimeParser, perSecond: number): bigint =>
  BigInt(seconds) * BigInt(perSecond) + BigInt(Math.floor(nanos / (1e9 / perSecond)))

const units = ({ seconds, nanos }: TimeParser, perSecond: number): number =>
  seconds * perSecond + Math.floor(nanos / (1e9 / perSecond))

function unreadable(node: BoundCall, text: string): DataError {
  const { pattern } = (node.expr as Call).options ?? {}
  const cut = text.length > 60 ? `${text.slice(0, 59)}…` : text
  const error = new DataError(
    'TIME_TEXT',
    `${show(node.expr)}: ${JSON.stringify(cut)} is no time by ${JSON.stringify(pattern)}`,
    {
      hint: 'tryParseTimestamp() gives null where a text is no time',
    },
  )
  failsIn(error, node.expr)
  return error
}

function emitParse(node: BoundCall, emitter: Emitter, orNull: boolean): Emitted {
  const { args, valid, nullWith } = emitter.strict(node)
  const { value, start, end } = args[0]!
  const parser = emitter.outside(parserOf(node))
  const given = `${value}, ${start}, ${end}`
  const read = `${parser}.parse(${given})`
  const ok = emitter.constant(valid === undefined ? `${read} | 0` : `(${valid} && ${read}) | 0`)
  if (!orNull) emitter.failIf(node, `!${ok}`, `${emitter.outside(decodeBetween)}(${given})`, valid)
  const big = emitter.representation(node.type) === 'big'
  const made = emitter.outside(big ? bigUnits : units)
  const result = emitter.constant(`${made}(${parser}, ${emitter.outside(unitsPerSecond(node.type))})`)
  if (!big) emitFit(emitter, node, result, ok)
  if (orNull) return { value: result, valid: ok }
  return { value: result, ...(valid && { valid }), ...(nullWith && { nullWith }) }
}

/** `format(at, pattern, zone)`. */
export const formatTime: FunctionSpec = {
  name: 'format',
  bind(args, call) {
    expectArguments(call, 1, 2)
    const arg = asTime(args[0]!, call)
    const writer = timeWriter(patternOf(call))
    const given = args[1] && literalText(args[1], call, "r.at.format('%H:%M', 'Europe/Paris')")
    return boundCall(formatTime, 'utf8', [arg], call, { writer, zone: zoneOf(arg.type, call, given) })
  },
  interpret: strict((node, cell: number | bigint) => {
    const { writer, zone } = node.options as { writer: TimeWriter; zone?: TimeZone }
    const perSecond = BigInt(timeUnits(node))
    const units = node.args[0]!.type === 'date' ? BigInt(cell) * 86_400n : BigInt(cell)
    const seconds = floorDivBig(units, perSecond)
    const nanos = Number(units - seconds * perSecond) * (1e9 / Number(perSecond))
    return decodeBetween(writer.bytes, 0, writer.write(Number(seconds), nanos, zone))
  }),
  emit(node, emitter) {
    const { args, ...nulls } = emitter.strict(node)
    const { writer, zone } = node.options
    const type = node.args[0]!.type!
    const append = emitter.representation(type) === 'big' ? appendBig : appendTime
    const x = type === 'date' ? `${args[0]!.value} * 86400` : args[0]!.value
    const given = `${x}, ${emitter.outside(timeUnits(node))}, ${emitter.outside(zone)}`
    const code = `${emitter.outside(append)}(scratch, ${emitter.outside(writer)}, ${given})`
    const start = emitter.constant(nulls.valid === undefined ? code : `${nulls.valid} ? ${code} : 0`)
    return { ...emitter.scratchText(start), ...nulls }
  },
}

/** Units per second of the times that are written: of a date, seconds. */
const timeUnits = ({ args }: BoundCall): number =>
  isTimestamp(args[0]!.type!) ? unitsPerSecond(args[0]!.type!) : 1

function appendTime(
  scratch: Scratch,
  writer: TimeWriter,
  x: number,
  perSecond: number,
  zone?: TimeZone,
): number {
  const seconds = floorDiv(x, perSecond)
  const size = writer.write(seconds, (x - seconds * perSecond) * (1e9 / perSecond), zone)
  return scratch.append(writer.bytes, 0, size)
}

function appendBig(
  scratch: Scratch,
  writer: TimeWriter,
  x: bigint,
  perSecond: number,
  zone?: TimeZone,
): number {
  const size = BigInt(perSecond)
  const seconds = floorDivBig(x, size)
  const written = writer.write(Number(seconds), Number(x - seconds * size) * (1e9 / perSecond), zone)
  return scratch.append(writer.bytes, 0, written)
}

export const isTimeArgument = (node: Bound | undefined): boolean =>
  node?.type !== undefined && (node.type === 'date' || isTimestamp(node.type))

export const timeTexts: readonly FunctionSpec[] = [
  parsing('parseTimestamp', false),
  parsing('tryParseTimestamp', true),
]
