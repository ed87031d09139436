/**
 * A bounded sample of the recent values of all keys: a fixed number of segments, each of some steps of one key.
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
import { record } from '../../../core/record.ts'
import { f64 } from '../parts/fields.ts'

/** Numbers of a segment. */
const SEGMENT = record({
  owner: "the key's ordinal and 1",
  length: 'steps',
  from: "the key's step at the first value",
  begun: 'when the first value came, in values of the pool',
  last: 'when the last value came',
})
/** Numbers of the sample. */
const SAMPLE = record({ used: 'segments in use', keys: 'keys seen' })

/** Missing steps that a segment bridges. */
const MAX_GAP = 8
/** A key has fallen silent after this many of its intervals. */
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

/** What an open sample works with. */
interface Sample {
  /** Segments, and steps of each. */
  readonly segments: number
  readonly length: number
  values: Float64Array
  places: Float64Array
  counts: Float64Array
  /** Segments that may be given away, oldest last, and how many may be begun: found when first asked for in an instant. */
  old: number[] | undefined
  more: number
}

/** Opens a sample of `segments` segments of up to `length` steps. */
export function panelSample(segments: number, length: number): PanelSample {
  const none = new Float64Array(0)
  const sample: Sample = {
    ...{ segments, length, values: none, places: none, counts: none },
    ...{ old: undefined, more: 0 },
  }
  return {
    layout: {
      sample: { kind: 'f64', width: segments * length },
      segments: record({ segment: [SEGMENT, segments] }).field,
      sampled: SAMPLE.field,
    },
    bind(pool) {
      sample.values = f64(pool, 'sample')
      sample.places = f64(pool, 'segments')
      sample.counts = f64(pool, 'sampled')
    },
    add(ordinal, held, step, x, now) {
      const { values, places, counts } = sample
      counts[SAMPLE.keys] = Math.max(counts[SAMPLE.keys]!, ordinal + 1)
      let s = held - 1
      let at = s * SEGMENT.width
      const own = s >= 0 && places[at + SEGMENT.owner] === ordinal + 1
      const ahead = own ? step - (places[at + SEGMENT.from]! + places[at + SEGMENT.length]!) : 0
      if (!own || ahead > MAX_GAP || places[at + SEGMENT.length]! + ahead >= length) {
        if (Number.isNaN(x)) return 0
        s = claim(sample, now)
        if (s < 0) return 0
        at = s * SEGMENT.width
        places[at + SEGMENT.owner] = ordinal + 1
        places[at + SEGMENT.length] = 0
        places[at + SEGMENT.from] = step
        places[at + SEGMENT.begun] = now
      } else if (ahead < 0) return held
      else {
        const from = s * length + places[at + SEGMENT.length]!
        values.fill(Number.NaN, from, from + ahead)
        places[at + SEGMENT.length] = places[at + SEGMENT.length]! + ahead
      }
      values[s * length + places[at + SEGMENT.length]!] = x
      places[at + SEGMENT.length] = places[at + SEGMENT.length]! + 1
      places[at + SEGMENT.last] = now
      return s + 1
    },
    close() {
      sample.old = undefined
    },
    history: ordinal => historyOf(sample, ordinal),
    longer: least => longerThan(sample, least),
  }
}

/** A segment for a key that has none; -1 when it must wait. */
function claim(sample: Sample, now: number): number {
  const { segments, length, places, counts } = sample
  const used = counts[SAMPLE.used]!
  if (used < segments) {
    counts[SAMPLE.used] = used + 1
    return used
  }
  if (sample.old === undefined) {
    const old: number[] = []
    for (let s = 0; s < segments; s++) {
      const at = s * SEGMENT.width
      if (places[at + SEGMENT.length] === length || isSilent(sample, at, now)) old.push(s)
    }
    sample.more = Math.max(1, Math.floor(segments / 2)) - (segments - old.length)
    const begun = (s: number) => places[s * SEGMENT.width + SEGMENT.begun]!
    sample.old = old.sort((a, b) => begun(b) - begun(a) || b - a)
  }
  if (sample.more <= 0) return -1
  sample.more--
  return sample.old.pop() ?? -1
}

/** Whether the key of a segment has fallen silent. */
function isSilent({ places, counts }: Sample, at: number, now: number): boolean {
  const steps = places[at + SEGMENT.length]!
  const last = places[at + SEGMENT.last]!
  const interval = steps > 1 ? (last - places[at + SEGMENT.begun]!) / (steps - 1) : counts[SAMPLE.keys]!
  return now - last > SILENT * Math.max(1, interval)
}

function historyOf({ length, values, places, counts }: Sample, ordinal: number): number[] {
  const from = (s: number) => places[s * SEGMENT.width + SEGMENT.from]!
  const own: number[] = []
  for (let s = 0; s < counts[SAMPLE.used]!; s++) {
    if (places[s * SEGMENT.width + SEGMENT.owner] === ordinal + 1) own.push(s)
  }
  own.sort((a, b) => from(a) - from(b))
  let all: number[] = []
  let end = Number.NaN
  for (const s of own) {
    const missing = from(s) - end
    if (missing >= 0 && missing <= MAX_GAP) for (let i = 0; i < missing; i++) all.push(Number.NaN)
    else all = []
    const steps = places[s * SEGMENT.width + SEGMENT.length]!
    end = from(s) + steps
    for (let i = 0; i < steps; i++) all.push(values[s * length + i]!)
  }
  return all
}

function longerThan({ length, values, places, counts }: Sample, least: number) {
  const segments: Float64Array[] = []
  let beyond = 0
  for (let s = 0; s < counts[SAMPLE.used]!; s++) {
    const steps = places[s * SEGMENT.width + SEGMENT.length]!
    if (steps <= least) continue
    segments.push(values.subarray(s * length, s * length + steps))
    beyond += steps - least
  }
  return { segments, beyond }
}
