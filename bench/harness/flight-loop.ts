/**
 * The demo's aggregation written by hand, as a peer: one thread over DuckDB's chunks, typed arrays, no strings.
 *
 * It knows what Millrace has to find out: that a code is three capital letters, that nothing is null, how many hours
 * there are.
 */

import { DuckDBInstance } from '@duckdb/node-api'
import raw from '@duckdb/node-bindings'

const HOUR_US = 3.6e9
const FIRST_HOUR = Date.UTC(2001, 0, 1) / 3_600_000
const HOURS = 182 * 24
const MAX_AIRPORTS = 256

export interface FlightLoop {
  /** One scan of the file. Gives the number of airport-hours with flights. */
  run(): Promise<number>
  close(): void
}

export async function flightLoop(file: string): Promise<FlightLoop> {
  const instance = await DuckDBInstance.create(':memory:')
  const connection = await instance.connect()
  return {
    async run() {
      const airportOf = new Int16Array(1 << 15).fill(-1)
      const counts = new Int32Array(HOURS * MAX_AIRPORTS)
      const sums = new Float64Array(HOURS * MAX_AIRPORTS)
      let airports = 0
      const result = await connection.stream('select date, delay::integer, origin from read_parquet($1)', [
        file,
      ])
      for (;;) {
        const chunk = await result.fetchChunk()
        if (!chunk || chunk.rowCount === 0) break
        const rows = chunk.rowCount
        const vector = (column: number, width: number) => {
          const bytes = raw.vector_get_data(raw.data_chunk_get_vector(chunk.chunk, column), rows * width)
          return new Int32Array(bytes.buffer, bytes.byteOffset, (rows * width) / 4)
        }
        airports = fold(rows, vector(0, 8), vector(1, 4), vector(2, 16), airportOf, airports, counts, sums)
      }
      let groups = 0
      for (let i = 0; i < counts.length; i++) {
        if (counts[i] === 0) continue
        sums[i] = sums[i]! / counts[i]!
        groups++
      }
      return groups
    },
    close() {
      connection.closeSync()
      instance.closeSync()
    },
  }
}

/** Times are pairs of words; a text cell is its length, the text, and padding. */
function fold(
  rows: number,
  times: Int32Array,
  delays: Int32Array,
  cells: Int32Array,
  airportOf: Int16Array,
  airportsBefore: number,
  counts: Int32Array,
  sums: Float64Array,
): number {
  let airports = airportsBefore
  for (let i = 0; i < rows; i++) {
    const us = times[2 * i + 1]! * 4294967296 + (times[2 * i]! >>> 0)
    const hour = Math.floor(us / HOUR_US) - FIRST_HOUR
    const text = cells[4 * i + 1]!
    const code = (text & 31) | (((text >> 8) & 31) << 5) | (((text >> 16) & 31) << 10)
    let airport = airportOf[code]!
    if (airport < 0) {
      airport = airports++
      airportOf[code] = airport
    }
    const group = hour * MAX_AIRPORTS + airport
    counts[group]!++
    sums[group]! += delays[i]!
  }
  return airports
}
