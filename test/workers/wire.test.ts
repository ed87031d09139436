import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Batch } from '../../src/core/batch/batch.ts'
import type { Column } from '../../src/core/batch/column.ts'
import { retire } from '../../src/core/batch/spare-memory.ts'
import { schemaFrom } from '../../src/core/types/schema.ts'
import type { StepMessage, StepResult } from '../../src/workers/messages.ts'
import { Wire } from '../../src/workers/wire.ts'
import { backOver, over, sentOver } from './sent-over.ts'

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

/** A step with everything that a step may have, where `full`. */
const stepOf = (batches: readonly Batch[], full = false): StepMessage => {
  const least = {
    kind: 'step',
    job: 'j',
    turn: 7,
    free: [],
    stage: 2,
    partitionedBy: [],
    inputs: batches.map(batch => ({ batch, input: 0 })),
  } as const
  if (!full) return least
  const all: Required<StepMessage> = {
    ...least,
    free: [3, 4],
    inputs: batches.map(batch => ({ batch, input: 1, arrival: { passedMs: -0.5, minMs: 12.25 } })),
    mergePartials: batches,
    times: [
      { watermarkMs: Number.NEGATIVE_INFINITY, maxTimeMs: Number.POSITIVE_INFINITY },
      { watermarkMs: 1, maxTimeMs: 2 },
    ],
    takePartials: { toMs: 1e15, owners: { fromPane: 12, length: 3 } },
    clockMs: 0,
    partitionedBy: [undefined, 'keys', { time: 't', window: { kind: 'tumbling' } as never, runs }],
    forward: {
      stage: 3,
      passed: { watermark: 'w', ms: 4.5, paneEndMs: 1_000 },
      partitionedBy: [undefined, 'keys'],
    },
  }
  return all
}

const runs = { fromPane: Number.POSITIVE_INFINITY, length: 1 }

const resultOf = (batches: readonly Batch[], full = false): StepResult => {
  const least = {
    outputs: batches.map(batch => ({ output: 0, batch })),
    partials: [],
    seen: [],
    late: [],
    scored: [],
    decoded: [],
    slabs: [],
    slabBytes: [],
  }
  if (!full) return least
  const rows = [Uint32Array.of(0), new Uint32Array(0), Uint32Array.of(1, 2)]
  const all: Required<StepResult> = {
    outputs: batches.map(batch => ({ output: 2, batch, rows, owner: 1, runs, forwarded: true as const })),
    partials: batches.map(batch => ({ shard: 1, batch })),
    times: [{ watermarkMs: 5, maxTimeMs: Number.NEGATIVE_INFINITY }],
    seen: [{ node: 'w', times: Float64Array.of(Number.POSITIVE_INFINITY, -1.5, 3) }],
    measured: { rows: 10, groups: 3 },
    forwarded: { rows: 4, measured: { rows: 1, groups: 1 } },
    late: [{ node: 'a', rows: 1 }],
    scored: [{ node: 'b', values: 2 }],
    decoded: [{ node: 'c', rows: 3, skipped: 4 }],
    slabs: [9],
    slabBytes: [65_536],
  }
  return all
}

const shared = (bytes = 64) => new SharedArrayBuffer(bytes)

describe('a wire', () => {
  it('brings steps and results over as they were, whatever memory they lie in and however often', () => {
    const piece = fc.record({ memory: fc.nat(299), text: fc.nat(299), heap: fc.boolean() })
    const step = fc.record({ pieces: fc.array(piece, { maxLength: 5 }), full: fc.boolean() })
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), steps => {
        const [near, far] = [new Wire(), new Wire()]
        // More pieces than there are slots.
        const memory = Array.from({ length: 300 }, () => shared())
        for (const [number, { pieces, full }] of steps.entries()) {
          const batches = pieces.map(({ memory: m, text, heap }) =>
            batchIn(
              heap ? new ArrayBuffer(64) : memory[m]!,
              memory[text === m ? (m + 1) % 300 : text]!,
              number,
            ),
          )
          const there = sentOver(near, far, stepOf(batches, full))
          expect(there.message).toEqual(stepOf(batches, full))
          const result = resultOf(
            there.message.inputs.map(({ batch }) => batch),
            full,
          )
          expect(backOver(far, near, result, there)).toEqual(resultOf(batches, full))
        }
      }),
      { numRuns: 30 },
    )
  })

  it('brings every part of a batch over', () => {
    const values = new Uint8Array(0)
    const child: Column = { type: 'int32', values: new Int32Array(shared(), 0, 3) }
    const batch: Required<Batch> = {
      ...batchIn(shared(), shared(), 1),
      columns: [{ type: 'list' as never, values, offsets: Int32Array.of(0, 1, 1, 2, 3), children: [child] }],
      selection: Uint32Array.of(0),
      meta: { weight: child },
      origin: { file: 'f', start: 10, line: 2, options: { a: [1] }, constants: { day: 1 } },
      encodedRows: 5,
    }
    expect(sentOver(new Wire(), new Wire(), stepOf([batch])).message).toEqual(stepOf([batch]))
  })

  it('brings arrays over that lie in no shared memory, of any type and length', () => {
    const kinds = [
      Int8Array,
      Uint8Array,
      Uint32Array,
      BigInt64Array,
      BigUint64Array,
      Float32Array,
      Float64Array,
    ]
    for (const Kind of kinds)
      for (const length of [0, 1, 512, 513]) {
        const values = new Kind(length + 2).subarray(1, 1 + length)
        if (length > 0) values[length - 1] = (typeof values[0] === 'bigint' ? -1n : Number.NaN) as never
        const batch = {
          ...batchIn(shared(), shared(), 1),
          columns: [{ type: 'int32', values } as Column],
          meta: {},
        }
        expect(sentOver(new Wire(), new Wire(), stepOf([batch])).message).toEqual(stepOf([batch]))
      }
  })

  it('brings more names over than it has slots for', () => {
    const [near, far] = [new Wire(), new Wire()]
    const request = sentOver(near, far, stepOf([]))
    for (let i = 0; i < 2000; i++) {
      const result = {
        ...resultOf([]),
        late: [i, i % 7, 'of all'].map(node => ({ node: `${node}`, rows: i })),
      }
      expect(backOver(far, near, result, request)).toEqual(result)
    }
  })

  it('sends a piece of shared memory, and a schema, once', () => {
    const wire = new Wire()
    const batch = batchIn(shared(), shared(), 1)
    const sent = () => over(frame => wire.writeStep(stepOf([batch]), frame)).attachments
    expect(sent().filter(value => value instanceof SharedArrayBuffer)).toHaveLength(2)
    expect(sent().filter(value => value instanceof SharedArrayBuffer || value === schema)).toEqual([])
  })

  it('sends no memory back that came with the request', () => {
    const [near, far] = [new Wire(), new Wire()]
    const there = sentOver(near, far, stepOf([batchIn(shared(), shared(), 1)]))
    const result = resultOf(there.message.inputs.map(({ batch }) => batch))
    const { attachments, reader } = over(frame => far.writeResult(result, there.memory, frame))
    expect(attachments.some(value => value instanceof SharedArrayBuffer)).toBe(false)
    const back = near.readResult(reader, there.sent)
    expect(back.outputs[0]!.batch.columns[0]!.values.buffer).toBe(there.sent[0])
  })

  it('keeps no more than so many pieces, and so many bytes, those used last', () => {
    const [near, far] = [new Wire(), new Wire()]
    for (let i = 0; i < 1000; i++) sentOver(near, far, stepOf([batchIn(shared(), shared(), i)]))
    expect([near.keptBytes, far.keptBytes]).toEqual([128 * 64, 128 * 64])
    // Not touched, such memory costs nothing.
    const pieces = Array.from({ length: 20 }, () => shared(2 ** 25))
    for (const memory of pieces) {
      const step = stepOf([batchIn(pieces[0]!, memory, 1)])
      expect(sentOver(near, far, step).message).toEqual(step)
    }
    expect([near.keptBytes, far.keptBytes]).toEqual([9 * 2 ** 25, 9 * 2 ** 25])
  })

  it('keeps memory that its thread has retired at neither end', () => {
    const [near, far] = [new Wire(), new Wire()]
    const send = (memory: SharedArrayBuffer) =>
      sentOver(near, far, stepOf([batchIn(memory, memory, 1)])).message
    const [first, second, third] = [shared(1000), shared(2000), shared(3000)]
    send(first)
    send(second)
    expect([near.keptBytes, far.keptBytes]).toEqual([3000, 3000])
    retire(first)
    retire(second)
    expect(send(third)).toEqual(stepOf([batchIn(third, third, 1)]))
    expect([near.keptBytes, far.keptBytes]).toEqual([3000, 3000])
    // A retired piece that is used after all is sent anew.
    expect(send(first)).toEqual(stepOf([batchIn(first, first, 1)]))
  })
})
