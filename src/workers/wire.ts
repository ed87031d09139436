/**
 * How batches travel between the coordinator and a shard: as numbers that say where in which memory a column lies.
 *
 * Shared memory is sent once and is then known by its slot. Sent with every message it would arrive as a new object each
 * time, and be counted each time in full towards the next garbage collection: that was most of what a job cost the
 * coordinator. Either end has a {@link Wire} for each job; slots hold the memory used last. Memory that its thread has
 * retired is dropped from the slots of both ends with the next message, so that neither keeps it alive.
 *
 * Invariant: both ends see the messages of one direction in the same order.
 */

import type { Batch } from '../core/batch/batch.ts'
import type { Column } from '../core/batch/column.ts'
import { isRetired, retire, retirementCount } from '../core/batch/spare-memory.ts'
import type { StepInput, StepMessage, StepOutput, StepResult } from './messages.ts'

/** Memory sent and kept: more than the slabs in flight of a job, but not without bound. */
const SLOTS = 128
const MAX_SLOT_BYTES = 1 << 28

/** An array: its kind, its memory's place in the message, its first byte, its length. */
type View = readonly [kind: number, memory: number, byteOffset: number, length: number]

/** Where a piece of memory is to be found: a slot, memory new to that slot, memory not shared, memory of the request. */
type MemoryRef =
  | number
  | { readonly slot: number; readonly shared: SharedArrayBuffer }
  | { readonly copied: ArrayBuffer }
  | { readonly request: number }

/** The memory of a message, and slots whose memory will not be used again; they may be among those filled anew. */
interface PackedMemory {
  readonly refs: readonly MemoryRef[]
  readonly dropped: readonly number[]
}

interface PackedColumn extends Omit<Column, 'values' | 'offsets' | 'validity' | 'dictionary' | 'children'> {
  readonly values: View
  readonly offsets?: View
  readonly validity?: View
  readonly dictionary?: {
    readonly id: string
    readonly length: number
    readonly values: View
    readonly offsets: View
  }
  readonly children?: readonly PackedColumn[]
}

interface PackedBatch extends Omit<Batch, 'columns' | 'selection' | 'meta'> {
  readonly columns: readonly PackedColumn[]
  readonly selection?: View
  /** A column, or which column of the batch it is. */
  readonly meta?: Readonly<Record<string, PackedColumn | number>>
}

type PackedInput = Omit<StepInput, 'batch'> & { readonly batch: PackedBatch }

export interface PackedStep extends Omit<StepMessage, 'inputs' | 'mergePartials'> {
  readonly inputs: readonly PackedInput[]
  readonly mergePartials?: readonly PackedBatch[]
  readonly memory: PackedMemory
}

type PackedOutput = Omit<StepOutput, 'batch' | 'rows'> & {
  readonly batch: PackedBatch
  readonly rows?: readonly View[]
}

export interface PackedResult extends Omit<StepResult, 'outputs' | 'partials'> {
  readonly outputs: readonly PackedOutput[]
  readonly partials: readonly { readonly shard: number; readonly batch: PackedBatch }[]
  readonly memory: PackedMemory
}

/** The memory of a request, in the order its message lists it: a reply may lie in it. */
export type RequestMemory = readonly ArrayBufferLike[]

/** One end of the line between the coordinator and a shard. */
export class Wire {
  readonly #sent = new SentSlots()
  readonly #received: (SharedArrayBuffer | undefined)[] = []

  /** Bytes of shared memory that this end keeps for later messages. */
  get keptBytes(): number {
    const received = this.#received.reduce((sum, memory) => sum + (memory?.byteLength ?? 0), 0)
    return received + this.#sent.bytes
  }

  packStep(message: StepMessage): { packed: PackedStep; memory: RequestMemory } {
    const packer = new Packer(this.#sent)
    const { inputs, mergePartials, ...rest } = message
    const packed = {
      ...rest,
      inputs: inputs.map(input => ({ ...input, batch: packer.batch(input.batch) })),
      ...(mergePartials ? { mergePartials: mergePartials.map(batch => packer.batch(batch)) } : {}),
      memory: packer.packed,
    }
    return { packed, memory: packer.memory }
  }

  unpackStep({ memory: sent, ...packed }: PackedStep): { message: StepMessage; memory: RequestMemory } {
    const memory = this.#memoryOf(sent, [])
    const { inputs, mergePartials, ...rest } = packed
    const message = {
      ...rest,
      inputs: inputs.map(input => ({ ...input, batch: unpackBatch(input.batch, memory) })),
      ...(mergePartials ? { mergePartials: mergePartials.map(batch => unpackBatch(batch, memory)) } : {}),
    }
    return { message, memory }
  }

  packResult(result: StepResult, request: RequestMemory): PackedResult {
    const packer = new Packer(this.#sent, request)
    return {
      ...result,
      outputs: result.outputs.map(({ batch, rows, ...rest }) => ({
        ...rest,
        batch: packer.batch(batch),
        ...(rows ? { rows: rows.map(own => packer.view(own)) } : {}),
      })),
      partials: result.partials.map(({ shard, batch }) => ({ shard, batch: packer.batch(batch) })),
      memory: packer.packed,
    }
  }

  unpackResult({ memory: sent, ...packed }: PackedResult, request: RequestMemory): StepResult {
    const memory = this.#memoryOf(sent, request)
    return {
      ...packed,
      outputs: packed.outputs.map(({ batch, rows, ...rest }) => ({
        ...rest,
        batch: unpackBatch(batch, memory),
        ...(rows ? { rows: rows.map(own => unpackView(own, memory) as Uint32Array) } : {}),
      })),
      partials: packed.partials.map(({ shard, batch }) => ({ shard, batch: unpackBatch(batch, memory) })),
    }
  }

  #memoryOf({ refs, dropped }: PackedMemory, request: RequestMemory): ArrayBufferLike[] {
    for (const slot of dropped) {
      const memory = this.#received[slot]
      this.#received[slot] = undefined
      // Other wires of this thread may have it, too.
      if (memory) retire(memory)
    }
    return refs.map(ref => {
      if (typeof ref === 'number') return this.#received[ref]!
      if ('copied' in ref) return ref.copied
      if ('request' in ref) return request[ref.request]!
      this.#received[ref.slot] = ref.shared
      return ref.shared
    })
  }
}

/** Which memory the other end holds in which slot. */
class SentSlots {
  /** The memory used longest ago first. */
  readonly #slots = new Map<SharedArrayBuffer, number>()
  readonly #unused: number[] = []
  #used = 0
  #retirements = 0
  #bytes = 0

  get bytes(): number {
    return this.#bytes
  }

  /** Gives up the slots of memory that has been retired since the last call, and what was used longest ago of too much. */
  drop(): number[] {
    const dropped: number[] = []
    const anyRetired = this.#retirements !== retirementCount()
    if (!anyRetired && this.#bytes <= MAX_SLOT_BYTES) return dropped
    this.#retirements = retirementCount()
    for (const [memory, slot] of this.#slots) {
      if (!isRetired(memory) && this.#bytes <= MAX_SLOT_BYTES) continue
      this.#delete(memory)
      dropped.push(slot)
    }
    this.#unused.push(...dropped)
    return dropped
  }

  ref(shared: SharedArrayBuffer): MemoryRef {
    const known = this.#slots.get(shared)
    if (known !== undefined) {
      this.#slots.delete(shared)
      this.#slots.set(shared, known)
      return known
    }
    const slot = this.#unused.pop() ?? (this.#used < SLOTS ? this.#used++ : this.#leastRecent())
    this.#slots.set(shared, slot)
    this.#bytes += shared.byteLength
    return { slot, shared }
  }

  #leastRecent(): number {
    const [memory, slot] = this.#slots.entries().next().value!
    this.#delete(memory)
    return slot
  }

  #delete(memory: SharedArrayBuffer): void {
    this.#slots.delete(memory)
    this.#bytes -= memory.byteLength
  }
}

/** Takes batches apart for one message. */
class Packer {
  readonly packed: { readonly refs: MemoryRef[]; readonly dropped: readonly number[] }
  readonly memory: ArrayBufferLike[] = []
  readonly #sent: SentSlots
  readonly #request: RequestMemory

  constructor(sent: SentSlots, request: RequestMemory = []) {
    this.#sent = sent
    this.#request = request
    // Before any slot is filled anew.
    this.packed = { refs: [], dropped: sent.drop() }
  }

  batch({ columns, selection, meta, ...rest }: Batch): PackedBatch {
    return {
      ...rest,
      columns: columns.map(column => this.#column(column)),
      ...(selection ? { selection: this.view(selection) } : {}),
      ...(meta ? { meta: mapValues(meta, column => this.#metaColumn(columns, column)) } : {}),
    }
  }

  #metaColumn(columns: readonly Column[], column: Column): PackedColumn | number {
    const index = columns.indexOf(column)
    return index < 0 ? this.#column(column) : index
  }

  #column({ type, values, offsets, validity, dictionary, children }: Column): PackedColumn {
    return {
      type,
      values: this.view(values),
      ...(offsets ? { offsets: this.view(offsets) } : {}),
      ...(validity ? { validity: this.view(validity) } : {}),
      ...(dictionary
        ? {
            dictionary: {
              ...dictionary,
              values: this.view(dictionary.values),
              offsets: this.view(dictionary.offsets),
            },
          }
        : {}),
      ...(children ? { children: children.map(child => this.#column(child)) } : {}),
    }
  }

  view(array: AnyArray): View {
    return [
      KINDS.indexOf(array.constructor as never),
      this.#place(array.buffer),
      array.byteOffset,
      array.length,
    ]
  }

  /** The memory's place in the message's list. */
  #place(buffer: ArrayBufferLike): number {
    const place = this.memory.indexOf(buffer)
    if (place >= 0) return place
    const request = this.#request.indexOf(buffer)
    if (request >= 0) this.packed.refs.push({ request })
    else if (buffer instanceof SharedArrayBuffer) this.packed.refs.push(this.#sent.ref(buffer))
    else this.packed.refs.push({ copied: buffer })
    return this.memory.push(buffer) - 1
  }
}

function unpackBatch(packed: PackedBatch, memory: readonly ArrayBufferLike[]): Batch {
  const { columns: packedColumns, selection, meta, ...rest } = packed
  const columns = packedColumns.map(column => unpackColumn(column, memory))
  return {
    ...rest,
    columns,
    ...(selection ? { selection: unpackView(selection, memory) as Uint32Array } : {}),
    ...(meta
      ? { meta: mapValues(meta, of => (typeof of === 'number' ? columns[of]! : unpackColumn(of, memory))) }
      : {}),
  }
}

function unpackColumn(packed: PackedColumn, memory: readonly ArrayBufferLike[]): Column {
  const { type, values, offsets, validity, dictionary, children } = packed
  const view = (of: View) => unpackView(of, memory)
  return {
    type,
    values: view(values),
    ...(offsets ? { offsets: view(offsets) as Int32Array } : {}),
    ...(validity ? { validity: view(validity) as Uint8Array } : {}),
    ...(dictionary
      ? {
          dictionary: {
            ...dictionary,
            values: view(dictionary.values) as Uint8Array,
            offsets: view(dictionary.offsets) as Int32Array,
          },
        }
      : {}),
    ...(children ? { children: children.map(child => unpackColumn(child, memory)) } : {}),
  }
}

function mapValues<A, B>(values: Readonly<Record<string, A>>, of: (value: A) => B): Record<string, B> {
  const mapped: Record<string, B> = {}
  for (const name in values) mapped[name] = of(values[name]!)
  return mapped
}

const unpackView = ([kind, place, byteOffset, length]: View, memory: readonly ArrayBufferLike[]): AnyArray =>
  new KINDS[kind]!(memory[place] as ArrayBuffer, byteOffset, length)

type AnyArray = Column['values']

const KINDS = [
  Int8Array,
  Int16Array,
  Int32Array,
  Uint8Array,
  Uint16Array,
  Uint32Array,
  BigInt64Array,
  BigUint64Array,
  Float32Array,
  Float64Array,
] as const
