/**
 * Random numbers of an event: a function of the seed, of what is drawn, and of the event's number, so that any event can
 * be made without the others, anywhere.
 */

/** What is drawn for an event. Each gives numbers that have nothing to do with the others'. */
export const DRAWS = {
  firstName: 1,
  lastName: 2,
  email: 3,
  emailHost: 4,
  creditCard: 5,
  city: 6,
  state: 7,
  itemName: 8,
  itemNameLength: 9,
  description: 10,
  descriptionLength: 11,
  initialBid: 12,
  reserve: 13,
  expires: 14,
  sellerIsHot: 15,
  seller: 16,
  category: 17,
  auctionIsHot: 18,
  auction: 19,
  bidderIsHot: 20,
  bidder: 21,
  price: 22,
  channelIsHot: 23,
  channel: 24,
  extra: 25,
  extraLength: 26,
  url: 27,
  urlHasChannel: 28,
} as const

export type Draw = keyof typeof DRAWS

/** Mixes the bits of a word: every bit of the result depends on every bit of `x`. */
function mixed(x: number): number {
  x = Math.imul(x ^ (x >>> 16), 0x7feb352d)
  x = Math.imul(x ^ (x >>> 15), 0x846ca68b)
  return x ^ (x >>> 16)
}

/** The key that {@link word} takes for what is drawn. */
export const drawKey = (seed: number, draw: Draw): number => mixed(mixed(seed) + DRAWS[draw])

/** 32 random bits of an event, from 0. */
export function word(key: number, event: number): number {
  const high = (event / 4294967296) | 0
  return mixed(mixed(event | 0) + key + Math.imul(high, 0x9e3779b1)) >>> 0
}

/** A random whole number of an event, from 0 to before `end`. */
export const below = (end: number, key: number, event: number): number =>
  Math.floor((word(key, event) * end) / 4294967296)

/** The next state of a generator of letters and digits; no state is 0. */
export function nextLetters(state: number): number {
  state ^= state << 13
  state ^= state >>> 17
  return state ^ (state << 5)
}

/** The first state of a text: not 0. */
export const firstLetters = (key: number, event: number): number => word(key, event) | 1

/** A price in cents, from 1 to 1,000,000 whole units, by a random word; small ones are as frequent as large ones. */
export const priceOf = (word: number): number =>
  Math.round(100 * Math.exp((word / 4294967296) * 6 * Math.LN10))
