import { read } from '../../src/index.ts'

/** A dataset of known columns. */
export const flights = read.parquet('flights.parquet', {
  date: 'timestamp',
  delay: 'int32',
  miles: 'int64',
  origin: 'utf8',
  late: 'bool',
})

export interface Flight {
  date: Date | null
  delay: number | null
  miles: bigint | null
  origin: string | null
  late: boolean | null
}

/** A dataset of unknown columns. */
export const found = read.parquet('found.parquet')
