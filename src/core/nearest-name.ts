/** The name that was meant: what messages suggest for one that is not there. */

/** The name that is most like another, if any is. */
export function nearestName(name: string, names: readonly string[]): string | undefined {
  const wanted = plain(name)
  let best: string | undefined
  let least = Math.max(1, Math.floor(wanted.length / 3)) + 1
  for (const candidate of names) {
    const edits = editDistance(wanted, plain(candidate))
    if (edits < least) {
      least = edits
      best = candidate
    }
  }
  return best
}

/** What names are compared by: case, spaces and underscores are easily mistaken. */
const plain = (name: string): string =>
  name
    .slice(0, 200)
    .toLowerCase()
    .replace(/[\s_-]/g, '')

/** Insertions, deletions, replacements and swaps of neighbours that make one text of another (Damerau and Levenshtein). */
function editDistance(a: string, b: string): number {
  let before: number[] = []
  let row = Array.from({ length: b.length + 1 }, (_, j) => j)
  for (let i = 1; i <= a.length; i++) {
    const next = [i]
    for (let j = 1; j <= b.length; j++) {
      const replaced = row[j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1)
      let least = Math.min(replaced, row[j]! + 1, next[j - 1]! + 1)
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]) {
        least = Math.min(least, before[j - 2]! + 1)
      }
      next.push(least)
    }
    before = row
    row = next
  }
  return row[b.length]!
}
