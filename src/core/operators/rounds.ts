/** Cutting the rows of a step so that the results of a group can be given after every so many of its rows. */

/** Rows of a step, with their groups. */
export interface GroupedRows {
  readonly count: number
  /** Physical rows; absent: as they are counted. */
  readonly rows: Uint32Array | undefined
  /** By row. */
  readonly groups: Uint32Array
  /** The groups of the rows, each once. */
  readonly touched: Uint32Array
}

export interface Round extends GroupedRows {
  /** The groups that have come to a multiple with these rows. */
  readonly due: Uint32Array
}

/**
 * Rounds to be taken one after the other: in each a group comes to the next multiple of `every` rows, or to its last row.
 *
 * @param arrived by group: the rows since its last multiple; brought up to date
 */
export function* rounds(step: GroupedRows, every: number, arrived: Float64Array): Generator<Round> {
  const { count, rows, groups, touched } = step
  const roundOf = new Uint32Array(count)
  let last = 0
  for (let i = 0; i < count; i++) {
    const group = groups[i]!
    const round = Math.floor(arrived[group]!++ / every)
    roundOf[i] = round
    if (round > last) last = round
  }
  const whole = new Uint32Array(touched.length)
  for (let i = 0; i < touched.length; i++) {
    const group = touched[i]!
    whole[i] = Math.floor(arrived[group]! / every)
    arrived[group]! -= whole[i]! * every
  }
  if (last === 0) {
    yield { ...step, due: touched.filter((_, i) => whole[i]! > 0) }
    return
  }
  // Copies: what happens between rounds may reuse the memory of the step.
  const ends = new Uint32Array(last + 2)
  for (let i = 0; i < count; i++) ends[roundOf[i]! + 1]!++
  for (let round = 1; round <= last + 1; round++) ends[round]! += ends[round - 1]!
  const at = ends.slice()
  const sortedRows = new Uint32Array(count)
  const sortedGroups = new Uint32Array(count)
  for (let i = 0; i < count; i++) {
    const place = at[roundOf[i]!]!++
    sortedRows[place] = rows ? rows[i]! : i
    sortedGroups[place] = groups[i]!
  }
  const groupsOf = touched.slice()
  for (let round = 0; round <= last; round++) {
    const own = sortedGroups.subarray(ends[round], ends[round + 1])
    const once = Uint32Array.from(new Set(own))
    const due = groupsOf.filter((_, i) => whole[i]! > round)
    yield {
      count: own.length,
      rows: sortedRows.subarray(ends[round], ends[round + 1]),
      groups: own,
      touched: once,
      due,
    }
  }
}
