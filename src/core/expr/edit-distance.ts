/**
 * The least number of insertions, deletions and substitutions of code points that make one text of another.
 *
 * Source: G. Myers, "A fast bit-vector algorithm for approximate string matching based on dynamic programming" (1999), in
 * the form of H. Hyyrö (2003): 32 rows of the table at once, as differences between neighbours.
 */

/** Steps that a comparison may take at most, each of 32 cells: about two seconds. */
export const MAX_STEPS = 2 ** 29

/** How many steps the comparison of texts of these lengths takes. */
export const editSteps = (a: number, b: number): number => Math.ceil(Math.min(a, b) / 32) * Math.max(a, b)

export function editDistance(a: string, b: string): number {
  let [x, y] = [pointsOf(a), pointsOf(b)]
  if (x.length > y.length) [x, y] = [y, x]
  let start = 0
  while (start < x.length && x[start] === y[start]) start++
  let [xEnd, yEnd] = [x.length, y.length]
  while (xEnd > start && x[xEnd - 1] === y[yEnd - 1]) {
    xEnd--
    yEnd--
  }
  return distance(x.subarray(start, xEnd), y.subarray(start, yEnd))
}

function pointsOf(text: string): Int32Array {
  const points = new Int32Array(text.length)
  let count = 0
  for (let i = 0; i < text.length; i++) {
    const point = text.codePointAt(i)!
    points[count++] = point
    if (point > 0xffff) i++
  }
  return points.subarray(0, count)
}

function distance(x: Int32Array, y: Int32Array): number {
  if (x.length === 0) return y.length
  // Differences along the row above the block: the first row counts up.
  const steps = new Int8Array(y.length).fill(1)
  for (let from = 0; from < x.length; from += 32) {
    const size = Math.min(32, x.length - from)
    const places = new Map<number, number>()
    for (let i = 0; i < size; i++) {
      const point = x[from + i]!
      places.set(point, (places.get(point) ?? 0) | (1 << i))
    }
    const last = 1 << (size - 1)
    let more = -1
    let less = 0
    for (let j = 0; j < y.length; j++) {
      const step = steps[j]!
      let equal = places.get(y[j]!) ?? 0
      const vertical = equal | less
      if (step < 0) equal |= 1
      const horizontal = ((((equal & more) + more) | 0) ^ more) | equal
      let up = less | ~(horizontal | more)
      let down = more & horizontal
      steps[j] = (up & last) !== 0 ? 1 : (down & last) !== 0 ? -1 : 0
      up = (up << 1) | (step > 0 ? 1 : 0)
      down = (down << 1) | (step < 0 ? 1 : 0)
      more = down | ~(vertical | up)
      less = up & vertical
    }
  }
  let total = x.length
  for (const step of steps) total += step
  return total
}
