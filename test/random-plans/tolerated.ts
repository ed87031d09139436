/** Kinds of faults that are known and being mended: plans avoid them while these are true. None may be left. */
export const TOLERATED = {
  /** The rows of a union come in an order that depends on batches and shards. */
  unionOrder: true,
  /** The place of rows that an operator made is not total: first, last and limit over them. */
  madeOrder: true,
  /** `with` in place of a column that nothing reads moves it to the end. */
  replacedColumns: false,
  /** Detectors over rows later than the watermark. */
  lateDetect: true,
  /** `replay` anywhere but at a source of its own. */
  replayAnywhere: true,
  /** `watermark` after what is not row by row. */
  watermarkAnywhere: true,
  /** Lateness where `watermark` stands behind a union of branches of one source. */
  watermarkOfUnion: true,
  /** `first` and `last` over sorted rows without event time: those of the source, or of the order? */
  firstOfSorted: true,
  /** Unions whose branches are pruned differently. */
  prunedUnions: false,
  /** The splits of a source that ends do not follow one another in a job with sources that do not. */
  mixedSplits: false,
  /** `stop()` waits for a `replay` that waits for its source. */
  stoppedReplay: true,
} as const
