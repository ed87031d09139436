/**
 * The contract of a format: bytes to columns, and columns to bytes. This folder is pure: it neither reads nor writes files.
 *
 * A source of bytes delivers blocks that end where a record ends; shards decode them (`operators/decode.ts`). The four
 * parts of a format never meet: what a file is like is found once (`sniff`), blocks are cut on the coordinator
 * (`openCutter`), decoded in shards (`openDecoder`), and what is written is encoded for a sink (`openEncoder`). What they
 * have to tell each other are options, which are JSON and part of the plan. A format is a file here and a line in `index.ts`.
 */

import type { Batch } from '../batch/batch.ts'
import type { Column } from '../batch/column.ts'
import type { Arena } from '../batch/slab.ts'
import type { Schema } from '../types/schema.ts'

/** What JSON can say: options of formats travel in plans. */
export type Json = null | boolean | number | string | readonly Json[] | { readonly [name: string]: Json }

/** A format, as the registry knows it. Bytes are UTF-8: readers make them so before anything here sees them. */
export interface Format {
  readonly name: string
  /** How the names of its files end, in lower case: what is read of a directory. `''`: any. */
  readonly extensions: readonly string[]
  /**
   * Coordinator: what the first bytes of a file say of it.
   *
   * @throws {DataError} where they are no beginning of a file of this format
   */
  sniff(sample: Uint8Array, asked: SniffRequest): Sniffed
  /** Coordinator: cuts one file. */
  openCutter(options: Json): Cutter
  /** Shard: decodes blocks of any file whose options are these. */
  openDecoder(spec: DecoderSpec): BlockDecoder
  /** Absent where nothing can be written in the format. */
  openEncoder?(spec: EncoderSpec): BlockEncoder
}

export interface SniffRequest {
  /** What the user said of the files; what is left out is to be found. */
  readonly options: Json
  /** The columns that are wanted, where they are known: declared, or found in a file before. Then no types are to be found. */
  readonly schema?: Schema
  /** The file may lack some of these columns, which were found in other files. */
  readonly mayLack?: true
  /** Whether the sample is the whole file. Otherwise it may end anywhere, inside of a character, too. */
  readonly whole: boolean
  /** What the file is called, for errors. */
  readonly file: string
}

/** What the first bytes of a file say. */
export interface Sniffed {
  /** The columns asked for, or all there are. */
  readonly schema: Schema
  /** For the cutter and the decoder of this file: those that were given, and what was found (dialect, header). */
  readonly options: Json
  /** Where the first record begins: after a byte order mark, lines to skip, a header. */
  readonly dataStart: number
  /** The columns that the file itself has, for formats that know: they go before partitions of the same name. */
  readonly names?: readonly string[]
}

/** Finds where records end. It keeps what it has to know from call to call: open quotes, depth. */
export interface Cutter {
  /**
   * Where the last whole record ends in `bytes[from, to)`: the index after its last byte, -1 if none ends there. What lies in
   * that range follows what lay in the range of the call before; each byte comes once, at whatever place in whatever memory.
   * What is left at the end of a file is a record, too, if it has any bytes.
   */
  lastEnd(bytes: Uint8Array, from: number, to: number): number
  /**
   * Called after the last byte of a file.
   *
   * @throws {DataError} where the file cannot end there: an array that is not closed
   */
  end?(): void
}

export interface DecoderSpec {
  /** The columns to decode, in this order; those that a record lacks are null. */
  readonly schema: Schema
  /** What sniffing a file gave. */
  readonly options: Json
  /** Whether {@link Decoded.starts} are wanted. */
  readonly starts?: boolean
}

/** Makes columns of blocks. It may keep what helps it (dictionaries, buffers), but no state of the data. */
export interface BlockDecoder {
  /**
   * Decodes whole records; the last may lack its terminator.
   *
   * Columns lie in the arena, or share the memory of `bytes`, which nobody changes while the columns are used.
   *
   * @param offset of the block in its file
   */
  decode(bytes: Uint8Array, arena: Arena, offset: number): Decoded
}

/** The good records of a block, in order. */
export interface Decoded {
  readonly length: number
  /** One per column of the schema. */
  readonly columns: readonly Column[]
  /** Where each begins in the block; in the arena. */
  readonly starts?: Uint32Array
  /** The records that could not be decoded, in order; none of them is among the rows. */
  readonly bad?: readonly BadRecord[]
}

export interface BadRecord {
  /** Where it begins and ends in the block, without its terminator. */
  readonly start: number
  readonly end: number
  /** The column whose value does not fit; absent where the record itself is broken. */
  readonly column?: string
  /** As of errors: stable, and in `docs/errors.md`. */
  readonly code: string
  /** What is wrong, with the value (cut to some 60 characters): `"n/a" is no int32`. */
  readonly problem: string
  /** What to do about it: `nullValues: ['n/a'] reads it as null`. */
  readonly hint?: string
}

export interface EncoderSpec {
  /** Of the batches. */
  readonly schema: Schema
  readonly options: Json
}

/** Makes bytes of batches. The memory that it gives is its own until the next call. */
export interface BlockEncoder {
  /** What a file begins with. */
  header?(): Uint8Array
  /** The rows of the batch that count (`batch.selection`), each with its terminator. */
  encode(batch: Batch): Uint8Array
  /** What a file ends with, which holds at least one row or none. */
  footer?(): Uint8Array
}
