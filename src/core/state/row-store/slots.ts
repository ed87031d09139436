/**
 * Slots of rows, in blocks of 4096: which are in use, which changed since the last save, which are free again.
 *
 * A block is the unit in which memory is taken and given back, and in which state is saved. Slots freed are used again
 * before new ones are opened, so that changes stay in few blocks.
 */

export const BLOCK_SLOTS = 4096
export const BLOCK_SHIFT = 12
export const BLOCK_MASK = BLOCK_SLOTS - 1

/** Not a slot. */
export const NO_SLOT = 0xffffffff

/** What has memory per block. */
export interface BlockMemory {
  addBlock(block: number): void
  dropBlock(block: number): void
}

interface Block {
  /** Slots from here on have never been used. */
  used: number
  live: number
  readonly bits: Uint32Array
  /** Slots to be used again, the last first. */
  free: Uint16Array
  freeCount: number
  dirty: boolean
  /** Whether it is among the open ones. */
  open: boolean
  memory: boolean
}

const NO_FREE = new Uint16Array(0)

export class Slots {
  readonly #memory: BlockMemory
  readonly #blocks: Block[] = []
  /** Blocks with free slots, the next to be filled last. */
  readonly #open: number[] = []
  /** Blocks without memory. */
  readonly #dropped: number[] = []
  /** An empty block that keeps its memory, so that a row that comes and goes does not take and free it. */
  #spare = -1
  #count = 0

  constructor(memory: BlockMemory) {
    this.#memory = memory
  }

  /** Slots in use. */
  get count(): number {
    return this.#count
  }

  /** Every slot is below; a multiple of a block. */
  get capacity(): number {
    return this.#blocks.length << BLOCK_SHIFT
  }

  get bytes(): number {
    let total = 0
    for (const { bits, free } of this.#blocks) total += bits.byteLength + free.byteLength
    return total
  }

  /** Blocks up to the last that has rows. */
  get blockCount(): number {
    let count = this.#blocks.length
    while (count > 0 && this.#blocks[count - 1]!.live === 0) count--
    return count
  }

  /** Takes `count` slots. */
  allocate(count: number, out: Uint32Array): void {
    let at = 0
    while (at < count) {
      const index = this.#openBlock()
      const block = this.#blocks[index]!
      const base = index << BLOCK_SHIFT
      const again = Math.min(count - at, block.freeCount)
      block.freeCount -= again
      takeAgain(block, again, base, out, at)
      at += again
      const fresh = Math.min(count - at, BLOCK_SLOTS - block.used)
      block.used += fresh
      takeFresh(block, fresh, base, out, at)
      at += fresh
      block.live += again + fresh
      block.dirty = true
    }
    this.#count += count
  }

  #openBlock(): number {
    for (;;) {
      const index = this.#open.at(-1)
      if (index === undefined) break
      const block = this.#blocks[index]!
      if (block.memory && block.live < BLOCK_SLOTS) {
        if (index === this.#spare) this.#spare = -1
        return index
      }
      block.open = false
      this.#open.pop()
    }
    return this.#newBlock()
  }

  #newBlock(): number {
    let index = this.#dropped.pop()
    if (index === undefined) {
      index = this.#blocks.length
      const bits = new Uint32Array(BLOCK_SLOTS >> 5)
      this.#blocks.push({
        used: 0,
        live: 0,
        bits,
        free: NO_FREE,
        freeCount: 0,
        dirty: false,
        open: false,
        memory: false,
      })
    }
    this.#memory.addBlock(index)
    const block = this.#blocks[index]!
    block.memory = true
    block.open = true
    this.#open.push(index)
    return index
  }

  /** Gives slots back. */
  free(slots: Uint32Array, count = slots.length): void {
    for (let i = 0; i < count; i++) {
      const index = slots[i]! >>> BLOCK_SHIFT
      const slot = slots[i]! & BLOCK_MASK
      const block = this.#blocks[index]!
      const mask = 1 << (slot & 31)
      if ((block.bits[slot >> 5]! & mask) === 0) throw new RangeError(`slot ${slots[i]} is not in use`)
      block.bits[slot >> 5]! &= ~mask
      if (block.free.length === 0) block.free = new Uint16Array(BLOCK_SLOTS)
      block.free[block.freeCount++] = slot
      block.dirty = true
      if (--block.live === 0) this.#emptied(index)
      else if (!block.open) {
        block.open = true
        this.#open.push(index)
      }
    }
    this.#count -= count
  }

  /** Gives back all slots of a block. */
  empty(index: number): void {
    const block = this.#blocks[index]!
    if (block.live === 0) return
    this.#count -= block.live
    block.live = 0
    block.bits.fill(0)
    block.dirty = true
    this.#emptied(index)
  }

  #emptied(index: number): void {
    const block = this.#blocks[index]!
    block.used = 0
    block.freeCount = 0
    block.free = NO_FREE
    if (this.#spare < 0) {
      this.#spare = index
      if (!block.open) this.#open.unshift(index)
      block.open = true
      return
    }
    block.memory = false
    this.#dropped.push(index)
    this.#memory.dropBlock(index)
  }

  has(slot: number): boolean {
    const bits = this.#blocks[slot >>> BLOCK_SHIFT]?.bits
    return bits !== undefined && ((bits[(slot & BLOCK_MASK) >> 5]! >>> (slot & 31)) & 1) === 1
  }

  /** Notes that a row of the slot's block changed. */
  touch(slot: number): void {
    this.#blocks[slot >>> BLOCK_SHIFT]!.dirty = true
  }

  isDirty(block: number): boolean {
    return this.#blocks[block]!.dirty
  }

  /** What changed so far is saved. */
  clean(): void {
    for (const block of this.#blocks) block.dirty = false
  }

  /** The slots of a block that are in use, ascending. */
  slotsOf(block: number): Uint32Array {
    const { bits, live } = this.#blocks[block]!
    const slots = new Uint32Array(live)
    let at = 0
    for (let word = 0; word < bits.length; word++) {
      for (let rest = bits[word]!; rest !== 0; rest &= rest - 1) {
        slots[at++] = (block << BLOCK_SHIFT) + (word << 5) + (31 - Math.clz32(rest & -rest))
      }
    }
    return slots
  }

  /** All slots in use, ascending. */
  all(): Uint32Array {
    const slots = new Uint32Array(this.#count)
    let at = 0
    for (let block = 0; block < this.#blocks.length; block++) {
      const own = this.slotsOf(block)
      slots.set(own, at)
      at += own.length
    }
    return slots
  }
}

// Loops of their own, with nothing after them: a function with several inner loops is optimized for the one that runs first,
// and again for each other; code after a loop that was optimized while it ran throws the optimized code away.

/** Takes the `count` slots that come after those that are left free. */
function takeAgain(
  { free, freeCount, bits }: Block,
  count: number,
  base: number,
  out: Uint32Array,
  at: number,
): void {
  for (let i = 0; i < count; i++) {
    const slot = free[freeCount + count - 1 - i]!
    out[at + i] = base + slot
    bits[slot >> 5]! |= 1 << (slot & 31)
  }
}

/** Takes the last `count` slots of those that have been used. */
function takeFresh({ used, bits }: Block, count: number, base: number, out: Uint32Array, at: number): void {
  for (let i = 0; i < count; i++) {
    const slot = used - count + i
    out[at + i] = base + slot
    bits[slot >> 5]! |= 1 << (slot & 31)
  }
}
