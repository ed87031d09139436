/**
 * What one end of a wire has sent the other and need not send again, each under the number of its slot. Slots are reused, so
 * that neither end keeps more than so much.
 */

import { isRetired, retirementCount } from '../core/batch/spare-memory.ts'

/** Memory sent and kept: more than the slabs in flight of a job, but not without bound. */
const MEMORY_SLOTS = 128
const MAX_MEMORY_BYTES = 1 << 28

/** Shared memory that the other end knows. */
export class MemorySlots {
  /** The memory used longest ago first. */
  readonly #slots = new Map<SharedArrayBuffer, number>()
  readonly #unused: number[] = []
  #used = 0
  #retirements = 0
  #bytes = 0

  get bytes(): number {
    return this.#bytes
  }

  /**
   * Gives up the slots of memory that has been retired since the last call, and what was used longest ago of too much. Some of
   * them may be filled anew at once.
   */
  drop(): readonly number[] {
    const anyRetired = this.#retirements !== retirementCount()
    if (!anyRetired && this.#bytes <= MAX_MEMORY_BYTES) return NONE
    const dropped: number[] = []
    this.#retirements = retirementCount()
    for (const [memory, slot] of this.#slots) {
      if (!isRetired(memory) && this.#bytes <= MAX_MEMORY_BYTES) continue
      this.#delete(memory)
      dropped.push(slot)
    }
    this.#unused.push(...dropped)
    return dropped
  }

  /** The slot that memory is in; undefined: none. */
  find(memory: SharedArrayBuffer): number | undefined {
    const slot = this.#slots.get(memory)
    if (slot === undefined) return undefined
    this.#slots.delete(memory)
    this.#slots.set(memory, slot)
    return slot
  }

  /** Puts memory into a slot that is free, or else that of the memory used longest ago. */
  add(memory: SharedArrayBuffer): number {
    const slot = this.#unused.pop() ?? (this.#used < MEMORY_SLOTS ? this.#used++ : this.#leastRecent())
    this.#slots.set(memory, slot)
    this.#bytes += memory.byteLength
    return slot
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

const NONE: readonly number[] = []

/** Names, schemas and the like: more than a plan has of them, in most. */
const CONSTANT_SLOTS = 256

/** Values that never change, of which the same come again and again: texts by what they say, objects by what they are. */
export class ConstantSlots {
  readonly #slots = new Map<unknown, number>()

  find(value: unknown): number | undefined {
    return this.#slots.get(value)
  }

  /** Puts a value into a slot that is free, or else that of the value put there longest ago. */
  add(value: unknown): number {
    let slot = this.#slots.size
    if (slot === CONSTANT_SLOTS) {
      const [oldest, its] = this.#slots.entries().next().value!
      this.#slots.delete(oldest)
      slot = its
    }
    this.#slots.set(value, slot)
    return slot
  }
}
