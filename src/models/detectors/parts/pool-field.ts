/** The state of a pool, in the row of one of its keys: fields of one slot, and the values of the current instant. */
import type { FieldSpec, StateLayout, StateTable } from '../../../core/fold.ts'

type Numbers = Float64Array | Int32Array | Uint32Array

const ARRAYS = { f64: Float64Array, i32: Int32Array, u32: Uint32Array } as const

/** What a pool knows. Plain data. */
export interface Pool {
  /** Fields of one slot, 0. */
  readonly table: StateTable
  /** The current instant, ms since 1970; -Infinity before the first. */
  timeMs: number
  /** Instants that have been learned. */
  instants: number
  /** Keys that have been numbered, in order of their first values. */
  keys: number
  /** Values of the current instant, in the order they came: how many, their keys, the values, and their scores. */
  pending: number
  ordinals: Float64Array
  values: Float64Array
  /** NaN where there was no score. */
  scores: Float64Array
}

/** A pool that has seen nothing. */
export function emptyPool(layout: StateLayout): Pool {
  const table: Record<string, Numbers | unknown[]> = {}
  for (const [name, spec] of Object.entries<FieldSpec>(layout)) {
    if (spec.kind === 'object') table[name] = []
    else table[name] = new ARRAYS[spec.kind](spec.width ?? 1).fill(spec.initial ?? 0)
  }
  return {
    table: table as unknown as StateTable,
    timeMs: Number.NEGATIVE_INFINITY,
    instants: 0,
    keys: 0,
    pending: 0,
    ordinals: new Float64Array(0),
    values: new Float64Array(0),
    scores: new Float64Array(0),
  }
}

/** Adds a value to those of the current instant. */
export function addPending(pool: Pool, ordinal: number, value: number, score: number): void {
  const at = pool.pending
  if (at === pool.values.length) {
    const longer = (old: Float64Array) => {
      const array = new Float64Array(Math.max(16, 2 * at))
      array.set(old)
      return array
    }
    pool.ordinals = longer(pool.ordinals)
    pool.values = longer(pool.values)
    pool.scores = longer(pool.scores)
  }
  pool.ordinals[at] = ordinal
  pool.values[at] = value
  pool.scores[at] = score
  pool.pending = at + 1
}

/** The field of a {@link Pool} whose table has this layout. Snapshots hold its numbers, then its fields, each with its length. */
export function poolField(layout: StateLayout): FieldSpec {
  const fields = Object.entries<FieldSpec>(layout)
  return {
    kind: 'object',
    shared: true,
    encode(value) {
      const { table, timeMs, instants, keys, pending, ordinals, values, scores } = value as Pool
      const state = table as unknown as Record<string, Numbers | unknown[]>
      const parts: (Uint8Array | undefined)[] = [
        bytesOf(Float64Array.of(timeMs, instants, keys)),
        ...[ordinals, values, scores].map(array => bytesOf(array.subarray(0, pending))),
      ]
      for (const [name, spec] of fields) {
        if (spec.kind === 'object') {
          const held = (state[name] as unknown[])[0]
          parts.push(held === undefined ? undefined : spec.encode(held))
        } else parts.push(bytesOf(state[name] as Numbers))
      }
      return joined(parts)
    },
    decode(bytes): Pool {
      const parts = split(bytes)
      const [numbers, ordinals, values, scores] = parts
        .slice(0, 4)
        .map(part => new Float64Array(part!.buffer))
      const pool = emptyPool(layout)
      const state = pool.table as unknown as Record<string, Numbers | unknown[]>
      fields.forEach(([name, spec], i) => {
        const part = parts[4 + i]
        if (spec.kind === 'object') {
          if (part) (state[name] as unknown[])[0] = spec.decode(part)
        } else state[name] = new ARRAYS[spec.kind](part!.buffer)
      })
      return {
        ...pool,
        ...{ timeMs: numbers![0]!, instants: numbers![1]!, keys: numbers![2]!, pending: values!.length },
        ...{ ordinals: ordinals!, values: values!, scores: scores! },
      }
    },
  }
}

const bytesOf = (array: Numbers): Uint8Array =>
  new Uint8Array(array.buffer, array.byteOffset, array.byteLength)

/** Parts one after the other, each behind its length; 2³² − 1 for one that is not there. */
function joined(parts: readonly (Uint8Array | undefined)[]): Uint8Array {
  const total = parts.reduce((sum, part) => sum + 4 + (part?.length ?? 0), 0)
  const bytes = new Uint8Array(total)
  const view = new DataView(bytes.buffer)
  let at = 0
  for (const part of parts) {
    view.setUint32(at, part ? part.length : 0xffffffff, true)
    at += 4
    if (part) bytes.set(part, at)
    at += part?.length ?? 0
  }
  return bytes
}

/** Undoes {@link joined}; each part has a buffer of its own. */
function split(bytes: Uint8Array): (Uint8Array<ArrayBuffer> | undefined)[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const parts: (Uint8Array<ArrayBuffer> | undefined)[] = []
  for (let at = 0; at < bytes.length; ) {
    const length = view.getUint32(at, true)
    at += 4
    parts.push(length === 0xffffffff ? undefined : new Uint8Array(bytes.subarray(at, at + length)))
    if (length !== 0xffffffff) at += length
  }
  return parts
}
