import { bitAt } from '../batch/column.ts'
import type { RowOrder, StepRows } from '../fold.ts'

type Rows = Omit<StepRows, 'columns'>

/** The rows of a step that pass a filter, which is a bit for each physical row; without one all. Equal filters once. */
export function filteredRows(all: Rows): (passing: Uint8Array | undefined) => Rows {
  const found = new Map<Uint8Array, Rows>()
  return passing => {
    if (!passing) return all
    const known = found.get(passing)
    if (known) return known
    const rows = passingRows(all, passing)
    found.set(passing, rows)
    return rows
  }
}

function passingRows({ count, rows, groups, order, weights }: Rows, passing: Uint8Array): Rows {
  const at = new Uint32Array(count)
  let kept = 0
  for (let i = 0; i < count; i++) if (bitAt(passing, rows ? rows[i]! : i)) at[kept++] = i
  const steps = at.subarray(0, kept)
  return {
    count: kept,
    rows: rows ? steps.map(i => rows[i]!) : steps,
    groups: steps.map(i => groups[i]!),
    ...(order ? { order: orderOf(order, steps) } : {}),
    ...(weights ? { weights: Int32Array.from(steps, i => weights[i]!) } : {}),
  }
}

function orderOf({ timeMs, timeRest, split, splits, offset, ties }: RowOrder, steps: Uint32Array): RowOrder {
  const pick = (of: ArrayLike<number>) => Float64Array.from(steps, i => of[i]!)
  return {
    timeMs: pick(timeMs),
    ...(timeRest ? { timeRest: pick(timeRest) } : {}),
    split,
    ...(splits ? { splits: pick(splits) } : {}),
    offset: pick(offset),
    ...(ties
      ? {
          ties: {
            compare: (i: number, j: number) => ties.compare(steps[i]!, steps[j]!),
            key: (i: number) => ties.key(steps[i]!),
          },
        }
      : {}),
  }
}
