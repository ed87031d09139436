/**
 * Generated functions, kept by their text and what they were given from outside, so that the same plan run again uses
 * the functions that are optimised already. Optimised code belongs to a function object, not to its text.
 */

/** Functions kept at most; when one more is made, all others are dropped. */
const KEPT = 256

export class FunctionCache<F> {
  readonly #made = new Map<string, { readonly outside: readonly unknown[]; readonly made: F }>()

  /** The function of this text over the same outside values, made by `make` the first time. */
  get(source: string, outside: readonly unknown[], make: () => F): F {
    const known = this.#made.get(source)
    if (known && sameValues(known.outside, outside)) return known.made
    const made = make()
    if (this.#made.size >= KEPT) this.#made.clear()
    this.#made.set(source, { outside, made })
    return made
  }
}

const sameValues = (a: readonly unknown[], b: readonly unknown[]): boolean =>
  a.length === b.length && a.every((value, i) => Object.is(value, b[i]))
