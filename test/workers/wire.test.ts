import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Batch } from '../../src/core/batch/batch.ts'
import type { Column } from '../../src/core/batch/column.ts'
import { retire } from '../../src/core/batch/spare-memory.ts'
import { schemaFrom } from '../../src/core/types/schema.ts'
import type { StepMessage, StepResult } from '../../src/workers/messages.ts'
import { type PackedResult, type PackedStep, Wire } from '../../src/workers/wire.ts'

const ROWS = 4
const schema = schemaFrom({ n: 'int32', t: 'utf8' })

/** A batch in two pieces of memory, which holds its number wherever it holds anything. */
function batchIn(memory: ArrayBufferLike, text: ArrayBufferLike, number: number): Batch {
  const numbers = new Int32Array(memory as ArrayBuffer, 8, ROWS).fill(number)
  const dictionary = {
    id: `d${number}`,
    length: 1,
    values: new Uint8Array(text as ArrayBuffer, 0, 2).fill(number),
    offsets: new Int32Array(text as ArrayBuffer, 8, 2),
  }
  dictionary.offsets[1] = 2
  const columns: Column[] = [
    { type: 'int32', values: numbers, validity: new Uint8Array(memory as ArrayBuffer, 0, 1).fill(15) },
    { type: 'utf8', values: numbers, dictionary },
  ]
  const position = { split: 0, offset: number }
  const meta = { order0: columns[0]!, order1: columns[1]! }
  return { schema, length: ROWS, columns, position, selection: Uint32Array.of(1, 3), meta }
}

const stepOf = (batches: readonly Batch[]): StepMessage => ({
  kind: 'step',
  job: 'j',
  turn: 0,
  free: [],
  stage: 0,
  partitionedBy: [],
  inputs: batches.map(batch => ({ batch, input: 0 })),
})

const resultOf = (batches: readonly Batch[]): StepResult => ({
  outputs: batches.map(batch => ({ output: 0, batch, rows: [Uint32Array.of(0), Uint32Array.of(1, 2)] })),
  partials: batches.map(batch => ({ shard: 1, batch })),
  seen: [],
  late: [],
  scored: [],
  decoded: [],
  slabs: [],
  slabBytes: [],
})

const shared = (bytes = 64) => new SharedArrayBuffer(bytes)

describe('a wire', () => {
  it('brings steps and results over as they were, whatever memory they lie in and however often', () => {
    const piece = fc.record({ memory: fc.nat(299), text: fc.nat(299), heap: fc.boolean() })
    fc.assert(
      fc.property(fc.array(fc.array(piece, { maxLength: 5 }), { maxLength: 60 }), steps => {
        const [near, far] = [new Wire(), new Wire()]
        // More pieces than there are slots.
        const memory = Array.from({ length: 300 }, () => shared())
        for (const [number, pieces] of steps.entries()) {
          const batches = pieces.map(({ memory: m, text, heap }) =>
            batchIn(
              heap ? new ArrayBuffer(64) : memory[m]!,
              memory[text === m ? (m + 1) % 300 : text]!,
              number,
            ),
          )
          const { packed, memory: mine } = near.packStep(stepOf(batches))
          const there = far.unpackStep(structuredClone(packed) as PackedStep)
          expect(there.message).toEqual(stepOf(batches))
          const reply = far.packResult(resultOf(there.message.inputs.map(({ batch }) => batch)), there.memory)
          expect(near.unpackResult(structuredClone(reply) as PackedResult, mine)).toEqual(resultOf(batches))
        }
      }),
      { numRuns: 30 },
    )
  })

  it('sends a piece of shared memory once', () => {
    const wire = new Wire()
    const batch = batchIn(shared(), shared(), 1)
    const sent = ({ memory }: PackedStep) =>
      memory.refs.filter(ref => typeof ref === 'object' && 'shared' in ref).length
    expect(sent(wire.packStep(stepOf([batch])).packed)).toBe(2)
    expect(sent(wire.packStep(stepOf([batch])).packed)).toBe(0)
  })

  it('sends no memory back that came with the request', () => {
    const [near, far] = [new Wire(), new Wire()]
    const { packed, memory } = near.packStep(stepOf([batchIn(shared(), shared(), 1)]))
    const there = far.unpackStep(structuredClone(packed))
    const reply = far.packResult(resultOf(there.message.inputs.map(({ batch }) => batch)), there.memory)
    expect(reply.memory.refs.some(ref => typeof ref === 'object' && 'shared' in ref)).toBe(false)
    const back = near.unpackResult(structuredClone(reply), memory)
    expect(back.outputs[0]!.batch.columns[0]!.values.buffer).toBe(memory[0])
  })

  it('holds on to no more memory than it has slots', () => {
    const wire = new Wire()
    const slots = new Set<number>()
    for (let i = 0; i < 1000; i++) {
      for (const ref of wire.packStep(stepOf([batchIn(shared(), shared(), i)])).packed.memory.refs) {
        if (typeof ref === 'object' && 'slot' in ref) slots.add(ref.slot)
      }
    }
    expect(slots.size).toBe(128)
  })

  it('keeps no more than so many bytes, those used last', () => {
    const [near, far] = [new Wire(), new Wire()]
    // Not touched, such memory costs nothing.
    const pieces = Array.from({ length: 20 }, () => shared(2 ** 25))
    for (const memory of pieces) {
      const step = stepOf([batchIn(pieces[0]!, memory, 1)])
      expect(far.unpackStep(structuredClone(near.packStep(step).packed)).message).toEqual(step)
    }
    expect([near.keptBytes, far.keptBytes]).toEqual([9 * 2 ** 25, 9 * 2 ** 25])
  })

  it('keeps memory that its thread has retired at neither end', () => {
    const [near, far] = [new Wire(), new Wire()]
    const send = (memory: SharedArrayBuffer) =>
      far.unpackStep(structuredClone(near.packStep(stepOf([batchIn(memory, memory, 1)])).packed))
    const [first, second, third] = [shared(1000), shared(2000), shared(3000)]
    send(first)
    send(second)
    expect([near.keptBytes, far.keptBytes]).toEqual([3000, 3000])
    retire(first)
    retire(second)
    const { message } = send(third)
    expect([near.keptBytes, far.keptBytes]).toEqual([3000, 3000])
    expect(message).toEqual(stepOf([batchIn(third, third, 1)]))
    // A retired piece that is used after all is sent anew.
    expect(send(first).message).toEqual(stepOf([batchIn(first, first, 1)]))
  })
})
