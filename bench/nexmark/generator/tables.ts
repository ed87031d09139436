/** The three tables: their columns, and how each is filled. A column that nobody asks for costs nothing. */

import type { Column } from '../../../src/core/batch/column.ts'
import {
  AUCTIONS_PER_EPOCH,
  CATEGORIES,
  EVENTS_PER_EPOCH,
  FIRST_CATEGORY,
  FIRST_ID,
  type Kind,
  type NexmarkConfig,
  PERSONS_PER_EPOCH,
} from './config.ts'
import {
  extraColumn,
  type Filling,
  keyOf,
  listedColumn,
  madeColumn,
  TextList,
  wholeColumn,
  writeLetters,
} from './fill.ts'
import { below, type Draw, priceOf, word } from './random.ts'
import {
  CHANNELS,
  CITIES,
  COLD_CHANNELS,
  channelUrls,
  FIRST_NAMES,
  HOT_CHANNELS,
  LAST_NAMES,
  NAMES,
  STATES,
} from './words.ts'

export const PERSONS = {
  id: 'int53',
  name: 'utf8',
  emailAddress: 'utf8',
  creditCard: 'utf8',
  city: 'utf8',
  state: 'utf8',
  dateTime: 'timestamp[ms]',
  extra: 'utf8',
} as const

export const AUCTIONS = {
  id: 'int53',
  itemName: 'utf8',
  description: 'utf8',
  initialBid: 'int53',
  reserve: 'int53',
  dateTime: 'timestamp[ms]',
  expires: 'timestamp[ms]',
  seller: 'int53',
  category: 'int53',
  extra: 'utf8',
} as const

export const BIDS = {
  auction: 'int53',
  bidder: 'int53',
  price: 'int53',
  channel: 'utf8',
  url: 'utf8',
  dateTime: 'timestamp[ms]',
  extra: 'utf8',
} as const

export const SCHEMAS = { persons: PERSONS, auctions: AUCTIONS, bids: BIDS } as const

type Fillers<Columns> = { readonly [K in keyof Columns]: (filling: Filling) => Column }

const lists = {
  names: new TextList(NAMES),
  cities: new TextList(CITIES),
  states: new TextList(STATES),
  channels: new TextList(CHANNELS),
}
/** By seed. */
const urlLists = new Map<number, TextList>()

function urlsOf({ seed }: NexmarkConfig): TextList {
  let list = urlLists.get(seed)
  if (!list) urlLists.set(seed, (list = new TextList(channelUrls(seed))))
  return list
}

const lastPerson = (event: number): number => Math.floor(event / EVENTS_PER_EPOCH)

function lastAuction(event: number): number {
  const epoch = Math.floor(event / EVENTS_PER_EPOCH)
  const slot = event - epoch * EVENTS_PER_EPOCH
  const before = epoch * AUCTIONS_PER_EPOCH
  return slot < PERSONS_PER_EPOCH
    ? before - 1
    : before + Math.min(slot - PERSONS_PER_EPOCH, AUCTIONS_PER_EPOCH - 1)
}

/** Three of four are hot: `lead` after the newest whole hundred; the others one of the last 1,000 or of the next 10. */
function personColumn(filling: Filling, draw: Draw, isHot: Draw, lead: number): Column {
  const key = keyOf(filling, draw)
  const hotKey = keyOf(filling, isHot)
  return wholeColumn('int53', filling, event => {
    const last = lastPerson(event)
    if (below(4, hotKey, event) > 0) return FIRST_ID + lead + last - (last % 100)
    const active = Math.min(last + 1, 1000)
    return FIRST_ID + last + 1 - active + below(active + 10, key, event)
  })
}

function bidAuction(filling: Filling): Column {
  const key = keyOf(filling, 'auction')
  const hotKey = keyOf(filling, 'auctionIsHot')
  return wholeColumn('int53', filling, event => {
    const last = lastAuction(event)
    if (below(2, hotKey, event) > 0) return FIRST_ID + last - (last % 100)
    const first = Math.max(last - 100, 0)
    return FIRST_ID + first + below(last - first + 11, key, event)
  })
}

function channelCode(filling: Filling): (event: number) => number {
  const key = keyOf(filling, 'channel')
  const hotKey = keyOf(filling, 'channelIsHot')
  const hot = HOT_CHANNELS.length
  return event =>
    below(2, hotKey, event) > 0 ? below(hot, key, event) : hot + below(COLD_CHANNELS, key, event)
}

function priceColumn(filling: Filling, draw: Draw): Column {
  const key = keyOf(filling, draw)
  return wholeColumn('int53', filling, event => priceOf(word(key, event)))
}

function timeOf({ config }: Filling): (event: number) => number {
  const { startMs, eventsPerSecond } = config
  return event => startMs + Math.floor((event * 1000) / eventsPerSecond)
}

const dateTime = (filling: Filling): Column => wholeColumn('timestamp[ms]', filling, timeOf(filling))

function expires(filling: Filling): Column {
  const key = keyOf(filling, 'expires')
  const time = timeOf(filling)
  const horizonMs = Math.floor((Math.floor((100 * 50) / 3) * 1000) / filling.config.eventsPerSecond)
  const longestMs = Math.max(1, 2 * horizonMs)
  return wholeColumn('timestamp[ms]', filling, event => time(event) + 1 + below(longestMs, key, event))
}

const EMAIL_BYTES = 7 + 1 + 5 + 4
const CARD_BYTES = 4 * 4 + 3
const AT = 64
const DOT_COM = [46, 99, 111, 109]
const SPACE = 32
const ZERO = 48

function emailAddress(filling: Filling): Column {
  const key = keyOf(filling, 'email')
  const hostKey = keyOf(filling, 'emailHost')
  return madeColumn(
    filling,
    () => EMAIL_BYTES,
    (bytes, at, _end, event) => {
      writeLetters(bytes, at, at + 7, key, event)
      bytes[at + 7] = AT
      writeLetters(bytes, at + 8, at + 13, hostKey, event)
      for (let i = 0; i < 4; i++) bytes[at + 13 + i] = DOT_COM[i]!
    },
  )
}

function creditCard(filling: Filling): Column {
  const key = keyOf(filling, 'creditCard')
  return madeColumn(
    filling,
    () => CARD_BYTES,
    (bytes, at, _end, event) => {
      for (let group = 0; group < 4; group++) {
        let digits = below(10_000, key, event * 4 + group)
        for (let place = 3; place >= 0; place--) {
          bytes[at + group * 5 + place] = ZERO + (digits % 10)
          digits = Math.floor(digits / 10)
        }
        if (group < 3) bytes[at + group * 5 + 4] = SPACE
      }
    },
  )
}

/** Which of a list of texts an event draws. */
function drawn(filling: Filling, draw: Draw, size: number): (event: number) => number {
  const key = keyOf(filling, draw)
  return event => below(size, key, event)
}

function nameCode(filling: Filling): (event: number) => number {
  const first = drawn(filling, 'firstName', FIRST_NAMES.length)
  const last = drawn(filling, 'lastName', LAST_NAMES.length)
  return event => first(event) * LAST_NAMES.length + last(event)
}

const cityCode = (filling: Filling) => drawn(filling, 'city', CITIES.length)
const stateCode = (filling: Filling) => drawn(filling, 'state', STATES.length)

/** Of random letters: `least` of them, and up to before `more` more. */
function lettersColumn(filling: Filling, draw: Draw, lengthOf: (event: number) => number): Column {
  const key = keyOf(filling, draw)
  return madeColumn(filling, lengthOf, (bytes, at, end, event) => writeLetters(bytes, at, end, key, event))
}

function itemNameLength(filling: Filling): (event: number) => number {
  const draw = drawn(filling, 'itemNameLength', 18)
  return event => 3 + draw(event)
}

function descriptionLength(filling: Filling): (event: number) => number {
  const draw = drawn(filling, 'descriptionLength', 98)
  return event => 3 + draw(event)
}

function personExtra(filling: Filling): Column {
  const { names, cities, states } = lists
  const [name, city, state] = [nameCode(filling), cityCode(filling), stateCode(filling)]
  return extraColumn(filling, 200, event => {
    const listed = names.lengthOf(name(event)) + cities.lengthOf(city(event)) + states.lengthOf(state(event))
    return 8 + EMAIL_BYTES + CARD_BYTES + listed
  })
}

function auctionExtra(filling: Filling): Column {
  const [itemName, description] = [itemNameLength(filling), descriptionLength(filling)]
  return extraColumn(filling, 500, event => 8 + itemName(event) + description(event) + 5 * 8)
}

function reserve(filling: Filling): Column {
  const key = keyOf(filling, 'initialBid')
  const moreKey = keyOf(filling, 'reserve')
  return wholeColumn('int53', filling, event => priceOf(word(key, event)) + priceOf(word(moreKey, event)))
}

function category(filling: Filling): Column {
  const draw = drawn(filling, 'category', CATEGORIES)
  return wholeColumn('int53', filling, event => FIRST_CATEGORY + draw(event))
}

const persons: Fillers<typeof PERSONS> = {
  id: filling => wholeColumn('int53', filling, event => FIRST_ID + lastPerson(event)),
  name: filling => listedColumn(lists.names, filling, nameCode(filling)),
  emailAddress,
  creditCard,
  city: filling => listedColumn(lists.cities, filling, cityCode(filling)),
  state: filling => listedColumn(lists.states, filling, stateCode(filling)),
  dateTime,
  extra: personExtra,
}

const auctions: Fillers<typeof AUCTIONS> = {
  id: filling => wholeColumn('int53', filling, event => FIRST_ID + lastAuction(event)),
  itemName: filling => lettersColumn(filling, 'itemName', itemNameLength(filling)),
  description: filling => lettersColumn(filling, 'description', descriptionLength(filling)),
  initialBid: filling => priceColumn(filling, 'initialBid'),
  reserve,
  dateTime,
  expires,
  seller: filling => personColumn(filling, 'seller', 'sellerIsHot', 0),
  category,
  extra: auctionExtra,
}

const bids: Fillers<typeof BIDS> = {
  auction: bidAuction,
  bidder: filling => personColumn(filling, 'bidder', 'bidderIsHot', 1),
  price: filling => priceColumn(filling, 'price'),
  channel: filling => listedColumn(lists.channels, filling, channelCode(filling)),
  url: filling => listedColumn(urlsOf(filling.config), filling, channelCode(filling)),
  dateTime,
  extra: filling => extraColumn(filling, 100, () => 4 * 8),
}

export const FILLERS: Readonly<Record<Kind, Readonly<Record<string, (filling: Filling) => Column>>>> = {
  persons,
  auctions,
  bids,
}
