/** Windows as plans hold them: plain JSON, made by the factories of `core/dataset/windows.ts`. */

/** Windows of one size, end to end: each row in exactly one. */
export interface TumblingSpec {
  readonly kind: 'tumbling'
  /** A whole number of ms, at least 1. */
  readonly sizeMs: number
  /** Windows start at multiples of the size since 1970-01-01T00:00Z, moved by this. */
  readonly offsetMs: number
}

/** What rows are grouped by besides their keys. */
export type WindowSpec = TumblingSpec
