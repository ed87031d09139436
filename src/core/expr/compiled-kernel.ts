/**
 * Runs generated kernels: picks or makes the one for a batch's layout, allocates its outputs, widens it when needed.
 */

import { allocValues } from '../batch/alloc-values.ts'
import type { Batch } from '../batch/batch.ts'
import { bitmapBytes, type Column, type Values, words32Of } from '../batch/column.ts'
import { type Arena, allocInt32, allocUint8, allocUint32 } from '../batch/slab.ts'
import { dictionaryText } from '../batch/take.ts'
import { type ColumnType, isBigCell, itemsPerCell } from '../types/column-type.ts'
import { partsOf } from './bound.ts'
import { type BufferSlot, columnsOfBound, type Memo } from './emit.ts'
import { FunctionCache } from './function-cache.ts'
import type { BatchLayout, Bound } from './functions/contract.ts'
import { type Generated, generate, type OutputPlan } from './generate.ts'
import type { FusedSteps, Kernel } from './kernel.ts'
import { type MemoTable, MemoTables } from './memo-table.ts'
import { failureOf } from './overflow.ts'
import { Scratch, TextSink } from './text-bytes.ts'

/** Kernels kept at most, one per layout of batches. */
const KEPT_LAYOUTS = 64

/** Batches that run with BigInts after one in which doubles did not suffice, before doubles are tried again. */
const WIDE_RUNS = 16

const NO_ROWS = new Uint32Array(0)

type KernelFunction = (
  n: number,
  count: number,
  given: Uint32Array,
  sel: Uint32Array,
  arrays: readonly unknown[],
  tables: readonly MemoTable[],
  outputs: readonly Output[],
  scratch: Scratch,
  fail: (index: number, value: unknown) => never,
) => number

interface Output {
  readonly values: Uint8Array | Int32Array | TextSink | object
  readonly validity?: Uint8Array
}

interface Variant {
  readonly generated: Generated
  readonly run: KernelFunction
  readonly memos: readonly MemoTables[]
  readonly fail: (index: number, value: unknown) => never
}

let generating: boolean | undefined

/** Whether this process lets code be generated. */
export function canGenerate(): boolean {
  if (generating === undefined) {
    try {
      generating = new Function('return true')() as boolean
    } catch {
      generating = false
    }
  }
  return generating
}

export class CompiledKernel implements Kernel {
  readonly #fused: FusedSteps
  readonly #onSource: ((code: string) => void) | undefined
  readonly #used: readonly number[]
  readonly #hasWide: boolean
  readonly #variants = new Map<string, Variant>()
  readonly #memos = new Map<Memo['node'], MemoTables>()
  readonly #scratch = new Scratch()
  #wideRuns = 0

  constructor(fused: FusedSteps, onSource?: (code: string) => void) {
    this.#fused = fused
    this.#onSource = onSource
    // Columns that are only passed on are not looked at.
    const computed = [...fused.tests, ...fused.outputs.filter(node => node.kind !== 'column')]
    const used = new Set<number>()
    for (const node of computed) columnsOfBound(node, used)
    this.#used = [...used].sort((a, b) => a - b)
    this.#hasWide = computed.some(usesWide)
  }

  get schema() {
    return this.#fused.schema
  }

  run(batch: Batch, arena: Arena): Batch {
    if (this.#wideRuns === 0) {
      const done = this.#try(batch, arena, false)
      if (done) return done
      this.#wideRuns = WIDE_RUNS
    }
    this.#wideRuns--
    return this.#try(batch, arena, true)!
  }

  /** Undefined when doubles were not enough. */
  #try(batch: Batch, arena: Arena, wide: boolean): Batch | undefined {
    const { generated, run, memos, fail } = this.#variant(batch, wide)
    if (generated.needsWide && !wide) return undefined
    const { columns, length, selection } = batch
    const arrays = generated.buffers.map(slot => bufferOf(columns[slot.column]!, slot.part))
    const tables = memos.map((memo, i) => memo.for(columns[generated.memos[i]!.column]!))
    const plans = generated.outputs.filter(
      (plan, i, all) => plan.kind === 'compute' && all.indexOf(plan) === i,
    )
    const outputs = plans.map(plan => allocateOutput(plan as Computed, length, arena, this.#scratch))
    const filters = this.#fused.tests.length > 0
    const count = selection?.length ?? length
    const sel = filters ? allocUint32(arena, count) : NO_ROWS
    const left = run(length, count, selection ?? NO_ROWS, sel, arrays, tables, outputs, this.#scratch, fail)
    if (left < 0) return undefined
    const made = generated.outputs.map(plan => columnOf(plan, batch, outputs, tables, arena))
    const { selection: _, ...rest } = batch
    const result = { ...rest, schema: this.schema, columns: made }
    // Where every row passed, the selection stays what it was.
    if (!filters || left === count) return selection ? { ...result, selection } : result
    return { ...result, selection: sel.subarray(0, left) }
  }

  #variant(batch: Batch, wide: boolean): Variant {
    const selected = batch.selection !== undefined
    let key = `${selected ? 's' : ''}${wide ? 'w' : ''}`
    for (const index of this.#used) {
      const column = batch.columns[index]!
      key += column.validity ? (column.dictionary ? 'b' : 'n') : column.dictionary ? 'd' : '-'
    }
    const known = this.#variants.get(key)
    if (known) return known
    if (this.#variants.size >= KEPT_LAYOUTS) this.#variants.clear()
    const layout: BatchLayout = {
      nullable: batch.columns.map(column => column.validity !== undefined),
      coded: batch.columns.map(column => column.dictionary !== undefined),
      wide: wide || !this.#hasWide,
    }
    const generated = generate(this.#fused, layout, selected)
    this.#onSource?.(generated.code)
    const types = this.#used.map(index => batch.columns[index]!.type).join()
    const variant: Variant = {
      generated,
      run: functionOf(generated, types),
      memos: generated.memos.map(memo => this.#memoTables(memo)),
      fail: (index, value) => {
        throw failureOf(generated.failing[index]!, value)
      },
    }
    this.#variants.set(key, variant)
    return variant
  }

  /** Tables outlive the variant they were made for: they depend on the dictionary only. */
  #memoTables(memo: Memo): MemoTables {
    let tables = this.#memos.get(memo.node)
    if (!tables) this.#memos.set(memo.node, (tables = new MemoTables(memo)))
    return tables
  }
}

/** Functions already made: a plan that runs again finds them optimised. */
const made = new FunctionCache<KernelFunction>()

/** Kept apart by column types: a loop that has seen several kinds of arrays is several times slower. */
function functionOf({ code, outside }: Generated, types: string): KernelFunction {
  return made.get(
    `${types}\n${code}`,
    outside,
    () => new Function('outside', code)(outside) as KernelFunction,
  )
}

/** Whether 64-bit values occur in the expression: only then are there two kernels. */
function usesWide(node: Bound): boolean {
  for (const { type } of partsOf(node)) {
    if (type !== undefined && isBigCell(type)) return true
  }
  return false
}

function bufferOf(column: Column, part: BufferSlot['part']): unknown {
  switch (part) {
    case 'values':
      return column.values
    case 'words32':
      return words32Of(column)
    case 'validity':
      return column.validity
    case 'offsets':
      return column.offsets
    case 'dictionaryBytes':
      return column.dictionary!.values
    case 'dictionaryOffsets':
      return column.dictionary!.offsets
  }
}

type Computed = Extract<OutputPlan, { kind: 'compute' }>

function allocateOutput(
  { type, store, nulls }: Computed,
  length: number,
  arena: Arena,
  scratch: Scratch,
): Output {
  const validity = nulls === 'own' ? { validity: allocUint8(arena, bitmapBytes(length)).fill(0) } : {}
  switch (store) {
    case 'sink':
      return { values: new TextSink(arena, length, scratch), ...validity }
    case 'bits':
      return { values: allocUint8(arena, bitmapBytes(length)).fill(0), ...validity }
    case 'codes':
      return { values: allocInt32(arena, length), ...validity }
    case 'words32':
      return { values: allocInt32(arena, length * 2 * itemsPerCell(type)), ...validity }
    case 'values':
      return { values: allocValues(type, length, arena), ...validity }
  }
}

function columnOf(
  plan: OutputPlan,
  batch: Batch,
  outputs: readonly Output[],
  tables: readonly MemoTable[],
  arena: Arena,
): Column {
  if (plan.kind === 'share') {
    const column = batch.columns[plan.column]!
    return column.type === plan.type ? column : codedIf(plan.type, column, batch.length, arena)
  }
  const { type, store } = plan
  const output = outputs[plan.index]!
  const validity = output.validity ?? sharedValidity(plan, batch, arena)
  const nulls = validity ? { validity } : {}
  if (store === 'sink') {
    const text: Column = { type, ...(output.values as TextSink).finish(arena), ...nulls }
    return codedIf(type, text, batch.length, arena)
  }
  if (store === 'codes') {
    return { type, values: output.values as Int32Array, dictionary: tables[plan.memo!]!.dictionary, ...nulls }
  }
  const values = output.values as Int32Array
  if (store !== 'words32') return { type, values, ...nulls }
  const Wide = type === 'uint64' ? BigUint64Array : BigInt64Array
  const items = batch.length * itemsPerCell(type)
  const wide = new (Wide as any)(values.buffer, values.byteOffset, items) as Values
  return { type, values: wide, ...nulls }
}

/** The column under another name of its type. Where that is `dictionary` it has codes: verbs go by that. */
const codedIf = (type: ColumnType, column: Column, length: number, arena: Arena): Column =>
  type === 'dictionary' ? dictionaryText({ ...column, type }, length, arena) : { ...column, type }

/** The validity of a column that is null where one of some input columns is: theirs, without a copy if it is one. */
function sharedValidity({ nulls }: Computed, batch: Batch, arena: Arena): Uint8Array | undefined {
  if (typeof nulls === 'string') return undefined
  const [first, ...others] = [...nulls].map(index => batch.columns[index]!.validity!)
  if (others.length === 0) return first
  const bytes = bitmapBytes(batch.length)
  const both = allocUint8(arena, bytes)
  for (let i = 0; i < bytes; i++) both[i] = first![i]!
  for (const other of others) for (let i = 0; i < bytes; i++) both[i]! &= other[i]!
  return both
}
