/**
 * Uniform numbers in [0, 1) that are the same for the same seed, in every release: for `sample` and `simulate` in
 * tests. Not for secrets.
 *
 * The generator is mulberry32 (Tommy Ettinger, public domain): 32 bits of state, so no more than 2³² numbers.
 *
 * @param seed a whole number; its low 32 bits count
 * @example
 * seeded(1)() === seeded(1)() // true
 */
export function seeded(seed: number): () => number {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}
