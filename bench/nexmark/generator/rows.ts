/**
 * The events as plain objects, one at a time: the definition, written for the reader. The columns of a run are made
 * elsewhere and must be these; the answers that queries are compared with are computed from these.
 */

import {
  AUCTIONS_PER_EPOCH,
  CATEGORIES,
  EVENTS_PER_EPOCH,
  FIRST_CATEGORY,
  FIRST_ID,
  type NexmarkConfig,
  PERSONS_PER_EPOCH,
  unitEvents,
} from './config.ts'
import { below, type Draw, drawKey, priceOf, word } from './random.ts'
import {
  CHANNELS,
  CITIES,
  COLD_CHANNELS,
  channelUrls,
  FIRST_NAMES,
  HOT_CHANNELS,
  LAST_NAMES,
  letters,
  STATES,
} from './words.ts'

export interface Person {
  readonly id: number
  readonly name: string
  readonly emailAddress: string
  readonly creditCard: string
  readonly city: string
  readonly state: string
  readonly dateTime: Date
  readonly extra: string
}

export interface Auction {
  readonly id: number
  readonly itemName: string
  readonly description: string
  readonly initialBid: number
  readonly reserve: number
  readonly dateTime: Date
  readonly expires: Date
  readonly seller: number
  readonly category: number
  readonly extra: string
}

export interface Bid {
  readonly auction: number
  readonly bidder: number
  readonly price: number
  readonly channel: string
  readonly url: string
  readonly dateTime: Date
  readonly extra: string
}

export type Event =
  | { readonly kind: 'persons'; readonly row: Person }
  | { readonly kind: 'auctions'; readonly row: Auction }
  | { readonly kind: 'bids'; readonly row: Bid }

export class EventMaker {
  readonly #config: NexmarkConfig
  readonly #urls: readonly string[]

  constructor(config: NexmarkConfig) {
    this.#config = config
    this.#urls = channelUrls(config.seed)
  }

  /** Event `n`, whatever came before it. */
  event(n: number): Event {
    const slot = n % EVENTS_PER_EPOCH
    if (slot < PERSONS_PER_EPOCH) return { kind: 'persons', row: this.#person(n) }
    if (slot < PERSONS_PER_EPOCH + AUCTIONS_PER_EPOCH) return { kind: 'auctions', row: this.#auction(n) }
    return { kind: 'bids', row: this.#bid(n) }
  }

  #person(n: number): Person {
    const name = `${this.#oneOf(FIRST_NAMES, 'firstName', n)} ${this.#oneOf(LAST_NAMES, 'lastName', n)}`
    const emailAddress = `${this.#letters(7, 'email', n)}@${this.#letters(5, 'emailHost', n)}.com`
    const groups = [0, 1, 2, 3].map(i => `${this.#below(10_000, 'creditCard', n * 4 + i)}`.padStart(4, '0'))
    const creditCard = groups.join(' ')
    const city = this.#oneOf(CITIES, 'city', n)
    const state = this.#oneOf(STATES, 'state', n)
    const size = 8 + [name, emailAddress, creditCard, city, state].join('').length
    return {
      id: FIRST_ID + lastPerson(n),
      name,
      emailAddress,
      creditCard,
      city,
      state,
      dateTime: new Date(this.timeMs(n)),
      extra: this.#extra(size, 200, n),
    }
  }

  #auction(n: number): Auction {
    const itemName = this.#letters(3 + this.#below(18, 'itemNameLength', n), 'itemName', n)
    const description = this.#letters(3 + this.#below(98, 'descriptionLength', n), 'description', n)
    const initialBid = this.#price('initialBid', n)
    const dateTime = this.timeMs(n)
    const horizonMs = Math.floor((Math.floor(100 * (50 / 3)) * 1000) / this.#config.eventsPerSecond)
    const lifeMs = 1 + this.#below(Math.max(1, 2 * horizonMs), 'expires', n)
    return {
      id: FIRST_ID + lastAuction(n),
      itemName,
      description,
      initialBid,
      reserve: initialBid + this.#price('reserve', n),
      dateTime: new Date(dateTime),
      expires: new Date(dateTime + lifeMs),
      seller: this.#below(4, 'sellerIsHot', n) > 0 ? hotPerson(n) : this.#anyPerson('seller', n),
      category: FIRST_CATEGORY + this.#below(CATEGORIES, 'category', n),
      extra: this.#extra(8 + itemName.length + description.length + 5 * 8, 500, n),
    }
  }

  #bid(n: number): Bid {
    const last = lastAuction(n)
    const hot = this.#below(2, 'auctionIsHot', n) > 0
    const first = Math.max(last - 100, 0)
    const code =
      this.#below(2, 'channelIsHot', n) > 0
        ? this.#below(HOT_CHANNELS.length, 'channel', n)
        : HOT_CHANNELS.length + this.#below(COLD_CHANNELS, 'channel', n)
    return {
      auction:
        FIRST_ID +
        (hot ? Math.floor(last / 100) * 100 : first + this.#below(last - first + 1 + 10, 'auction', n)),
      bidder: this.#below(4, 'bidderIsHot', n) > 0 ? hotPerson(n) + 1 : this.#anyPerson('bidder', n),
      price: this.#price('price', n),
      channel: CHANNELS[code]!,
      url: this.#urls[code]!,
      dateTime: new Date(this.timeMs(n)),
      extra: this.#extra(4 * 8, 100, n),
    }
  }

  timeMs(n: number): number {
    return this.#config.startMs + Math.floor((n * 1000) / this.#config.eventsPerSecond)
  }

  /** One of the last 1,000 persons, or of the ten that come next. */
  #anyPerson(draw: Draw, n: number): number {
    const persons = lastPerson(n) + 1
    const active = Math.min(persons, 1000)
    return FIRST_ID + persons - active + this.#below(active + 10, draw, n)
  }

  /** Pads to about a size, give or take a fifth. */
  #extra(size: number, target: number, n: number): string {
    const missing = target - size
    if (missing <= 0) return ''
    const delta = Math.round(missing * 0.2)
    return this.#letters(missing - delta + this.#below(2 * delta, 'extraLength', n), 'extra', n)
  }

  #below(end: number, draw: Draw, n: number): number {
    return below(end, drawKey(this.#config.seed, draw), n)
  }

  #price(draw: Draw, n: number): number {
    return priceOf(word(drawKey(this.#config.seed, draw), n))
  }

  #letters(length: number, draw: Draw, n: number): string {
    return letters(length, drawKey(this.#config.seed, draw), n)
  }

  #oneOf(words: readonly string[], draw: Draw, n: number): string {
    return words[this.#below(words.length, draw, n)]!
  }
}

/** The newest person when event `n` happens, from 0. */
const lastPerson = (n: number): number => Math.floor(n / EVENTS_PER_EPOCH)

/** The newest auction when event `n` happens, from 0; an auction's own number. */
function lastAuction(n: number): number {
  const epoch = Math.floor(n / EVENTS_PER_EPOCH)
  const slot = n % EVENTS_PER_EPOCH
  if (slot < PERSONS_PER_EPOCH) return (epoch - 1) * AUCTIONS_PER_EPOCH + AUCTIONS_PER_EPOCH - 1
  const auctions = Math.min(slot - PERSONS_PER_EPOCH, AUCTIONS_PER_EPOCH - 1)
  return epoch * AUCTIONS_PER_EPOCH + auctions
}

/** The seller of the moment; who bids most is the one after. */
const hotPerson = (n: number): number => FIRST_ID + Math.floor(lastPerson(n) / 100) * 100

/** An event with its place: which split of its table it is in, and which row there. */
export type PlacedEvent = Event & { readonly split: number; readonly offset: number }

/** All events, in the order in which they come. */
export function* eventsOf(config: NexmarkConfig): Generator<PlacedEvent> {
  const maker = new EventMaker(config)
  const unit = unitEvents(config)
  const rows = new Map<string, number>()
  for (let at = 0; at < config.events; at++) {
    const n = Math.floor(at / config.group) * config.group + ((at * 953) % config.group)
    const event = maker.event(n)
    const split = Math.floor(at / unit) % config.splits
    const offset = rows.get(`${event.kind} ${split}`) ?? 0
    rows.set(`${event.kind} ${split}`, offset + 1)
    yield { ...event, split, offset }
  }
}
