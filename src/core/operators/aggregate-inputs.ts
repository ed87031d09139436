import type { Batch } from '../batch/batch.ts'
import { bitmapBytes, type Column } from '../batch/column.ts'
import { type Arena, allocUint8 } from '../batch/slab.ts'
import { compileKernel } from '../expr/compile.ts'
import type { Expr } from '../expr/expr.ts'
import { fieldIndex, type Schema } from '../types/schema.ts'
import type { AggregateSpec } from './agg-node.ts'
import type { OperatorContext } from './contract.ts'

/** What the folds of aggregates read of a batch, by aggregate. */
export interface AggregateInputs {
  readonly argColumns: Column[][]
  /**
   * Of aggregates with a filter, a bit for each physical row that passes it; of rows that the selection leaves out, any
   * bit. One array where filters are equal. Absent: no aggregate has one.
   */
  readonly passing?: (Uint8Array | undefined)[]
}

/** Reads the arguments and filters of aggregates: columns as they are, computed ones by one kernel, equal ones once. */
export function aggregateInputs(
  aggregates: readonly AggregateSpec[],
  schema: Schema,
  { arena, distributions, functions }: Pick<OperatorContext, 'arena' | 'distributions' | 'functions'>,
): (batch: Batch) => AggregateInputs {
  const computed = new Map<string, { name: string; expr: Expr; index: number }>()
  const placeOf = (expr: Expr) => {
    if (expr.kind === 'column') return { of: 'input' as const, index: fieldIndex(schema, expr.name) }
    const text = JSON.stringify(expr)
    const index = computed.get(text)?.index ?? computed.size
    computed.set(text, { name: `${index}`, expr, index })
    return { of: 'kernel' as const, index }
  }
  const places = aggregates.map(({ args }) => args.map(placeOf))
  const tests = aggregates.map(({ filter }) => filter && placeOf(filter))
  const steps = [{ kind: 'project' as const, columns: [...computed.values()] }]
  const kernel = computed.size > 0 ? compileKernel(schema, steps, { distributions, functions }) : undefined
  const filtered = tests.some(test => test !== undefined)
  return batch => {
    const made = kernel?.run(batch, arena)
    const columnAt = ({ of, index }: ReturnType<typeof placeOf>): Column =>
      (of === 'input' ? batch : made!).columns[index]!
    const argColumns = places.map(args => args.map(columnAt))
    if (!filtered) return { argColumns }
    const trueBits = new Map<Column, Uint8Array>()
    const passing = tests.map(test => {
      if (!test) return undefined
      const column = columnAt(test)
      const bits = trueBits.get(column) ?? trueBitsOf(column, batch.length, arena)
      trueBits.set(column, bits)
      return bits
    })
    return { argColumns, passing }
  }
}

/** Set where a boolean is true, and neither false nor null. */
function trueBitsOf({ values, validity }: Column, length: number, arena: Arena): Uint8Array {
  if (!validity) return values as Uint8Array
  const bits = allocUint8(arena, bitmapBytes(length))
  for (let i = 0; i < bits.length; i++) bits[i] = (values[i] as number) & validity[i]!
  return bits
}
