/** JSON: records on lines of their own, in an array, or one after the other. Written are lines. */

import type { Format } from '../contract.ts'
import { openCutter } from './cutter.ts'
import { JsonDecoder } from './decoder.ts'
import { JsonEncoder } from './encoder.ts'
import { jsonOptions } from './options.ts'
import { sniffJson } from './sniff.ts'

export const json: Format = {
  name: 'json',
  extensions: ['.json', '.jsonl', '.ndjson'],
  sniff: sniffJson,
  openCutter: options => openCutter(jsonOptions(options).form),
  openDecoder: spec => new JsonDecoder(spec),
  openEncoder: spec => new JsonEncoder(spec),
}
