/** Functions as users write them in a module of their own; types and all. */

export interface Basket {
  readonly price: number
  readonly items: number
}

export const total = ({ price, items }: Basket): number => price * items

export function score(price: number, origin: string): number {
  return price * origin.length
}

export const rate = 0.2

export class Shop {
  readonly name: string = 'shop'
}

/** The next whole number, of 64 bits. */
export const next = (n: bigint): bigint => n + 1n

export const nameOf = (code: string | null): string => (code === null ? 'nowhere' : `${code}\u2708`)

export const hourLater = (at: Date): Date => new Date(at.getTime() + 3_600_000)

export const isLate = (delay: number): boolean => delay > 15

/** Throws for some. */
export function checked(price: number, origin: string): number {
  if (price < 0) throw new RangeError(`no price: ${price}`)
  return price === 0 ? (origin as unknown as number) : price
}

/** Per batch: the price less the mean price of all rows it is given. */
export function centred(prices: Float64Array): Float64Array {
  return prices.map(price => price - prices[0]!)
}

export const doubled = (ns: Float64Array): Float64Array => ns.map(n => 2 * n)

export const labels = (
  texts: readonly (string | null)[],
  ns: readonly (bigint | null)[],
): (string | null)[] => texts.map((text, i) => (text === null ? null : `${text}:${ns[i]}`))

export const short = (ns: Float64Array): Float64Array => ns.subarray(1)

/** Settles late for the first of each ten, so that rows overtake each other; refuses some. */
export async function lookUp({
  id,
  code,
}: {
  id: number
  code: string | null
}): Promise<{ city: string; twice: bigint }> {
  if (id % 10 === 0) await new Promise(resolve => setImmediate(resolve))
  if (code === null) throw new RangeError('no such code')
  return { city: `city of ${code}`, twice: BigInt(2 * id) }
}

/** Counts of texts, of which the most frequent is the result; of several the least. */
export const mode = {
  start: () => new Map<string, number>(),
  step(counts: Map<string, number>, text: string, times: number) {
    counts.set(text, (counts.get(text) ?? 0) + times)
  },
  merge(counts: Map<string, number>, others: Map<string, number>) {
    for (const [text, times] of others) mode.step(counts, text, times)
  },
  retract(counts: Map<string, number>, text: string, times: number) {
    mode.step(counts, text, -times)
    if (counts.get(text) === 0) counts.delete(text)
  },
  result: (counts: Map<string, number>) =>
    [...counts].sort(([a, m], [b, n]) => n - m || (a < b ? -1 : 1))[0]?.[0] ?? null,
}

/** A state that is a class, and so has to be saved and loaded. */
class Range {
  least = Number.POSITIVE_INFINITY
  most = Number.NEGATIVE_INFINITY

  add(x: number): void {
    this.least = Math.min(this.least, x)
    this.most = Math.max(this.most, x)
  }
}

export const spread = {
  start: () => new Range(),
  step: (range: Range, x: number) => range.add(x),
  merge(range: Range, other: Range) {
    range.add(other.least)
    range.add(other.most)
  },
  result: (range: Range) => (range.most < range.least ? null : range.most - range.least),
  save: ({ least, most }: Range) => ({ least, most }),
  load: (saved: object) => Object.assign(new Range(), saved),
}

/** Depends on the order of rows. */
export const latest = {
  start: () => null,
  step: (_before: number | null, x: number) => x,
  merge: (_before: number | null, x: number | null) => x,
  result: (x: number | null) => x,
}
