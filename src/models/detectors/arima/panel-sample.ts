/**
 * A bounded sample of the recent values of all keys: segments of so many steps of one key, of which there are so many.
 *
 * - A key without a segment gets a free one. When none is free it gets the oldest of those that are full, or whose key has
 *   been silent for eight times its usual interval, as long as no more than half of all are still being filled: so that
 *   half of the sample is always there. Other keys wait.
 * - A full segment stays until it is needed; its key asks for the next one. So few keys have long histories in the
 *   sample, many a segment each, and more than there are segments take turns.
 *
 * Time is counted in values of the pool.
 */
import type { StateLayout, StateTable } from '../../../core/fold.ts'
import { f64 } from '../parts/fields.ts'

// Places of a segment.
/** The key's ordinal and 1. */
const OWNER = 0
const LENGTH = 1
/** The key's step at the first value. */
const FROM = 2
/** When the first and the last value came. */
const BEGUN = 3
const LAST = 4
const SEGMENT = 5

/** Missing steps that a segment bridges. */
const MAX_GAP = 8
/** A key has fallen silent after so many of its intervals. */
const SILENT = 8

export interface PanelSample {
  readonly layout: StateLayout
  bind(pool: StateTable): void
  /**
   * Takes the value at a step of a key, NaN for a missing one. `held` is what the last call returned for the key, 0 at
   * first; `now` counts the pool's values.
   */
  add(ordinal: number, held: number, step: number, x: number, now: number): number
  /** An instant is over. */
  close(): void
  /** What the sample has of a key: its last values without a break, oldest first, NaN for missing ones. */
  history(ordinal: number): number[]
  /** Segments of more than `least` steps, and how many steps beyond that they have together. */
  longer(least: number): { readonly segments: readonly Float64Array[]; readonly beyond: number }
}

export function panelSample(segments: number, length: number): PanelSample {
  const most = Math.max(1, Math.floor(segments / 2))
  let values: Float64Array = new Float64Array(0)
  let places: Float64Array = new Float64Array(0)
  /** Segments in use, and keys seen. */
  let counts: Float64Array = new Float64Array(0)
  /** Those that may be given away, oldest last, and how many may be begun: found when first asked for in an instant. */
  let old: number[] | undefined
  let more = 0

  const isSilent = (at: number, now: number): boolean => {
    const steps = places[at + LENGTH]!
    const interval = steps > 1 ? (places[at + LAST]! - places[at + BEGUN]!) / (steps - 1) : counts[1]!
    return now - places[at + LAST]! > SILENT * Math.max(1, interval)
  }

  /** A segment for a key that has none; -1 when it must wait. */
  const claim = (now: number): number => {
    const used = counts[0]!
    if (used < segments) {
      counts[0] = used + 1
      return used
    }
    if (old === undefined) {
      old = []
      for (let s = 0; s < segments; s++) {
        if (places[s * SEGMENT + LENGTH] === length || isSilent(s * SEGMENT, now)) old.push(s)
      }
      more = most - (segments - old.length)
      const begun = (s: number) => places[s * SEGMENT + BEGUN]!
      old.sort((a, b) => begun(b) - begun(a) || b - a)
    }
    if (more <= 0) return -1
    more--
    return old.pop() ?? -1
  }

  return {
    layout: {
      sample: { kind: 'f64', width: segments * length },
      segments: { kind: 'f64', width: segments * SEGMENT },
      sampled: { kind: 'f64', width: 2 },
    },
    bind(pool) {
      values = f64(pool, 'sample')
      places = f64(pool, 'segments')
      counts = f64(pool, 'sampled')
    },
    add(ordinal, held, step, x, now) {
      counts[1] = Math.max(counts[1]!, ordinal + 1)
      let s = held - 1
      let at = s * SEGMENT
      const own = s >= 0 && places[at + OWNER] === ordinal + 1
      const ahead = own ? step - (places[at + FROM]! + places[at + LENGTH]!) : 0
      if (!own || ahead > MAX_GAP || places[at + LENGTH]! + ahead >= length) {
        if (Number.isNaN(x)) return 0
        s = claim(now)
        if (s < 0) return 0
        at = s * SEGMENT
        places[at + OWNER] = ordinal + 1
        places[at + LENGTH] = 0
        places[at + FROM] = step
        places[at + BEGUN] = now
      } else if (ahead < 0) return held
      else {
        const from = s * length + places[at + LENGTH]!
        values.fill(Number.NaN, from, from + ahead)
        places[at + LENGTH] = places[at + LENGTH]! + ahead
      }
      values[s * length + places[at + LENGTH]!] = x
      places[at + LENGTH] = places[at + LENGTH]! + 1
      places[at + LAST] = now
      return s + 1
    },
    close() {
      old = undefined
    },
    history(ordinal) {
      const own: number[] = []
      for (let s = 0; s < counts[0]!; s++) if (places[s * SEGMENT + OWNER] === ordinal + 1) own.push(s)
      own.sort((a, b) => places[a * SEGMENT + FROM]! - places[b * SEGMENT + FROM]!)
      let all: number[] = []
      let end = Number.NaN
      for (const s of own) {
        const at = s * SEGMENT
        const from = places[at + FROM]!
        const missing = from - end
        if (missing >= 0 && missing <= MAX_GAP) for (let i = 0; i < missing; i++) all.push(Number.NaN)
        else all = []
        end = from + places[at + LENGTH]!
        for (let i = 0; i < places[at + LENGTH]!; i++) all.push(values[s * length + i]!)
      }
      return all
    },
    longer(least) {
      const long: Float64Array[] = []
      let beyond = 0
      for (let s = 0; s < counts[0]!; s++) {
        const steps = places[s * SEGMENT + LENGTH]!
        if (steps <= least) continue
        long.push(values.subarray(s * length, s * length + steps))
        beyond += steps - least
      }
      return { segments: long, beyond }
    },
  }
}
