/**
 * Panes: spans that cut the time line end to end, so that each time lies in exactly one. Rows are folded by pane; windows
 * are made of whole panes.
 *
 * Invariant: `startOf(t) <= t < endOf(startOf(t))`, `endOf(start)` is the start of the next pane, and `startOf` of a
 * start is itself. That holds before 1970 too.
 */

export interface Panes {
  /** The start of the pane a time lies in, ms. */
  startOf(timeMs: number): number
  /** The end of the pane that starts then, exclusive, ms. */
  endOf(startMs: number): number
  /** The number of the pane that starts then: neighbours have neighbouring numbers, mostly. */
  numberOf(startMs: number): number
}

/** Panes of one size, a whole number of ms, which start at multiples of it since 1970 (UTC), moved by an offset. */
export const fixedPanes = (sizeMs: number, offsetMs = 0): Panes => ({
  startOf: timeMs => Math.floor((timeMs - offsetMs) / sizeMs) * sizeMs + offsetMs,
  endOf: startMs => startMs + sizeMs,
  numberOf: startMs => Math.round((startMs - offsetMs) / sizeMs),
})

/** Panes of one size from the start of each period on; the last one of a period may be shorter. */
export function panesWithin(periods: Panes, sizeMs: number): Panes {
  const startOf = (timeMs: number) => {
    const periodMs = periods.startOf(timeMs)
    return periodMs + Math.floor((timeMs - periodMs) / sizeMs) * sizeMs
  }
  return {
    startOf,
    endOf: startMs => Math.min(startMs + sizeMs, periods.endOf(periods.startOf(startMs))),
    numberOf: startMs => Math.floor(startMs / sizeMs),
  }
}

/**
 * How panes are dealt out to shards: one by one, and from one of them on in runs of neighbours. Rows that come in order
 * and pass many panes in a step then stay together.
 */
export interface PaneRuns {
  /** The number of the first pane of the first run. */
  readonly fromPane: number
  /** Panes in a run. */
  readonly length: number
}

export const ONE_BY_ONE: PaneRuns = { fromPane: Number.POSITIVE_INFINITY, length: 1 }

/** The shard that owns a pane where rows are spread by time: neighbours, or runs of them, are on different ones. */
export function shardOfPane(panes: Panes, startMs: number, shards: number, runs = ONE_BY_ONE): number {
  const pane = panes.numberOf(startMs)
  const number = pane < runs.fromPane ? pane : Math.floor((pane - runs.fromPane) / runs.length)
  return ((number % shards) + shards) % shards
}
