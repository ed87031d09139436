/**
 * One generated loop for a step of an aggregation: finds each row's key, window and group and runs the code of every
 * fold that has some ({@link FoldLoop}). About twice as fast as a pass over the rows for each of these.
 *
 * The text is made of our own fragments, numbers and array indices only; data and names of users are not in it.
 */

import type { Column } from '../batch/column.ts'
import { words32Of } from '../batch/column.ts'
import { FunctionCache } from '../expr/function-cache.ts'
import type { Fold, StateTable } from '../fold.ts'
import { isEightByteInteger, isFloat } from '../types/column-type.ts'
import { DIRTY_SHIFT } from './dirty-blocks.ts'

/** What the loop reads and calls besides the rows. Its methods may replace the fields, which the loop then reloads. */
export interface FusedCursor {
  /** Group by key word less `keyBase` in the current window; 0 is unknown. */
  groupsByWord: Int32Array
  keyBase: number
  /** Group by key id in the current window; 0 is unknown. */
  groupArray: Int32Array
  /** Times count from here, in units of the time column; exact. */
  timeBase: number
  /** The current window is `from <= time - timeBase < to`. */
  from: number
  to: number
  /** The group of a physical row's key in the current window; 0 when there must be more room first. */
  find(row: number): number
  /** Goes to the window of a time given as two words. */
  enter(low: number, high: number): void
  /** Goes to the window of a time given in ms. */
  enterMs(timeMs: number): void
  /** The group of a key in the current window; 0 when there must be more room first. */
  open(id: number): number
}

/**
 * The rows of one call: from step row `start` on. Returns where it stopped: at `count`, or where the table must grow
 * first. `weights`, by step row, only of loops that are `weighted`; `changed` only of those that mark changes.
 */
export type FusedStep = (
  cursor: FusedCursor,
  start: number,
  count: number,
  rows: Uint32Array | undefined,
  keys: Int32Array | Uint32Array | undefined,
  times: Int32Array | undefined,
  args: readonly (ArrayLike<number> | undefined)[],
  tables: readonly StateTable[],
  groups: Uint32Array,
  weights?: Int32Array,
  changed?: Uint8Array,
) => number

/** How the loop finds things: what its text depends on besides the folds. */
export interface FusedLayout {
  readonly selected: boolean
  /**
   * `none`: the id is 0. `lookup`: key words to look up. `ids`: ids found before, by step row. `groups`: groups, by step row,
   * that are all there.
   */
  readonly keys: 'none' | 'lookup' | 'ids' | 'groups'
  readonly times: 'none' | 'words32' | 'days'
  /** By fold: the argument it shares, with its kind, or undefined when the fold runs on its own. */
  readonly args: readonly (FusedArg | undefined)[]
  /** Whether folds that run on their own need the groups. */
  readonly keepGroups: boolean
  /** Whether rows have weights; otherwise each counts once. */
  readonly weighted?: true
  /** Whether it notes which blocks of groups changed, as `dirty-blocks.ts` has them. */
  readonly marksChanges?: true
}

interface FusedArg {
  /** -1 for a fold without argument. */
  readonly slot: number
  readonly kind: 'none' | 'number' | 'float' | 'words32'
  readonly nullable: boolean
  /** Where the bits of the rows lie that the fold takes; absent: all. */
  readonly filter?: number
}

/** A fold's code for one row; undefined: it runs on its own. */
const codeOf = ({ loop }: Fold, weighted: boolean | undefined): string | undefined =>
  weighted ? loop?.weighted : loop?.code

/** The arguments of all folds as arrays, each once: values at `2 * slot`, validity after it. */
export function fusedArgs(
  folds: readonly Fold[],
  columns: readonly (readonly Column[])[],
  {
    weighted,
    passing,
  }: { weighted?: boolean; passing?: readonly (Uint8Array | undefined)[] | undefined } = {},
): { args: (FusedArg | undefined)[]; arrays: (ArrayLike<number> | undefined)[] } {
  const arrays: (ArrayLike<number> | undefined)[] = []
  const slots: Pick<Column, 'values' | 'validity'>[] = []
  const slotOfBits = (values: Uint8Array): number => {
    const known = slots.findIndex(slot => slot.values === values && !slot.validity)
    if (known >= 0) return known
    arrays.push(values, undefined)
    return slots.push({ values }) - 1
  }
  const args = folds.map((fold, f): FusedArg | undefined => {
    if (codeOf(fold, weighted) === undefined || columns[f]!.length > 1) return undefined
    const bits = passing?.[f]
    const filter = bits ? { filter: slotOfBits(bits) } : {}
    const column = columns[f]![0]
    if (!column) return { slot: -1, kind: 'none', nullable: false, ...filter }
    let slot = slots.findIndex(
      ({ values, validity }) => values === column.values && validity === column.validity,
    )
    if (slot < 0) {
      slot = slots.length
      slots.push(column)
      // An argument of which only validity is read may be of any type; then the values are not touched.
      arrays.push(
        isEightByteInteger(column.type) ? words32Of(column) : (column.values as Int32Array),
        column.validity,
      )
    }
    const kind = isEightByteInteger(column.type) ? 'words32' : isFloat(column.type) ? 'float' : 'number'
    return { slot, kind, nullable: column.validity !== undefined, ...filter }
  })
  return { args, arrays }
}

/** Loops already made: a plan that runs again finds them optimised. */
const compiled = new FunctionCache<FusedStep>()

/**
 * The loop of a layout, or undefined where generating code is forbidden.
 *
 * @param kinds a name for each array's constructor: loops over different kinds of arrays are kept apart, because one
 * that has seen several kinds is several times slower
 */
export function compileFusedStep(
  folds: readonly Fold[],
  layout: FusedLayout,
  kinds: string,
  onSource?: (source: string) => void,
): FusedStep | undefined {
  const helpers: unknown[] = []
  const source = fusedSource(folds, layout, kinds, helpers)
  onSource?.(source)
  try {
    return compiled.get(source, helpers, () => new Function('helpers', source)(helpers) as FusedStep)
  } catch (error) {
    if (error instanceof EvalError) return undefined
    throw error
  }
}

const IDENTIFIER = /^[A-Za-z]\w*$/

/** The text of the loop; what it calls from outside is appended to `helpers`. */
function fusedSource(folds: readonly Fold[], layout: FusedLayout, kinds: string, helpers: unknown[]): string {
  const { selected, keys, times, args, keepGroups, weighted, marksChanges } = layout
  const { head, body, kindsRead } = foldBlocks(folds, args, weighted, helpers)
  const values = argumentReads(args, kindsRead)
  const { enter, isOutside } = windowLines(times)
  const { find, read, isUnknown } = groupLines(keys)
  const fold = [
    ...(keepGroups ? ['groups[i] = group'] : []),
    ...(marksChanges ? [`changed[group >>> ${DIRTY_SHIFT}] = 1`] : []),
    ...values.reads,
    ...(weighted ? ['const weight = weights[i] | 0'] : []),
    ...body,
  ]
  const rowAt = selected ? 'rows[i]' : 'i'
  const text = (lines: readonly string[], indent: number): string => lines.join(`\n${' '.repeat(indent)}`)
  return `// ${kinds}
return function step(cursor, start, count, rows, keys, times, args, tables, groups${weighted || marksChanges ? ', weights' : ''}${marksChanges ? ', changed' : ''}) {
  ${text([...head, ...values.head], 2)}
  const end = count | 0
  let i = start | 0
  if (i >= end) return count
  // Everything the compiler does not know to be a number is made one here, once, rather than checked at each row.
  for (;;) {
    let row = ${rowAt}
    ${text([...enter, ...find], 4)}
    // Rows of this window whose group is known. Nothing is called here that could replace an array, so the compiler keeps
    // where they lie in registers; with the calls in the same loop it would load that anew at each row.
    for (;;) {
      ${text(fold, 6)}
      if (++i === end) return count
      row = ${rowAt}
      ${text([...isOutside, ...read, ...isUnknown], 6)}
    }
  }
}`
}

/**
 * The code of each fold as a block, those of a filter behind one test, their fields and helpers as constants before the
 * loop, and which arguments are read: by slot their kind, or undefined where only validity is.
 */
function foldBlocks(
  folds: readonly Fold[],
  args: FusedLayout['args'],
  weighted: boolean | undefined,
  helpers: unknown[],
) {
  const head: string[] = []
  const blocks = new Map<number | undefined, string[]>()
  const kindsRead = new Map<number, FusedArg['kind'] | undefined>()
  folds.forEach((fold, f) => {
    const arg = args[f]
    if (!arg) return
    for (const field of Object.keys(fold.layout)) {
      if (!IDENTIFIER.test(field)) throw new TypeError(`field ${JSON.stringify(field)} is not an identifier`)
      head.push(`const f${f}_${field} = tables[${f}].${field}`)
    }
    const text = codeOf(fold, weighted)!
    for (const [name, helper] of Object.entries(fold.loop!.helpers ?? {})) {
      if (!IDENTIFIER.test(name)) throw new TypeError(`helper ${JSON.stringify(name)} is not an identifier`)
      if (!new RegExp(`\\$${name}\\b`).test(text)) continue
      head.push(`const f${f}_${name} = helpers[${helpers.length}]`)
      helpers.push(helper)
    }
    const { slot, kind, nullable, filter } = arg
    if (slot >= 0 && !kindsRead.has(slot)) kindsRead.set(slot, undefined)
    const code = text.replace(/\$(\w+)/g, (_, name: string) => {
      if (name === 'g') return 'group'
      if (name === 'w') return 'weight'
      if (name === 'v' || name === 'vLow' || name === 'vHigh') {
        kindsRead.set(slot, kind)
        return `${name}${slot}`
      }
      return `f${f}_${name}`
    })
    const block = nullable ? `if (valid${slot}) {${code}\n    }` : `{${code}\n    }`
    blocks.set(filter, [...(blocks.get(filter) ?? []), block])
  })
  // One test for all folds behind a filter.
  const body = [...blocks].map(([filter, of]) =>
    filter === undefined ? of.join('\n    ') : `if (pass${filter}) {\n    ${of.join('\n    ')}\n    }`,
  )
  return { head, body, kindsRead }
}

/** The arrays of arguments as constants before the loop, and what a row reads of them. */
function argumentReads(
  args: FusedLayout['args'],
  kindsRead: ReadonlyMap<number, FusedArg['kind'] | undefined>,
): { head: string[]; reads: string[] } {
  const head: string[] = []
  const reads: string[] = []
  for (const slot of new Set(args.flatMap(arg => arg?.filter ?? []))) {
    head.push(`const p${slot} = args[${2 * slot}]`)
    reads.push(`const pass${slot} = (p${slot}[row >> 3] >> (row & 7)) & 1`)
  }
  for (const [slot, kind] of kindsRead) {
    if (kind) head.push(`const a${slot} = args[${2 * slot}]`)
    if (args.some(arg => arg?.slot === slot && arg.nullable)) {
      head.push(`const m${slot} = args[${2 * slot + 1}]`)
      reads.push(`const valid${slot} = (m${slot}[row >> 3] >> (row & 7)) & 1`)
    }
    // Adding 0 makes -0 a 0.
    if (kind === 'float') reads.push(`const v${slot} = a${slot}[row] + 0`)
    if (kind === 'number') reads.push(`const v${slot} = a${slot}[row]`)
    if (kind === 'words32') {
      reads.push(`const vLow${slot} = a${slot}[2 * row]`, `const vHigh${slot} = a${slot}[2 * row + 1]`)
    }
  }
  return { head, reads }
}

/** Code that goes to the window of the row when it is not the current one, and code that leaves the loop of a window then. */
function windowLines(times: FusedLayout['times']): { enter: string[]; isOutside: string[] } {
  if (times === 'none') return { enter: [], isOutside: [] }
  const timeLess = (base: string): string =>
    times === 'words32'
      ? `times[2 * row + 1] * 4294967296 - ${base} + (times[2 * row] >>> 0)`
      : 'times[row] * 86400000'
  const enter = times === 'words32' ? 'enter(times[2 * row], times[2 * row + 1])' : `enterMs(${timeLess('')})`
  return {
    enter: [
      `const first = ${timeLess('cursor.timeBase')}`,
      `if (!(first >= cursor.from && first < cursor.to)) cursor.${enter}`,
      'const timeBase = +cursor.timeBase',
      'const from = +cursor.from',
      'const to = +cursor.to',
    ],
    isOutside: [`const time = ${timeLess('timeBase')}`, 'if (!(time >= from && time < to)) break'],
  }
}

/** Code that finds the row's group or opens it, code that reads one that is known, and code that leaves the loop if it is not. */
function groupLines(keys: FusedLayout['keys']): { find: string[]; read: string[]; isUnknown: string[] } {
  if (keys === 'groups') return { find: ['let group = keys[i]'], read: ['group = keys[i]'], isUnknown: [] }
  const base = keys === 'lookup' ? 'keyBase' : ''
  const key = { none: '0', ids: 'keys[i]', lookup: `(keys[row] - ${base}) >>> 0` }[keys]
  const state = [
    `known = cursor.${keys === 'lookup' ? 'groupsByWord' : 'groupArray'}`,
    'knownLength = known.length',
    ...(base ? [`${base} = cursor.keyBase | 0`] : []),
  ]
  const found = 'key < knownLength ? known[key] : 0'
  return {
    find: [
      ...state.map(line => `let ${line}`),
      `let key = ${key}`,
      `let group = ${found}`,
      'if (group === 0) {',
      keys === 'lookup' ? '  group = cursor.find(row) | 0' : '  group = cursor.open(key) | 0',
      '  if (group === 0) return i',
      ...state.map(line => `  ${line}`),
      '}',
    ],
    read: [`key = ${key}`, `group = ${found}`],
    isUnknown: ['if (group === 0) break'],
  }
}
