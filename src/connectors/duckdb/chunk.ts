/** One DuckDB chunk (at most 2048 rows) as the bytes of its vectors, fetched once. */

import type Raw from '@duckdb/node-bindings'
import type { VectorShape } from './vector-shape.ts'

/** Rows of a DuckDB vector: what a chunk holds at most. */
export const CHUNK_ROWS = 2048

export interface ChunkColumn {
  /** The vector's cells, one after the other: our copy. */
  readonly data: Uint8Array
  /** A bitmap, set where the cell is not null; undefined when nothing is. */
  readonly validity: Uint8Array | undefined
  /** Of lists, structs and arrays: the vectors that hold their cells. */
  readonly children?: readonly ChunkColumn[]
}

export interface Chunk {
  readonly rows: number
  readonly columns: readonly ChunkColumn[]
  /** Keeps the memory alive that long strings point into. */
  readonly handle: Raw.DataChunk
}

/**
 * The chunk's vectors.
 *
 * @param shapes by column
 * @param places which columns of the chunk; all, from the first, by default
 */
export function openChunk(
  raw: typeof Raw,
  handle: Raw.DataChunk,
  rows: number,
  shapes: readonly VectorShape[],
  places?: readonly number[],
): Chunk {
  const columns = shapes.map((shape, index) =>
    openVector(raw, raw.data_chunk_get_vector(handle, places ? places[index]! : index), shape, rows),
  )
  return { rows, columns, handle }
}

const NOTHING = new Uint8Array(0)

function openVector(raw: typeof Raw, vector: Raw.Vector, shape: VectorShape, rows: number): ChunkColumn {
  // Null when the vector has no mask, whatever the declared type says.
  const mask = raw.vector_get_validity(vector, Math.ceil(rows / 64) * 8) as Uint8Array | null
  const validity = mask && hasZero(mask, rows) ? mask : undefined
  if (typeof shape === 'number') return { data: raw.vector_get_data(vector, rows * shape), validity }
  switch (shape.kind) {
    case 'list': {
      const size = raw.list_vector_get_size(vector)
      const child = openVector(raw, raw.list_vector_get_child(vector), shape.child, size)
      return { data: raw.vector_get_data(vector, rows * 16), validity, children: [child] }
    }
    case 'array': {
      const child = openVector(raw, raw.array_vector_get_child(vector), shape.child, rows * shape.size)
      return { data: NOTHING, validity, children: [child] }
    }
    case 'struct': {
      const children = shape.children.map((child, i) =>
        openVector(raw, raw.struct_vector_get_child(vector, i), child, rows),
      )
      return { data: NOTHING, validity, children }
    }
  }
}

/**
 * Frees the bytes of a chunk that has been read. Left to the garbage collector they would pile up: it counts them, and
 * marks the whole heap several times a second because of them.
 */
export function closeChunk({ columns }: Pick<Chunk, 'columns'>): void {
  for (const { data, validity, children } of columns) {
    if (data !== NOTHING) freeBytes(data)
    if (validity) freeBytes(validity)
    if (children) closeChunk({ columns: children })
  }
}

/** Frees the memory of bytes that DuckDB's client copied for us; they are empty afterwards. */
export function freeBytes(bytes: Uint8Array): void {
  const buffer = bytes.buffer as ArrayBuffer
  buffer.transfer(0)
}

/** Whether any of the first `count` bits is 0. */
export function hasZero(bits: Uint8Array, count: number): boolean {
  const whole = count >> 3
  for (let i = 0; i < whole; i++) if (bits[i] !== 255) return true
  const rest = count & 7
  return rest > 0 && (bits[whole]! | (255 << rest)) % 256 !== 255
}

/** Copies `count` bits from bit `from` of `source` to bit `at` of `target`; the other bits of `target` stay. */
export function copyBits(
  source: Uint8Array,
  from: number,
  target: Uint8Array,
  at: number,
  count: number,
): void {
  let i = 0
  if (((from | at) & 7) === 0) {
    const whole = count >> 3
    target.set(source.subarray(from >> 3, (from >> 3) + whole), at >> 3)
    i = whole << 3
  }
  for (; i < count; i++) {
    const bit = (source[(from + i) >> 3]! >> ((from + i) & 7)) & 1
    const place = at + i
    if (bit) target[place >> 3]! |= 1 << (place & 7)
    else target[place >> 3]! &= ~(1 << (place & 7))
  }
}

/** Sets `count` bits of `target` from bit `at`. */
export function setBits(target: Uint8Array, at: number, count: number): void {
  let i = at
  const end = at + count
  while (i < end && (i & 7) !== 0) {
    target[i >> 3]! |= 1 << (i & 7)
    i++
  }
  const whole = (end - i) >> 3
  if (whole > 0) {
    target.fill(255, i >> 3, (i >> 3) + whole)
    i += whole << 3
  }
  for (; i < end; i++) target[i >> 3]! |= 1 << (i & 7)
}
