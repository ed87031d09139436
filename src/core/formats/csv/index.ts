/** CSV and whatever is like it: fields between delimiters, records that end with a line end. */

import type { Format } from '../contract.ts'
import { csvCutter } from './cutter.ts'
import { CsvDecoder } from './decoder.ts'
import type { CsvDialect } from './dialect.ts'
import { csvEncoder } from './encoder.ts'
import { sniffCsv } from './sniff.ts'

export const csv: Format = {
  name: 'csv',
  extensions: ['.csv', '.tsv'],
  sniff: sniffCsv,
  openCutter: options => csvCutter(options as unknown as CsvDialect),
  openDecoder: spec => new CsvDecoder(spec),
  openEncoder: csvEncoder,
}
