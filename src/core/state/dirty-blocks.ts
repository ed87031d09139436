/** Which blocks of ids changed since a save: a byte per 1024 ids, which costs a loop over rows no more than a store. */

export const DIRTY_SHIFT = 10
export const DIRTY_IDS = 1 << DIRTY_SHIFT

export class DirtyBlocks {
  /** By block; not 0 where some id of it changed. Replaced when it grows. */
  bytes: Uint8Array = new Uint8Array(64)

  /** Makes room for ids below `ids`. */
  reserve(ids: number): void {
    const blocks = (ids + DIRTY_IDS - 1) >>> DIRTY_SHIFT
    if (blocks <= this.bytes.length) return
    const larger = new Uint8Array(Math.max(blocks, 2 * this.bytes.length))
    larger.set(this.bytes)
    this.bytes = larger
  }

  mark(id: number): void {
    this.bytes[id >>> DIRTY_SHIFT] = 1
  }

  markAll(ids: Uint32Array, count = ids.length): void {
    const { bytes } = this
    for (let i = 0; i < count; i++) bytes[ids[i]! >>> DIRTY_SHIFT] = 1
  }

  /** Marks the ids from `from` to before `to`, and makes room for them. */
  markFrom(from: number, to: number): void {
    if (from >= to) return
    this.reserve(to)
    this.bytes.fill(1, from >>> DIRTY_SHIFT, ((to - 1) >>> DIRTY_SHIFT) + 1)
  }

  has(block: number): boolean {
    return this.bytes[block] !== 0
  }

  /** What changed so far is saved. */
  clear(): void {
    this.bytes.fill(0)
  }
}
