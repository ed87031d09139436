/**
 * The source of the loop that decodes a block: records one after the other, fields in order, each read by the code for its
 * type straight into its column. Only bytes and numbers that are computed here become source; names and texts never do.
 *
 * Why so: every field of a record has its own straight code, without a branch on its type and without a call that the
 * compiler cannot see through. What is unusual (quotes with escapes, spaces, `+1`, a broken record) leaves for the careful
 * readers of the same cells, which write to the same places, and the loop goes on after them.
 */

import type { ColumnType } from '../../types/column-type.ts'
import { isTimestamp, timestampUnit, timestampZone, UNITS_PER_SECOND } from '../../types/column-type.ts'
import type { CellKind } from './cell-column.ts'
import { CR, LF, type Marks } from './dialect.ts'

/** What the loop reads a field as. */
export interface LoopCell {
  readonly type: ColumnType
  readonly kind: CellKind
  /** Times by a pattern are read the careful way. */
  readonly isCareful: boolean
}

export interface LoopSpec {
  readonly marks: Marks
  /** The byte of the decimal point. */
  readonly point: number
  /** By field of the file; undefined where nobody reads it. */
  readonly cells: readonly (LoopCell | undefined)[]
  /** Whether '' means null, and the bytes of the longest other text that does; 0 if there is none. */
  readonly emptyIsNull: boolean
  readonly longestNull: number
  /** Whether where records begin is wanted. */
  readonly starts: boolean
}

/** Where a loop begins, and where it stopped: at the end, or for want of room. */
export interface LoopState {
  at: number
  row: number
}

/** What a loop needs of a column. */
export interface LoopArrays {
  readonly values: unknown
  readonly valid: Uint8Array
  readonly offsets: Int32Array
  readonly heap: Uint8Array
  readonly heapView: DataView
  readonly codes: unknown
}

/** What a loop calls; see `RowReader`. */
export interface LoopCalls {
  readonly scans: Readonly<Record<string, Function>>
  /** By field: the careful readers, which go past fields that nobody reads. */
  readonly cells: readonly Function[]
  isNull(bytes: Uint8Array, from: number, to: number): boolean
  short(field: number, row: number, at: number): number
  surplus(bytes: Uint8Array, at: number, end: number, row: number): number
  bad(bytes: Uint8Array, start: number, end: number, row: number): number
}

/** Decodes rows `state.row` up to `capacity`, from `state.at` on. The byte before `end` is a line end. */
export type Loop = (
  bytes: Uint8Array,
  view: DataView,
  end: number,
  capacity: number,
  state: LoopState,
  columns: readonly LoopArrays[],
  calls: LoopCalls,
  stops: Uint8Array,
  starts: Uint32Array,
) => void

/** The text of a function that gives a {@link Loop}. */
export function loopSource(spec: LoopSpec): string {
  const { cells, marks } = spec
  const wanted = cells.flatMap((cell, k) => (cell ? [{ cell, k }] : []))
  const texts = wanted.filter(({ cell }) => cell.kind === 'text')
  const lines = [
    `'use strict'`,
    'return function loop(b, view, end, capacity, state, columns, calls, stops, starts) {',
    '  const { scanWide, scanFloat, scanDate, scanTimestamp, scanBool, scanWhole } = calls.scans',
    '  const { copyPlain, copyQuoted, endOfPlain } = calls.scans',
    '  const { isNull, short, surplus, bad } = calls',
    ...cells.map((_, k) => `  const f${k} = calls.cells[${k}]`),
    ...wanted.flatMap(({ cell, k }, i) => [
      `  const n${k} = columns[${i}].valid`,
      ...(cell.kind === 'text'
        ? [
            `  const h${k} = columns[${i}].heap, w${k} = columns[${i}].heapView`,
            `  const o${k} = columns[${i}].offsets`,
          ]
        : [`  const y${k} = columns[${i}].values`]),
      ...(cell.kind === 'codes' ? [`  const t${k} = columns[${i}].codes`] : []),
    ]),
    '  let p = state.at, i = state.row, c = 0, s = 0, v = 0',
    ...texts.map(({ k }) => `  let u${k} = o${k}[i]`),
    '  while (p < end && i < capacity) {',
    '    const r = p',
    ...(cells.length > 1 || marks.comment >= 0 ? ['    c = b[p]'] : []),
    ...(cells.length > 1 ? [`    if (c === ${LF} || c === ${CR}) { p++; continue }`] : []),
    ...(marks.comment >= 0
      ? [
          `    if (c === ${marks.comment}) {`,
          `      while (c !== ${LF} && c !== ${CR}) c = b[++p]`,
          '      p++',
          `      if (c === ${CR} && p < end && b[p] === ${LF}) p++`,
          '      continue',
          '    }',
        ]
      : []),
    '    row: {',
    '      fields: {',
    ...cells.flatMap((cell, k) => fieldSource(spec, cell, k)).map(line => `        ${line}`),
    '      }',
    '      p++',
    `      if (c === ${CR} && p < end && b[p] === ${LF}) p++`,
    ...(spec.starts ? ['      starts[i] = r'] : []),
    '      i++',
    '      continue',
    '    }',
    '    p = bad(b, r, end, i)',
    ...texts.map(({ k }) => `    u${k} = o${k}[i]`),
    '  }',
    '  state.at = p',
    '  state.row = i',
    '}',
  ]
  return `${lines.join('\n')}\n`
}

/** A field and what comes after it. */
function fieldSource(spec: LoopSpec, cell: LoopCell | undefined, k: number): string[] {
  const isLast = k === spec.cells.length - 1
  const { delimiter } = spec.marks
  const ends = isLast ? `c !== ${LF} && c !== ${CR}` : `c !== ${delimiter}`
  return [
    's = p',
    'c = b[p]',
    ...(cell ? cellSource(spec, cell, k) : skipSource(spec)),
    // Whatever is not as it is nearly always is read again, carefully.
    `if (p < 0 || (${ends})) {`,
    `  p = f${k}(b, s, end, i)`,
    '  if (p < 0) break row',
    ...(cell?.kind === 'text' ? [`  u${k} = o${k}[i + 1]`] : []),
    '  c = b[p]',
    ...(isLast
      ? [`  if (c === ${delimiter}) { p = surplus(b, p, end, i); if (p < 0) break row; c = b[p] }`]
      : [
          `  if (c !== ${delimiter}) { p = short(${k}, i, p); if (p < 0) break row; c = b[p]; break fields }`,
        ]),
    '}',
    ...(isLast ? [] : ['p++']),
  ]
}

function skipSource({ marks }: LoopSpec): string[] {
  const plain = 'while (stops[c] === 0) c = b[++p]'
  return marks.quote < 0 ? [plain] : [`if (c === ${marks.quote}) p = -1`, `else ${plain}`]
}

function cellSource(spec: LoopSpec, cell: LoopCell, k: number): string[] {
  if (cell.kind === 'text') return textSource(spec, k)
  if (cell.kind === 'codes') return codesSource(spec, k)
  if (cell.isCareful) return ['p = -1']
  return [
    `if (stops[c] !== 0) n${k}[i >> 3] &= ~(1 << (i & 7))`,
    ...(spec.marks.quote < 0
      ? ['else {']
      : [
          `else if (c === ${spec.marks.quote}) {`,
          `  p = ${scanCall(spec, cell, k, 's + 1')}`,
          `  if (p >= 0) p = b[p] === ${spec.marks.quote} ? p + 1 : -1`,
          '  if (p >= 0) c = b[p]',
          '} else {',
        ]),
    ...(cell.kind === 'small'
      ? smallSource(cell.type, k)
      : [`p = ${scanCall(spec, cell, k, 's')}`, 'if (p >= 0) c = b[p]']
    ).map(line => `  ${line}`),
    '}',
    // A number may be a text that means null.
    ...(spec.longestNull > 0
      ? [`if (p > s && p - s <= ${spec.longestNull} && isNull(b, s, p)) n${k}[i >> 3] &= ~(1 << (i & 7))`]
      : []),
  ]
}

const SMALL_RANGES: Readonly<Record<string, readonly [number, number]>> = {
  int8: [-128, 127],
  int16: [-32_768, 32_767],
  int32: [-999_999_999, 999_999_999],
  uint8: [0, 255],
  uint16: [0, 65_535],
  uint32: [0, 999_999_999],
}

/** Whole numbers of up to nine digits: no sum of them overflows. */
function smallSource(type: ColumnType, k: number): string[] {
  const [min, max] = SMALL_RANGES[type]!
  const isSigned = min < 0
  return [
    ...(isSigned ? ['if (c === 45) c = b[++p]'] : []),
    'const z = p',
    'v = 0',
    'while (c >= 48 && c <= 57) { v = (Math.imul(v, 10) + c - 48) | 0; c = b[++p] }',
    ...(isSigned ? ['if (z !== s) v = -v | 0'] : []),
    ...(max === 999_999_999
      ? ['if (p === z || p - z > 9) p = -1']
      : [`if (p === z || p - z > 9 || v > ${max}${isSigned ? ` || v < ${min}` : ''}) p = -1`]),
    `else y${k}[i] = v`,
  ]
}

function scanCall(spec: LoopSpec, { kind, type }: LoopCell, k: number, at: string): string {
  switch (kind) {
    case 'small': {
      const [min, max] = SMALL_RANGES[type]!
      return `scanWhole(b, ${at}, y${k}, i, ${min}, ${max})`
    }
    case 'wide':
      return `scanWide(b, ${at}, y${k}, i, ${type !== 'uint64'}, ${type === 'int53' ? 15 : 18})`
    case 'float':
      return `scanFloat(b, ${at}, y${k}, i, ${spec.point})`
    case 'bool':
      return `scanBool(b, ${at}, end, y${k}, i)`
    case 'date':
      return `scanDate(b, ${at}, end, y${k}, i)`
    default: {
      if (!isTimestamp(type)) throw new TypeError(`${type} is read as text`)
      const perSecond = UNITS_PER_SECOND[timestampUnit(type)]
      return `scanTimestamp(b, ${at}, end, y${k}, i, ${perSecond}, ${timestampZone(type) !== undefined})`
    }
  }
}

/** Bytes of a text that are looked at one by one: most texts are short. */
const SHORT = 16

/** Copied while its end is looked for. */
function textSource(spec: LoopSpec, k: number): string[] {
  const setNull = `{ n${k}[i >> 3] &= ~(1 << (i & 7)); u${k} = o${k}[i] }`
  const { quote, escaping, delimiter } = spec.marks
  return [
    ...quotedSource(
      spec,
      escaping === quote
        ? [
            `  p = copyQuoted(view, s + 1, end, w${k}, o${k}, i, ${quote})`,
            `  if (p >= 0) { c = b[p]; u${k} = o${k}[i + 1] }`,
          ]
        : ['  p = -1'],
    ),
    `  const near = s + ${SHORT}`,
    `  while (p < near && stops[c] === 0) { h${k}[u${k}++] = c; c = b[++p] }`,
    '  if (p === near && stops[c] === 0) {',
    `    p = copyPlain(view, near, end, w${k}, u${k}, ${delimiter})`,
    `    u${k} += p - near`,
    '    c = b[p]',
    '  }',
    ...nullTest(spec, setNull),
    `  o${k}[i + 1] = u${k}`,
    '}',
  ]
}

function codesSource(spec: LoopSpec, k: number): string[] {
  const setNull = `{ n${k}[i >> 3] &= ~(1 << (i & 7)); y${k}[i] = 0 }`
  const { quote, delimiter } = spec.marks
  return [
    ...quotedSource(spec, [
      '  c = b[++p]',
      `  while (p < end && c !== ${quote} && c !== ${spec.marks.escaping}) c = b[++p]`,
      `  if (c === ${quote} && b[p + 1] !== ${quote}) { y${k}[i] = t${k}.codeOf(view, b, s + 1, p); c = b[++p] }`,
      '  else p = -1',
    ]),
    `  const near = s + ${SHORT}`,
    '  while (p < near && stops[c] === 0) c = b[++p]',
    `  if (p === near && stops[c] === 0) { p = endOfPlain(view, near, end, ${delimiter}); c = b[p] }`,
    ...nullTest(spec, setNull),
    `  ${hasNulls(spec) ? 'else ' : ''}y${k}[i] = t${k}.codeOf(view, b, s, p)`,
    '}',
  ]
}

/** What is done with a quoted text; a block for others begins. */
const quotedSource = ({ marks }: LoopSpec, body: readonly string[]): string[] =>
  marks.quote < 0 ? ['{'] : [`if (c === ${marks.quote}) {`, ...body, '} else {']

const hasNulls = (spec: LoopSpec): boolean => spec.emptyIsNull || spec.longestNull > 0

/** Nulls among texts without quotes. */
function nullTest({ emptyIsNull, longestNull }: LoopSpec, setNull: string): string[] {
  if (longestNull > 0) return [`  if (p - s <= ${longestNull} && isNull(b, s, p)) ${setNull}`]
  return emptyIsNull ? [`  if (p === s) ${setNull}`] : []
}
