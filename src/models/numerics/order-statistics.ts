/** Order statistics without sorting all. */

/**
 * Rearranges the first `length` values, none of which is NaN, so that what is at `place` is what would be there if they were
 * sorted, and nothing before it is larger (Hoare 1961, *Communications of the ACM* 4: Algorithm 65).
 */
export function selectAt(values: Float64Array, place: number, length = values.length): number {
  let low = 0
  let high = length - 1
  while (low < high) {
    const pivot = values[(low + high) >> 1]!
    let i = low
    let j = high
    while (i <= j) {
      while (values[i]! < pivot) i++
      while (values[j]! > pivot) j--
      if (i > j) break
      const value = values[i]!
      values[i++] = values[j]!
      values[j--] = value
    }
    if (place <= j) high = j
    else if (place >= i) low = i
    else break
  }
  return values[place]!
}
