/**
 * Patterns of rows: what is sought (`pattern.ts`), the states in which a search may be (`automaton.ts`), the search from
 * one row on (`attempt.ts`) and one after the other over the rows of a key (`key-run.ts`). All of it works on numbers: rows
 * are whatever its user calls them by, conditions are asked for. Imports nothing but errors.
 *
 * Invariant: of all ways to match from a row the preferred one is found, as by a search that goes back on its steps; how
 * rows come, one by one or many at once, makes no difference.
 */

/**
 * How far a row may be from the one matched before it: the next row; the first one that satisfies the condition; or any
 * that does, the nearest first.
 */
export type Gap = 'next' | 'followedBy' | 'followedByAny'

/** A variable of a pattern: rows that satisfy its condition, or for a negated one the lack of them. */
export interface PatternStep {
  readonly name: string
  /** From the row before. */
  readonly gap: Gap
  /** `next`: the next row must not satisfy the condition; otherwise none before the next matched row must. */
  readonly negated: boolean
  readonly min: number
  /** Null: as many as there are. */
  readonly max: number | null
  /** More rows are preferred to fewer. */
  readonly greedy: boolean
  /** From one row of the variable to the next one. */
  readonly between: Gap
}

/** Where the search goes on after a match. */
export type Skip =
  | { readonly to: 'pastLast' | 'next' }
  /** A row of a variable; past the last one where it has none, to the next one where it is where the match began. */
  | { readonly to: 'first' | 'last'; readonly of: string }
