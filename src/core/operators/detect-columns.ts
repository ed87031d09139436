/** The columns that `detect` appends, and how they are made of what a detector says. */
import { bitmapBytes, type Column, type Dictionary } from '../batch/column.ts'
import { dictionaryOf } from '../batch/dictionary.ts'
import { type Arena, allocFloat64, allocInt32, allocUint8 } from '../batch/slab.ts'
import { type Demand, type DetectorOutput, REASONS, type Reason } from '../detector.ts'

export const DETECT_COLUMNS = [
  { name: 'expected', type: 'float64' },
  { name: 'lower', type: 'float64' },
  { name: 'upper', type: 'float64' },
  { name: 'pValue', type: 'float64' },
  { name: 'score', type: 'float64' },
  { name: 'anomaly', type: 'bool' },
  { name: 'reason', type: 'utf8' },
  { name: 'reasonScore', type: 'float64' },
  { name: 'suppressed', type: 'bool' },
] as const

export type DetectColumnName = (typeof DETECT_COLUMNS)[number]['name']

/** The name of an appended column under a prefix: `departures` and `score` make `departuresScore`. */
export const detectColumn = (as: string, name: DetectColumnName): string =>
  as === '' ? name : as + name[0]!.toUpperCase() + name.slice(1)

/** What the columns are made by. */
export interface ScoreWriting {
  /** Values whose log p-value is below are anomalies, unless they are suppressed. */
  readonly logAlpha: number
  /** Those whose log p-value is below have a reason. */
  readonly reasonsBelow: number
  /** The reason where the detector writes none. */
  readonly reason: Reason
  /** For which rows p-values are read. */
  readonly pValues: Demand
}

const LN10 = Math.log(10)

/** The part of the output for some rows. */
export const outputFrom = (output: DetectorOutput, from: number, until: number): DetectorOutput => ({
  expected: output.expected.subarray(from, until),
  lower: output.lower.subarray(from, until),
  upper: output.upper.subarray(from, until),
  logP: output.logP.subarray(from, until),
  suppressed: output.suppressed.subarray(from, until),
  reason: output.reason.subarray(from, until),
  reasonLogP: output.reasonLogP.subarray(from, until),
})

/** Room for the output of a step. */
export function outputOf(count: number, arena: Arena): DetectorOutput {
  return {
    expected: allocFloat64(arena, count),
    lower: allocFloat64(arena, count),
    upper: allocFloat64(arena, count),
    logP: allocFloat64(arena, count),
    suppressed: new Uint8Array(count),
    reason: new Uint8Array(count),
    reasonLogP: allocFloat64(arena, count),
  }
}

/** The appended columns, in the order of `DETECT_COLUMNS`, NaN being null; how many values were scored, and how many are anomalies. */
export function appendedColumns(
  output: DetectorOutput,
  writing: ScoreWriting,
  arena: Arena,
): { columns: Column[]; scored: number; anomalies: number } {
  const { expected, lower, upper, logP, suppressed } = output
  const { logAlpha, pValues } = writing
  const count = logP.length
  let scored = 0
  let anomalies = 0
  const pValue = allocFloat64(arena, count)
  const score = allocFloat64(arena, count)
  const anomaly = allocUint8(arena, bitmapBytes(count)).fill(0)
  const goesOn = allocUint8(arena, bitmapBytes(count)).fill(0)
  for (let i = 0; i < count; i++) {
    const log = logP[i]!
    if (!Number.isNaN(log)) scored++
    if (log < logAlpha) {
      if (suppressed[i] === 0) anomalies++
      const bits = suppressed[i] === 0 ? anomaly : goesOn
      bits[i >> 3]! |= 1 << (i & 7)
      // The exponential is the most expensive part: where only those of anomalies are read, the others are left out.
    } else if (pValues !== 'all') {
      pValue[i] = Number.NaN
      score[i] = Number.NaN
      continue
    }
    pValue[i] = Math.exp(log)
    // From 0, not negated: of p = 1 the score is 0, and not -0.
    score[i] = (0 - log) / LN10
  }
  const validity = notNaN(logP, arena)
  const valid = validity && { validity }
  const columns = [
    nullable(expected, arena),
    nullable(lower, arena),
    nullable(upper, arena),
    { type: 'float64', values: pValue, ...valid },
    { type: 'float64', values: score, ...valid },
    { type: 'bool', values: anomaly, ...valid },
    ...reasonColumns(output, writing, arena),
    { type: 'bool', values: goesOn, ...valid },
  ] satisfies Column[]
  return { columns, scored, anomalies }
}

/** `reason` and `reasonScore`: null but where p is small, which is seldom. */
function reasonColumns(
  { logP, reason, reasonLogP }: DetectorOutput,
  { reasonsBelow, reason: own }: ScoreWriting,
  arena: Arena,
): [Column, Column] {
  const count = logP.length
  const ownCode = REASONS.indexOf(own)
  const codes = allocInt32(arena, count).fill(0)
  const scores = allocFloat64(arena, count)
  const validity = allocUint8(arena, bitmapBytes(count)).fill(0)
  for (let i = 0; i < count; i++) {
    const log = logP[i]!
    if (!(log < reasonsBelow)) continue
    const written = reason[i]!
    codes[i] = written === 0 ? ownCode : written
    scores[i] = -(written === 0 ? log : reasonLogP[i]!) / LN10
    validity[i >> 3]! |= 1 << (i & 7)
  }
  return [
    { type: 'utf8', values: codes, dictionary: reasonNames(), validity },
    { type: 'float64', values: scores, validity },
  ]
}

let names: Dictionary | undefined

/** The dictionary of {@link REASONS}, in memory that all threads read. */
function reasonNames(): Dictionary {
  if (names) return names
  const texts = REASONS.map(name => new TextEncoder().encode(name))
  const bytes = texts.reduce((sum, { length }) => sum + length, 0)
  const values = new Uint8Array(new SharedArrayBuffer(bytes) as ArrayBufferLike as ArrayBuffer)
  const offsets = new Int32Array(
    new SharedArrayBuffer(4 * (texts.length + 1)) as ArrayBufferLike as ArrayBuffer,
  )
  texts.forEach((text, i) => {
    values.set(text, offsets[i]!)
    offsets[i + 1] = offsets[i]! + text.length
  })
  names = dictionaryOf(values, offsets)
  return names
}

const nullable = (values: Float64Array, arena: Arena): Column => {
  const validity = notNaN(values, arena)
  return { type: 'float64', values, ...(validity && { validity }) }
}

/** A bitmap of what is not NaN; undefined when nothing is. */
function notNaN(values: Float64Array, arena: Arena): Uint8Array | undefined {
  const { length } = values
  let first = 0
  while (first < length && !Number.isNaN(values[first]!)) first++
  if (first === length) return undefined
  const bits = allocUint8(arena, bitmapBytes(length))
  for (let from = 0, byte = 0; from < length; from += 8, byte++) {
    const rows = Math.min(8, length - from)
    let set = 0
    for (let k = 0; k < rows; k++) if (!Number.isNaN(values[from + k]!)) set |= 1 << k
    bits[byte] = set
  }
  return bits
}
