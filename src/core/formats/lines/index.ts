/** Lines of text: columns `text`, without its line break, and `offset`, of its first byte in the file. */

import type { Schema } from '../../types/schema.ts'
import { schemaOf } from '../../types/schema.ts'
import type { Format } from '../contract.ts'
import { markLength } from '../utf8.ts'
import { LinesDecoder } from './decoder.ts'
import { encodeLines } from './encoder.ts'

/** What there is to read of a line. */
export const LINES: Schema = schemaOf([
  { name: 'text', type: 'utf8' },
  { name: 'offset', type: 'int53' },
])

const LF = 0x0a

/** Lines end with LF or CR LF; the last need not. They hold UTF-8: a line that does not is a bad record. */
export const lines: Format = {
  name: 'lines',
  extensions: [''],
  sniff: (sample, { options, schema = LINES }) => ({ schema, options, dataStart: markLength(sample) }),
  openCutter: () => ({
    lastEnd(bytes, from, to) {
      const last = bytes.subarray(from, to).lastIndexOf(LF)
      return last < 0 ? -1 : from + last + 1
    },
  }),
  openDecoder: spec => new LinesDecoder(spec),
  openEncoder: ({ schema }) => encodeLines(schema),
}
