/** A constant of an aggregate's call, such as which quantile: what it may be, in code and in words. */
export interface FoldOption<Value> {
  /** What it takes, as in "quantile() needs … as p": `a share from 0 to 1`. */
  readonly takes: string
  /** A call that would do. */
  readonly hint: string
  /** Plain JSON only: options are part of the plan. */
  accepts(value: unknown): value is Value
}
