/**
 * Frames of rows, and how the folds of all frames are had from few merges.
 *
 * Rows lie at positions: partition by partition, in order. A frame is the positions `from` to before `to`; neither goes
 * back within a partition. So the frames of a partition fall into runs that all reach across one position, `middle`: each
 * is then a suffix of the rows before it and a prefix of those after it, and both are had by going along the rows once
 * (the queue of two stacks, ahead of time). What a frame holds is two merges, however long it is, and rows need not be
 * taken out again.
 */

/** Rows around a row, ends included; without an end as far as its partition goes. */
export type OverFrame =
  | { readonly kind: 'rows'; readonly from?: number; readonly to?: number }
  /** By event time, ms. From the first row to `toMs: 0`: up to the last row that ties with this one in order. */
  | { readonly kind: 'range'; readonly fromMs?: number; readonly toMs?: number }

/** Rows at positions. */
export interface OrderedPartitions {
  readonly count: number
  /** Where each partition begins, and `count`. */
  readonly starts: Uint32Array
  /** By position, the physical row. */
  readonly rows: Uint32Array
  /** By position, 1 where the row does not tie in order with the one before it. */
  readonly leads: Uint8Array
  /** By position, event time: whole ms and the nanoseconds past them. For frames by time. */
  readonly timesMs?: Float64Array
  readonly restNs?: Float64Array
}

export interface FrameBounds {
  readonly from: Int32Array
  readonly to: Int32Array
}

export function frameBounds(frame: OverFrame, partitions: OrderedPartitions): FrameBounds {
  const { count, starts } = partitions
  const from = new Int32Array(count)
  const to = new Int32Array(count)
  for (let k = 0; k + 1 < starts.length; k++) {
    const start = starts[k]!
    const end = starts[k + 1]!
    if (frame.kind === 'rows') rowBounds(frame, start, end, from, to)
    else rangeBounds(frame, partitions, start, end, from, to)
  }
  return { from, to }
}

function rowBounds(
  frame: { readonly from?: number; readonly to?: number },
  start: number,
  end: number,
  from: Int32Array,
  to: Int32Array,
): void {
  const { from: first = Number.NEGATIVE_INFINITY, to: last = Number.POSITIVE_INFINITY } = frame
  for (let i = start; i < end; i++) {
    from[i] = Math.min(end, Math.max(start, i + first))
    to[i] = Math.min(end, Math.max(start, i + last + 1))
  }
}

function rangeBounds(
  { fromMs, toMs }: { readonly fromMs?: number; readonly toMs?: number },
  { leads, timesMs, restNs }: OrderedPartitions,
  start: number,
  end: number,
  from: Int32Array,
  to: Int32Array,
): void {
  if (fromMs === undefined) from.fill(start, start, end)
  else {
    let at = start
    for (let i = start; i < end; i++) {
      while (at < end && isBefore(timesMs!, restNs!, at, i, fromMs)) at++
      from[i] = at
    }
  }
  if (toMs === undefined) to.fill(end, start, end)
  else if (fromMs === undefined && toMs === 0) {
    let after = end
    for (let i = end - 1; i >= start; i--) {
      to[i] = after
      if (leads[i] === 1) after = i
    }
  } else {
    let at = start
    for (let i = start; i < end; i++) {
      while (at < end && !isAfter(timesMs!, restNs!, at, i, toMs)) at++
      to[i] = at
    }
  }
}

/** Whether the time at `j` is before that at `i`, moved by `byMs`. */
function isBefore(ms: Float64Array, ns: Float64Array, j: number, i: number, byMs: number): boolean {
  const edge = ms[i]! + byMs
  return ms[j]! < edge || (ms[j] === edge && ns[j]! < ns[i]!)
}

function isAfter(ms: Float64Array, ns: Float64Array, j: number, i: number, byMs: number): boolean {
  const edge = ms[i]! + byMs
  return ms[j]! > edge || (ms[j] === edge && ns[j]! > ns[i]!)
}

/** Positions whose rows are folded, and which groups are merged into which, one after the other. */
export interface Scan {
  readonly positions: Uint32Array
  readonly into: Uint32Array
  readonly source: Uint32Array
}

/**
 * Groups are positions + 1; group 0 is that of no rows, and those from `count` + 1 on are what partitions had before.
 */
export interface ScanPlan {
  readonly prefix: Scan
  readonly suffix: Scan
  /** By position: the groups that its frame is made of. */
  readonly prefixOf: Uint32Array
  readonly suffixOf: Uint32Array
}

class Numbers {
  values = new Uint32Array(1024)
  length = 0

  push(value: number): void {
    if (this.length === this.values.length) {
      const larger = new Uint32Array(2 * this.length)
      larger.set(this.values)
      this.values = larger
    }
    this.values[this.length++] = value
  }

  get all(): Uint32Array {
    return this.values.subarray(0, this.length)
  }
}

class GrowingScan {
  readonly positions = new Numbers()
  readonly into = new Numbers()
  readonly source = new Numbers()

  merge(into: number, source: number): void {
    this.into.push(into)
    this.source.push(source)
  }

  get scan(): Scan {
    return { positions: this.positions.all, into: this.into.all, source: this.source.all }
  }
}

/**
 * @param growing whether frames begin with their partition
 * @param folded by partition, where rows begin that are not in what it had before; absent: nothing was before
 */
export function scanPlan(
  { from, to }: FrameBounds,
  { count, starts }: Pick<OrderedPartitions, 'count' | 'starts'>,
  growing: boolean,
  folded?: Uint32Array,
): ScanPlan {
  const prefix = new GrowingScan()
  const suffix = new GrowingScan()
  const prefixOf = new Uint32Array(count)
  const suffixOf = new Uint32Array(count)
  for (let k = 0; k + 1 < starts.length; k++) {
    const end = starts[k + 1]!
    if (growing) {
      const first = folded ? folded[k]! : starts[k]!
      const before = folded ? count + 1 + k : 0
      for (let p = first; p < end; p++) {
        prefix.positions.push(p)
        if (p > first) prefix.merge(p + 1, p)
        else if (before > 0) prefix.merge(p + 1, before)
      }
      for (let i = starts[k]!; i < end; i++) prefixOf[i] = to[i]! > first ? to[i]! : before
      continue
    }
    let middle = -1
    let top = -1
    for (let i = starts[k]!; i < end; i++) {
      const low = from[i]!
      const high = to[i]!
      if (low >= high) continue
      if (low >= middle) {
        middle = high
        top = high
        for (let p = high - 1; p >= low; p--) {
          suffix.positions.push(p)
          if (p < high - 1) suffix.merge(p + 1, p + 2)
        }
      }
      for (; top < high; top++) {
        prefix.positions.push(top)
        if (top > middle) prefix.merge(top + 1, top)
      }
      suffixOf[i] = low + 1
      prefixOf[i] = high > middle ? high : 0
    }
  }
  return { prefix: prefix.scan, suffix: suffix.scan, prefixOf, suffixOf }
}
