import type { Batch } from '../batch/batch.ts'
import { sortRows } from '../batch/compare.ts'
import { placeColumns } from '../batch/place.ts'
import { heapArena } from '../batch/slab.ts'
import { compact, concat, copyToHeap, type DictionaryCopies, iota, take } from '../batch/take.ts'
import { PlanError } from '../errors.ts'
import type { PlanNode } from '../plan.ts'
import type { SavedBlock } from '../state/state-writer.ts'
import { type Schema, sameSchema } from '../types/schema.ts'
import type { Emit, Operator, OperatorContext } from './contract.ts'
import { defineOperator, OUTPUT_ROWS } from './define.ts'

/** The rows of all inputs. Bounded inputs follow one another. */
export interface UnionNode extends PlanNode {
  readonly kind: 'union'
  /** Set by the optimizer, where sources cannot be read in an order that does it: rows are held until it is their turn. */
  readonly inTurn?: true
  /** Bounded inputs need not follow one another: dead letters of verbs behind each other. */
  readonly asTheyCome?: true
}

export const union = defineOperator<UnionNode>({
  kind: 'union',
  output(_node, inputs) {
    const [first, ...others] = inputs
    for (const other of others) {
      if (sameSchema(first!.schema, other.schema)) continue
      const list = (fields: typeof other.schema) =>
        fields.map(f => `${JSON.stringify(f.name)} ${f.type}`).join(', ')
      throw new PlanError(
        'UNION_SCHEMA',
        `union needs equal columns: ${list(first!.schema)} against ${list(other.schema)}`,
        {
          hint: 'bring the inputs into the same columns, order and types with select',
        },
      )
    }
    const eventTime = inputs.every(input => input.eventTime === first!.eventTime)
      ? first!.eventTime
      : undefined
    return {
      schema: first!.schema,
      bounded: inputs.every(input => input.bounded),
      lateness: inputs.some(input => input.lateness),
      timeOrdered: false,
      rows: inputs.some(input => input.rows === 'changes') ? 'changes' : 'append',
      ...(eventTime === undefined ? {} : { eventTime }),
    }
  },
  merges: ({ inTurn }) => !inTurn,
  asTheyCome: node => node.asTheyCome === true,
  inTurn: node => ({ ...node, inTurn: true }),
  routes: ({ inTurn }, inputs) => inputs.map(() => (inTurn ? 'one' : 'any')),
  needs: (_node, wanted) => wanted,
  readsValues: () => false,
  passesThrough: () => true,
  explain: ({ inTurn }) => (inTurn ? 'union, each input held until those before it have ended' : 'union'),
  open: openInTurn,
})

/** All rows of blocks of the state, which come in no particular order, in the order that they had. */
function inPlaces(schema: Schema, blocks: readonly SavedBlock[]): Batch {
  const all = concat(
    schema,
    blocks.map(({ batch }) => batch),
    heapArena,
  )
  const places = placeColumns(all, heapArena)
  const by = places.map((_, i) => ({ column: all.columns.length + i }))
  return copyToHeap(take(all, sortRows({ ...all, columns: [...all.columns, ...places] }, by), heapArena))
}

/** Passes the rows of one input on, and holds those of later inputs until it has ended. */
function openInTurn({ inputs }: UnionNode, context: OperatorContext): Operator {
  const copies: DictionaryCopies = new Map()
  /** By input, in memory of its own; each batch is a block of the state. */
  const held: Batch[][] = inputs.map(() => [])
  /** By input: how many of its batches the last save wrote. */
  const saved = inputs.map(() => 0)
  let turn = 0
  const passOn = (emit: Emit) => {
    for (const batch of held[turn]!) {
      const rows = iota(batch.length)
      for (let from = 0; from < rows.length; from += OUTPUT_ROWS)
        emit(take(batch, rows.subarray(from, from + OUTPUT_ROWS), context.arena))
    }
    held[turn] = []
    saved[turn] = 0
  }
  return {
    onBatch(batch, input, emit) {
      if (input <= turn) emit(batch)
      else held[input]!.push(copyToHeap(compact(batch, context.arena), copies))
    },
    onTime(signal, emit) {
      while (turn < inputs.length - 1 && signal.inputs[turn] === Number.POSITIVE_INFINITY) {
        turn++
        passOn(emit)
      }
    },
    save(to) {
      to.scalars({ turn })
      held.forEach((batches, input) => {
        const table = `input${input}`
        const from = to.since === undefined ? 0 : saved[input]!
        // All rows lie on shard 0, which owns key group 0 at any shard count.
        batches.forEach((batch, block) => {
          if (block >= from) to.block(table, block, batch, new Uint8Array(batch.length))
        })
        to.blocks(table, batches.length)
        saved[input] = batches.length
      })
    },
    load(from) {
      turn = from.scalars()?.turn ?? 0
      held.forEach((batches, input) => {
        const blocks = [...from.table(`input${input}`)]
        if (blocks.length) batches.push(inPlaces(context.output.schema, blocks))
      })
    },
  }
}
