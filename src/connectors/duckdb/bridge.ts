/**
 * The one bridge between DuckDB's chunks and our batches, both ways. This folder holds everything that speaks to
 * DuckDB's client; it may import `core` and `engines/sql` (names and expressions as SQL text).
 *
 * Invariant: after the bridge nothing points into DuckDB's memory; before it nothing of ours is seen by DuckDB.
 */

export { type ChunkFormat, ChunkReader, chunkFormat } from './chunk-reader.ts'
export { columnTypeOf } from './types.ts'
