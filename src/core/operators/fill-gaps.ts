import { type Batch, NO_POSITION } from '../batch/batch.ts'
import { columnFrom } from '../batch/build.ts'
import type { Column } from '../batch/column.ts'
import { heapArena } from '../batch/slab.ts'
import { concat, takeColumn } from '../batch/take.ts'
import { PlanError } from '../errors.ts'
import type { Literal } from '../expr/expr.ts'
import { literalCell } from '../expr/literal.ts'
import type { PlanNode } from '../plan.ts'
import { KeyTable } from '../state/key-table.ts'
import { showDuration } from '../time/duration.ts'
import { eventTimesMs, timestampColumn } from '../time/event-time.ts'
import type { TimestampType } from '../types/column-type.ts'
import { fieldIndex, fieldOf } from '../types/schema.ts'
import type { Emit, Operator, OperatorContext, TimeSignal } from './contract.ts'
import { defineOperator, OUTPUT_ROWS } from './define.ts'
import { keysOf } from './keys.ts'

/**
 * After a window: a row for every window in which a key had none, from the key's first row on.
 *
 * A key is filled until `untilMs`, or until it has been silent for `ttlMs`: it is then forgotten, and starts afresh when
 * it is seen again. Without either it is filled to the end of the data, which only bounded data has.
 */
export interface FillGapsNode extends PlanNode {
  readonly kind: 'fillGaps'
  readonly by?: readonly string[]
  /** What the filled rows hold; columns not named are null. */
  readonly values: readonly { readonly name: string; readonly value: Literal }[]
  readonly ttlMs?: number
  readonly untilMs?: number
}

export const fillGaps = defineOperator<FillGapsNode>({
  kind: 'fillGaps',
  output(node, [input]) {
    const { schema, eventTime, windowMs, bounded } = input!
    if (windowMs === undefined || eventTime === undefined) {
      throw new PlanError('NO_WINDOW', 'fillGaps fills windows, and there is none', {
        hint: "put it right after .window(tumbling('1h')).agg(…)",
      })
    }
    const keys = keysOf('fillGaps', node.by, input!)
    for (const { name } of node.values) {
      fieldOf(schema, name)
      if (keys.includes(name) || name === 'windowStart' || name === 'windowEnd') {
        throw new PlanError('FILL_COLUMN', `fillGaps sets ${JSON.stringify(name)} itself`)
      }
    }
    if (!bounded && node.ttlMs === undefined && node.untilMs === undefined) {
      throw new PlanError(
        'UNBOUNDED_FILL',
        'fillGaps over data that does not end would fill every key for ever',
        {
          hint: "give { ttl: '30d' } (a key silent for so long is forgotten) or { until: date }",
        },
      )
    }
    return input!
  },
  explain(node) {
    const values = node.values.map(
      ({ name, value }) => `${JSON.stringify(name)} = ${JSON.stringify(value.value)}`,
    )
    const end = [
      node.ttlMs === undefined ? '' : `, ttl ${showDuration(node.ttlMs)}`,
      node.untilMs === undefined ? '' : `, until ${new Date(node.untilMs).toISOString()}`,
    ]
    return `fillGaps ${values.join(', ') || 'with nulls'}${end.join('')}`
  },
  partitioning: (node, [input]) => ({ keys: keysOf('fillGaps', node.by, input!) }),
  open: openFillGaps,
})

/**
 * Holds the windows of a step until event time has passed them, then emits, window by window and key by key, the rows
 * there are and a filled one for each living key that has none.
 */
function openFillGaps(node: FillGapsNode, context: OperatorContext): Operator {
  const [input] = context.inputs
  const { schema, windowMs: sizeMs } = input!
  const windowStart = fieldIndex(schema, 'windowStart')
  const windowEnd = fieldIndex(schema, 'windowEnd')
  const keyColumns = keysOf('fillGaps', node.by, input!).map(key => fieldIndex(schema, key))
  const filler = fillerRow(node, context)
  const ttlMs = node.ttlMs ?? Number.POSITIVE_INFINITY
  const untilMs = node.untilMs ?? Number.POSITIVE_INFINITY
  const keys = new KeyTable(keyColumns.map(key => schema[key]!.type))
  const windowType = schema[windowStart]!.type as TimestampType
  /** By key id: start of the last window with a row; NaN for keys that are forgotten. */
  let lastSeenMs = new Float64Array(64).fill(Number.NaN)
  let living = 0
  /** Start of the next window to emit. */
  let nextMs = Number.NaN
  let held: Batch[] = []
  const layout = { windowStart, windowEnd, keyColumns, windowType, sizeMs: sizeMs! }
  const out = new OutputRows(keys, context, layout)

  const rememberKey = (id: number, ms: number) => {
    if (id >= lastSeenMs.length) {
      const larger = new Float64Array(Math.max(2 * lastSeenMs.length, keys.size)).fill(Number.NaN)
      larger.set(lastSeenMs)
      lastSeenMs = larger
    }
    if (Number.isNaN(lastSeenMs[id]!)) living++
    lastSeenMs[id] = ms
  }

  /** Emits every window that starts before `endMs`. */
  const emitUpTo = (endMs: number, emit: Emit) => {
    const rows = concat(schema, [...held, filler], context.arena)
    held = []
    const fillerAt = rows.length - 1
    const ids = new Uint32Array(fillerAt)
    const starts = new Float64Array(fillerAt)
    keys.intern(
      keyColumns.map(key => rows.columns[key]!),
      fillerAt,
      undefined,
      ids,
    )
    eventTimesMs(rows.columns[windowStart]!, fillerAt, undefined, starts)
    const order = byWindowThenKey(ids, starts, keys)
    out.begin(rows, emit)
    const sorted = keys.sorted()
    let at = 0
    if (Number.isNaN(nextMs) && order.length) nextMs = starts[order[0]!]!
    while (nextMs < endMs && (living > 0 || at < order.length)) {
      if (living === 0) nextMs = starts[order[at]!]!
      if (nextMs >= endMs) break
      const from = at
      while (at < order.length && starts[order[at]!]! === nextMs) {
        rememberKey(ids[order[at]!]!, nextMs)
        at++
      }
      let row = from
      for (let k = 0; k < sorted.length; k++) {
        const id = sorted[k]!
        if (row < at && ids[order[row]!]! === id) {
          // Several rows of one key and window (keys coarser than the groups) all stay.
          while (row < at && ids[order[row]!]! === id) out.add(order[row++]!, id, nextMs)
        } else if (!(nextMs - lastSeenMs[id]! < ttlMs) || nextMs >= untilMs) {
          if (!Number.isNaN(lastSeenMs[id]!) && id < lastSeenMs.length) {
            lastSeenMs[id] = Number.NaN
            living--
          }
        } else out.add(fillerAt, id, nextMs)
      }
      nextMs += sizeMs!
    }
    out.end()
    if (living === 0) nextMs = Number.NaN
  }

  return {
    onBatch(batch) {
      held.push(batch)
    },
    onTime(signal: TimeSignal, emit) {
      const { watermarkMs, maxTimeMs } = signal
      // At the end nothing is known of windows after the last row: keys are filled up to it.
      const endMs = watermarkMs === Number.POSITIVE_INFINITY ? maxTimeMs + 1 : watermarkMs
      if (held.length > 0 || living > 0) emitUpTo(endMs, emit)
      return signal
    },
    snapshot() {
      const ids: number[] = []
      for (let id = 0; id < keys.size; id++) if (!Number.isNaN(lastSeenMs[id] ?? Number.NaN)) ids.push(id)
      const columns = keys.columns(Uint32Array.from(ids), heapArena)
      const numbers = (value: (id: number) => number): Column => ({
        type: 'float64',
        values: Float64Array.from(ids, value),
      })
      const batch: Batch = {
        schema: [
          ...keyColumns.map((key, i) => ({ name: `key${i}`, type: schema[key]!.type })),
          { name: 'lastSeen', type: 'float64' },
          { name: 'next', type: 'float64' },
        ],
        length: ids.length,
        columns: [...columns, numbers(id => lastSeenMs[id]!), numbers(() => nextMs)],
        position: NO_POSITION,
      }
      return {
        version: 1,
        tables: { keys: { batch, keyGroups: Uint8Array.from(ids, id => keys.keyGroup(id)) } },
      }
    },
    restore(state) {
      const { batch } = state.tables.keys!
      const rows = batch.selection!
      const ids = new Uint32Array(rows.length)
      keys.intern(batch.columns.slice(0, keyColumns.length), rows.length, rows, ids)
      const [lastSeen, next] = batch.columns.slice(-2).map(column => column.values as Float64Array)
      rows.forEach((row, i) => {
        rememberKey(ids[i]!, lastSeen![row]!)
        nextMs = next![row]!
      })
    },
  }
}

/** One row that holds what gaps are filled with. */
function fillerRow(node: FillGapsNode, { inputs }: OperatorContext): Batch {
  const { schema } = inputs[0]!
  const columns = schema.map(({ name, type }) => {
    const fill = node.values.find(value => value.name === name)
    return columnFrom(type, [fill ? literalCell(fill.value) : null], heapArena, { name })
  })
  return { schema, length: 1, columns, position: NO_POSITION }
}

/** Row numbers by window start, then by key. */
function byWindowThenKey(ids: Uint32Array, starts: Float64Array, keys: KeyTable): Uint32Array {
  const order = new Uint32Array(ids.length)
  let sorted = true
  for (let i = 0; i < order.length; i++) {
    order[i] = i
    if (i === 0 || starts[i]! > starts[i - 1]!) continue
    if (starts[i]! < starts[i - 1]! || keys.compare(ids[i - 1]!, ids[i]!) > 0) sorted = false
  }
  if (!sorted) order.sort((a, b) => starts[a]! - starts[b]! || keys.compare(ids[a]!, ids[b]!) || a - b)
  return order
}

interface OutputLayout {
  readonly windowStart: number
  readonly windowEnd: number
  readonly keyColumns: readonly number[]
  readonly windowType: TimestampType
  readonly sizeMs: number
}

/** Gathers rows into batches of a bounded size. Its arrays are kept: made for every step, they would be most garbage. */
class OutputRows {
  readonly #keys: KeyTable
  readonly #context: OperatorContext
  readonly #layout: OutputLayout
  #rows: Batch | undefined
  #emit: Emit | undefined
  #source = new Uint32Array(0)
  #ids = new Uint32Array(0)
  #starts = new Float64Array(0)
  #ends = new Float64Array(0)
  #count = 0

  constructor(keys: KeyTable, context: OperatorContext, layout: OutputLayout) {
    this.#keys = keys
    this.#context = context
    this.#layout = layout
  }

  /** What follows is gathered from `rows`. */
  begin(rows: Batch, emit: Emit): void {
    this.#rows = rows
    this.#emit = emit
  }

  add(row: number, id: number, startMs: number): void {
    if (this.#count === this.#source.length) this.#makeRoom()
    const at = this.#count++
    this.#source[at] = row
    this.#ids[at] = id
    this.#starts[at] = startMs
    this.#ends[at] = startMs + this.#layout.sizeMs
  }

  /** Emits what is left. */
  end(): void {
    this.#takePartials()
    this.#rows = undefined
    this.#emit = undefined
  }

  #makeRoom(): void {
    const { length } = this.#source
    if (length === OUTPUT_ROWS) {
      this.#takePartials()
      return
    }
    const larger = Math.max(1024, 4 * length)
    this.#source = grown(new Uint32Array(larger), this.#source)
    this.#ids = grown(new Uint32Array(larger), this.#ids)
    this.#starts = grown(new Float64Array(larger), this.#starts)
    this.#ends = grown(new Float64Array(larger), this.#ends)
  }

  #takePartials(): void {
    const count = this.#count
    if (count === 0) return
    this.#count = 0
    const { arena } = this.#context
    const { keyColumns, windowStart, windowEnd, windowType } = this.#layout
    const source = this.#source.subarray(0, count)
    const keys = this.#keys.columns(this.#ids.subarray(0, count), arena)
    const columns = this.#rows!.columns.map((column, i) => {
      const key = keyColumns.indexOf(i)
      if (key >= 0) return keys[key]!
      if (i === windowStart) return timestampColumn(this.#starts, count, windowType, arena)
      if (i === windowEnd) return timestampColumn(this.#ends, count, windowType, arena)
      return takeColumn(column, source, arena)
    })
    const order = [columns[windowStart]!, ...keys]
    this.#emit!({ schema: this.#context.output.schema, length: count, columns, position: NO_POSITION, order })
  }
}

function grown<A extends Uint32Array | Float64Array>(larger: A, old: A): A {
  larger.set(old)
  return larger
}
