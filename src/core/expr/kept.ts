/** How many objects are kept at most; when one more is made, all others are dropped. */
const KEPT = 256

/**
 * Objects made of a text, kept by it: a plan that runs again gets the same object, and with it the same kernel, whose code is
 * optimised already.
 */
export function kept<F>(make: (key: string) => F): (key: string) => F {
  const known = new Map<string, F>()
  return key => {
    let found = known.get(key)
    if (found === undefined) {
      if (known.size >= KEPT) known.clear()
      known.set(key, (found = make(key)))
    }
    return found
  }
}
