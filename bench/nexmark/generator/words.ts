/** The texts of few distinct values: names, places, channels and their addresses. */

import { below, drawKey, firstLetters, nextLetters } from './random.ts'

export const FIRST_NAMES = 'Ada Bela Chen Dana Elif Femi Goran Hana Iris Jonas Kofi'.split(' ')
export const LAST_NAMES = 'Abara Brandt Costa Dufour Eriksen Farkas Gallo Horvat Ivanov'.split(' ')
export const CITIES = [
  'Phoenix',
  'Los Angeles',
  'San Francisco',
  'Boise',
  'Portland',
  'Bend',
  'Redmond',
  'Seattle',
  'Kent',
  'Cheyenne',
]
export const STATES = ['AZ', 'CA', 'ID', 'OR', 'WA', 'WY']

export const HOT_CHANNELS = ['Google', 'Facebook', 'Baidu', 'Apple']
export const COLD_CHANNELS = 10_000

/** All names of persons; the code of one is `first · last names + last`. */
export const NAMES = FIRST_NAMES.flatMap(first => LAST_NAMES.map(last => `${first} ${last}`))

/** All channels: the hot ones, then the others by number. */
export const CHANNELS = [
  ...HOT_CHANNELS,
  ...Array.from({ length: COLD_CHANNELS }, (_, number) => `channel-${number}`),
]

/** Random small letters. */
export function letters(length: number, key: number, event: number): string {
  let state = firstLetters(key, event)
  let text = ''
  for (let i = 0; i < length; i++) {
    if (i % 4 === 0) state = nextLetters(state)
    text += String.fromCharCode(97 + ((((state >>> ((i % 4) * 8)) & 255) * 26) >> 8))
  }
  return text
}

/** The address of each of {@link CHANNELS}: 9 of 10 of those that are not hot say the channel's id. */
export function channelUrls(seed: number): readonly string[] {
  const known = urlsBySeed.get(seed)
  if (known) return known
  const key = drawKey(seed, 'url')
  const hasId = drawKey(seed, 'urlHasChannel')
  const urls = CHANNELS.map((_, code) => {
    const [a, b, c] = [0, 1, 2].map(part => letters(5, key, code * 3 + part))
    const url = `https://www.nexmark.com/${a}/${b}/${c}/item.htm?query=1`
    const number = code - HOT_CHANNELS.length
    return number < 0 || below(10, hasId, code) === 0 ? url : `${url}&channel_id=${channelId(number)}`
  })
  urlsBySeed.set(seed, urls)
  return urls
}

const urlsBySeed = new Map<number, readonly string[]>()

/** The bits of the number in reverse order, as a number that is not negative. */
function channelId(number: number): number {
  let reversed = 0
  for (let bit = 0; bit < 32; bit++) reversed = (reversed << 1) | ((number >>> bit) & 1)
  return Math.abs(reversed)
}
