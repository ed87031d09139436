import { rowAt, rowCount, withSelection } from '../batch/batch.ts'
import { sortRows } from '../batch/compare.ts'
import { placeColumns } from '../batch/place.ts'
import { hashPlaces } from '../batch/place-hash.ts'
import { heapArena } from '../batch/slab.ts'
import { concat, take } from '../batch/take.ts'
import { PlanError } from '../errors.ts'
import type { PlanNode } from '../plan.ts'
import type { Operator, OperatorContext } from './contract.ts'
import { defineOperator, OUTPUT_ROWS } from './define.ts'
import { HeldBatches } from './held-rows.ts'

/** Some of the rows, chosen by a hash of their places: the same however they come. */
export interface SampleNode extends PlanNode {
  readonly kind: 'sample'
  /** One of the two. */
  readonly fraction?: number
  readonly rows?: number
  readonly seed: number
}

export const sample = defineOperator<SampleNode>({
  kind: 'sample',
  output(node, [input]) {
    if (node.rows === undefined || input!.bounded) return input!
    throw new PlanError('UNBOUNDED_SAMPLE', 'a sample of a number of rows needs data that ends', {
      hint: 'sample(0.01) takes a part of the rows of a stream',
    })
  },
  needs: (_node, wanted) => wanted,
  readsValues: () => false,
  passesThrough: () => true,
  readsPlaces: () => true,
  explain: ({ fraction, rows, seed }) =>
    `sample ${fraction === undefined ? `${rows} rows` : fraction} with seed ${seed}`,
  routes: ({ rows }) => [rows === undefined ? 'any' : 'one'],
  open: (node, context) => (node.rows === undefined ? openFraction(node) : openRows(node, context)),
})

function openFraction({ fraction, seed }: SampleNode): Operator {
  const below = fraction! * 2 ** 32
  return {
    onBatch(batch, _input, emit) {
      const hashes = hashPlaces(batch, seed)
      const rows = new Uint32Array(hashes.length)
      let count = 0
      for (let i = 0; i < hashes.length; i++) if (hashes[i]! < below) rows[count++] = rowAt(batch, i)
      if (count > 0) emit(withSelection(batch, rows.subarray(0, count)))
    },
  }
}

/** Those with the least hashes, ties by place: a reservoir that does not depend on the order of rows. */
function openRows({ rows: n, seed }: SampleNode, context: OperatorContext): Operator {
  const held = new HeldBatches([])
  let count = 0
  const { schema } = context.inputs[0]!
  const least = () => {
    const all = concat(schema, held.replace(), heapArena)
    const columns = [
      { type: 'float64' as const, values: hashPlaces(all, seed) },
      ...placeColumns(all, heapArena),
    ]
    const keys = columns.map((_, column) => ({ column }))
    return { all, columns, rows: sortRows({ ...all, columns }, keys).subarray(0, n!) }
  }
  return {
    onBatch(batch) {
      held.add(batch)
      count += rowCount(batch)
      if (count < OUTPUT_ROWS + 2 * n!) return
      const { all, rows } = least()
      held.replace([take(all, rows.slice().sort(), heapArena)])
      count = rows.length
    },
    onTime({ watermarkMs }, emit) {
      if (watermarkMs !== Number.POSITIVE_INFINITY || held.batches.length === 0) return
      const { all, columns, rows } = least()
      const places = columns.slice(1)
      const chosen = { ...all, columns: places, selection: rows.slice().sort() }
      const ordered = sortRows(
        chosen,
        places.map((_, column) => ({ column })),
      )
      for (let start = 0; start < ordered.length; start += OUTPUT_ROWS)
        emit(take(all, ordered.subarray(start, start + OUTPUT_ROWS), context.arena))
    },
    save: to => held.save(to, 'rows'),
    load(from) {
      held.load(from, 'rows')
      for (const batch of held.batches) count += rowCount(batch)
    },
  }
}
