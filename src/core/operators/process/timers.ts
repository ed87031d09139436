/** Timers of keys: a heap by time, ties in the order in which they were set. What is cleared is left out when its turn comes. */

interface Timer {
  readonly ms: number
  readonly id: number
  readonly number: number
}

export class Timers {
  readonly #heap: Timer[] = []
  #set = 0

  /** When the next timer is due, or was before it was cleared; +Infinity without one. */
  get nextMs(): number {
    return this.#heap[0]?.ms ?? Number.POSITIVE_INFINITY
  }

  add(ms: number, id: number): void {
    const heap = this.#heap
    const timer = { ms, id, number: this.#set++ }
    let at = heap.length
    heap.push(timer)
    while (at > 0) {
      const parent = (at - 1) >> 1
      if (!isBefore(timer, heap[parent]!)) break
      heap[at] = heap[parent]!
      at = parent
    }
    heap[at] = timer
  }

  /** Takes out the next. There is one. */
  take(): { readonly ms: number; readonly id: number } {
    const heap = this.#heap
    const first = heap[0]!
    const last = heap.pop()!
    if (heap.length === 0) return first
    let at = 0
    for (;;) {
      let child = 2 * at + 1
      if (child >= heap.length) break
      if (child + 1 < heap.length && isBefore(heap[child + 1]!, heap[child]!)) child++
      if (!isBefore(heap[child]!, last)) break
      heap[at] = heap[child]!
      at = child
    }
    heap[at] = last
    return first
  }

  clear(): void {
    this.#heap.length = 0
  }
}

const isBefore = (a: Timer, b: Timer): boolean => a.ms < b.ms || (a.ms === b.ms && a.number < b.number)
