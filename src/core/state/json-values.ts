/**
 * JavaScript values as bytes: what JSON holds, and undefined, bigint, Date, Map, Set, and numbers that are not finite. What
 * JSON has no word for becomes an object with one property, `$`, and so do objects that have such a property themselves.
 */

import { DataError } from '../errors.ts'

const encoder = new TextEncoder()
const decoder = new TextDecoder()

/** @throws {DataError} `STATE_VALUE` for a value that cannot be kept: a function, a symbol, an instance of a class */
export const encodeValue = (value: unknown): Uint8Array => encoder.encode(JSON.stringify(toJson(value, 0)))

export const decodeValue = (bytes: Uint8Array): unknown => fromJson(JSON.parse(decoder.decode(bytes)))

/** Deeper values are taken for ones that hold themselves. */
const MAX_DEPTH = 200

function toJson(value: unknown, depth: number): unknown {
  if (depth > MAX_DEPTH) throw notKept('one that nests over 200 deep, or holds itself')
  const inner = (item: unknown) => toJson(item, depth + 1)
  switch (typeof value) {
    case 'string':
    case 'boolean':
      return value
    case 'number':
      return Number.isFinite(value) && !Object.is(value, -0)
        ? value
        : { $: ['number', Object.is(value, -0) ? '-0' : String(value)] }
    case 'undefined':
      return { $: ['undefined'] }
    case 'bigint':
      return { $: ['bigint', String(value)] }
    case 'object':
      break
    default:
      throw notKept(`a ${typeof value}`)
  }
  if (value === null) return null
  if (Array.isArray(value)) return value.map(inner)
  if (value instanceof Date) return { $: ['date', inner(value.getTime())] }
  if (value instanceof Map) return { $: ['map', [...value].map(entry => entry.map(inner))] }
  if (value instanceof Set) return { $: ['set', [...value].map(inner)] }
  const prototype = Object.getPrototypeOf(value)
  if (prototype !== Object.prototype && prototype !== null)
    throw notKept(`an instance of ${prototype?.constructor?.name ?? 'a class'}`)
  const object = Object.fromEntries(
    Object.entries(value as object).map(([name, item]) => [name, inner(item)]),
  )
  return Object.hasOwn(object, '$') ? { $: ['object', Object.entries(object)] } : object
}

function fromJson(json: unknown): unknown {
  if (typeof json !== 'object' || json === null) return json
  if (Array.isArray(json)) return json.map(fromJson)
  const tagged = (json as { $?: [string, any] }).$
  if (tagged) return untagged(tagged)
  return Object.fromEntries(Object.entries(json).map(([name, item]) => [name, fromJson(item)]))
}

function untagged([tag, value]: [string, any]): unknown {
  if (tag === 'number') return Number(value)
  if (tag === 'bigint') return BigInt(value)
  if (tag === 'date') return new Date(fromJson(value) as number)
  if (tag === 'map') return new Map(value.map((entry: unknown[]) => entry.map(fromJson)))
  if (tag === 'set') return new Set(value.map(fromJson))
  if (tag === 'object')
    return Object.fromEntries((value as [string, unknown][]).map(([name, item]) => [name, fromJson(item)]))
  return undefined
}

const notKept = (what: string) =>
  new DataError('STATE_VALUE', `the state of a function holds ${what}, which a snapshot cannot keep`, {
    hint: 'plain objects, arrays, Map, Set, Date, bigint, text, numbers, booleans and null can be kept',
  })
