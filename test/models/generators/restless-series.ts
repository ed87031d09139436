/**
 * Restless series: what monitoring calls ordinary in production is full of what looks like faults. Machines are deployed
 * to, jobs start and fail, people talk of something, sensors drift. Each series draws its own parameters, so that no two
 * of a kind are alike; `sigma` is 1 and the size of ordinary noise about that, so that faults are sized as everywhere.
 */
import { countNumber, gaussian, type Uniform } from '../detectors/simulate.ts'
import type { BaseSeries } from './base-series.ts'
import { colored, course, drawn, exponential, minutes, type Open, student } from './drawn-series.ts'

const DAY = 288
const HOUR = 12

const between = (u: Uniform, low: number, high: number): number => low + (high - low) * u()
/** Even on a logarithmic scale. */
const around = (u: Uniform, low: number, high: number): number => low * (high / low) ** u()
/** Pareto's distribution, from 1 on. */
const pareto = (u: Uniform, index: number): number => (1 - u()) ** (-1 / index)
const weekend = (i: number): boolean => Math.floor(i / DAY) % 7 > 4
/** 1 at a place of the day, falling to 0 within so many values. */
const peak = (i: number, at: number, width: number): number =>
  Math.exp(-0.5 * (((i % DAY) - at) / width) ** 2)

/** Something that happens once in so many values and lasts a while: 1 while it does, else 0. */
const spells = (u: Uniform, apart: number, lasting: number): (() => number) => {
  let left = 0
  return () => {
    const starts = u() < 1 / apart
    const length = 1 + lasting * exponential(u)
    if (starts && left <= 0) left = length
    return left-- > 0 ? 1 : 0
  }
}

/** Steps to a new level once in so many values. */
const steps = (u: Uniform, apart: number, size: number): (() => number) => {
  let level = 0
  return () => {
    const to = size * gaussian(u)
    if (u() < 1 / apart) level = to
    return level
  }
}

/** A size for each spell of something, drawn when it begins. */
const sized = (on: () => number, size: () => number): (() => number) => {
  let height = 0
  let before = 0
  return () => {
    const now = on()
    const drawn = size()
    if (now > before) height = drawn
    before = now
    return now * height
  }
}

/** A host's processor: noise, deploys that change the level, a job each night, others at any time, short spikes. */
const processor: Open = u => {
  const z = colored(between(u, 0.2, 0.9), () => student(u, 5))
  const deploys = steps(u, around(u, 500, 4000), around(u, 1, 6))
  const nightly = Math.floor(between(u, 0, DAY))
  const height = u() < 0.5 ? around(u, 4, 30) : 0
  const length = Math.floor(around(u, 2, 40))
  const jobs = sized(spells(u, around(u, 100, 1500), around(u, 1, 20)), () => 10 * exponential(u))
  const spiky = around(u, 0.001, 0.02)
  return (i, spread) => {
    const spike = u() < spiky ? 1 : 0
    const size = 8 * exponential(u)
    const night = (i + DAY - nightly) % DAY < length ? height : 0
    return 10 + z(spread) + deploys() + night + jobs() + spike * size
  }
}

/** Bytes over a network: long quiet, and transfers of any size. */
const network: Open = u => {
  const z = colored(between(u, 0, 0.6), () => student(u, 5))
  const index = between(u, 1.1, 2.5)
  const unit = around(u, 2, 6)
  const transfers = sized(spells(u, around(u, 40, 600), around(u, 0.2, 10)), () => unit * pareto(u, index))
  return (_i, spread) => 5 + z(spread) + Math.min(transfers(), 1e4)
}

/** Latencies whose volatility wanders, with a tail, and slow spells. */
const response: Open = u => {
  const keep = between(u, 0.95, 0.998)
  const wander = colored(keep, () => gaussian(u))
  const moods = between(u, 0.2, 0.7) * Math.sqrt(1 - keep * keep)
  const z = colored(between(u, 0, 0.8), () => student(u, 4))
  const slow = sized(spells(u, around(u, 200, 2000), around(u, 3, 30)), () => exponential(u))
  const size = around(u, 0.1, 0.4)
  return (_i, spread) => {
    const volatility = Math.exp(moods * wander(1))
    return Math.exp(size * (z(spread * volatility) + 4 * slow())) / size
  }
}

/** Hourly prices of clicks: steps between day and night, at about the same hours, noise in proportion, single spikes. */
const price: Open = u => {
  const z = colored(between(u, 0, 0.5), () => student(u, 4))
  const night = around(u, 0.3, 0.9)
  const from = 18 + 6 * u()
  const level = steps(u, around(u, 100, 1000), 0.2)
  const spiky = around(u, 0.002, 0.02)
  const size = around(u, 0.05, 0.2)
  return (i, spread) => {
    const hour = (i % 24) + 0.7 * gaussian(u)
    const spike = u() < spiky ? pareto(u, 1.5) : 1
    const low = hour > from || hour < from - 16 ? night : 1
    return (low * Math.exp(level()) * spike * (1 + size * z(spread))) / size
  }
}

/** A road's occupancy: two rush hours a working day, each day's their own, seldom a holiday, jams at any time. */
const occupancy: Open = u => {
  const z = colored(between(u, 0.3, 0.8), () => student(u, 6))
  const size = around(u, 4, 15)
  const jams = sized(spells(u, around(u, 500, 3000), around(u, 3, 15)), () => 8 * exponential(u))
  let holiday = false
  let heights = [1, 1]
  let shifts = [0, 0]
  let today = -1
  return (i, spread) => {
    if (Math.floor(i / DAY) !== today) {
      today = Math.floor(i / DAY)
      holiday = u() < 1 / 30
      heights = [Math.exp(0.3 * gaussian(u)), Math.exp(0.3 * gaussian(u))]
      shifts = [6 * gaussian(u), 6 * gaussian(u)]
    }
    const works = holiday || weekend(i) ? 0.25 : 1
    const rush = heights[0]! * peak(i, 96 + shifts[0]!, 14) + heights[1]! * peak(i, 210 + shifts[1]!, 20)
    const level = size * (0.15 + 0.3 * Math.max(0, course(i, DAY)) + works * rush)
    return Math.max(0, level + (0.5 + level / size) * z(spread) + jams())
  }
}

/** A road's speed: free but for rush hours that come on some days. */
const speed: Open = u => {
  const z = colored(between(u, 0.2, 0.7), () => student(u, 5))
  const often = between(u, 0.2, 0.8)
  const depth = around(u, 5, 25)
  const accidents = sized(spells(u, around(u, 500, 4000), around(u, 3, 15)), () => depth * u())
  let today = -1
  let dips = [0, 0]
  let at = [96, 210]
  return (i, spread) => {
    if (Math.floor(i / DAY) !== today) {
      today = Math.floor(i / DAY)
      dips = [0, 0].map(() => (u() < often ? 1 : 0) * depth * u())
      at = [96 + 8 * gaussian(u), 210 + 8 * gaussian(u)]
    }
    const rush = weekend(i) ? 0 : dips[0]! * peak(i, at[0]!, 8) + dips[1]! * peak(i, at[1]!, 10)
    return 60 + z(spread) - rush - accidents()
  }
}

/** Mentions: counts with a day, and bursts of any size that fade. */
const talk: Open = u => {
  const mean = around(u, 3, 60)
  const swing = between(u, 0.2, 0.9)
  const fades = between(u, 0.5, 0.95)
  const apart = around(u, 80, 1200)
  const index = between(u, 1.2, 2.5)
  const scale = around(u, 0.3, 2)
  const spread2 = between(u, 0, 0.2)
  let talked = 0
  return (i, spread) => {
    const burst = scale * pareto(u, index)
    talked = fades * talked + (u() < 1 / apart ? burst : 0)
    const now = mean * Math.exp(swing * course(i, DAY)) * (1 + Math.min(talked, 100))
    return (now + spread * (countNumber(u, now, spread2) - now)) / Math.sqrt(mean)
  }
}

/** A machine's temperature: slow, drifting, with load, and stops after which it has to warm up. */
const machine: Open = u => {
  const z = colored(between(u, 0.9, 0.99), () => student(u, 6))
  const drift = colored(0.999, () => around(u, 0.02, 0.1) * gaussian(u))
  const load = steps(u, around(u, 100, 1000), around(u, 2, 8))
  const stops = spells(u, around(u, 1500, 8000), around(u, 10, 60))
  const follows = around(u, 0.02, 0.2)
  let heat = 0
  return (_i, spread) => {
    const to = load() - 40 * stops()
    heat += follows * (to - heat)
    return 80 + heat + drift(1) + z(spread) + 0.3 * gaussian(u)
  }
}

/** A room's temperature by the hour: weather, people, a window left open, a heating that goes on and off. */
const room: Open = u => {
  const weather = colored(0.995, () => 0.4 * gaussian(u))
  const z = colored(between(u, 0.4, 0.8), () => student(u, 8))
  const people = around(u, 0.5, 4)
  const windows = sized(spells(u, around(u, 100, 800), 3), () => -4 * exponential(u))
  const heating = steps(u, around(u, 150, 800), around(u, 0.5, 3))
  return (i, spread) => {
    const works = Math.floor(i / 24) % 7 > 4 ? 0.2 : 1
    return 70 + weather(1) + works * people * course(i, 24) + windows() + heating() + z(spread)
  }
}

/** A disk that fills and is cleaned, sooner or later. */
const disk: Open = u => {
  const speedOf = around(u, 0.05, 0.5)
  const clean = around(u, 100, 1000)
  const z = colored(between(u, 0, 0.5), () => gaussian(u))
  let filled = 0
  let until = clean
  return (_i, spread) => {
    filled += speedOf * (1 + 0.5 * gaussian(u))
    const rest = filled * 0.2 * u()
    const next = clean * (0.7 + 0.6 * u())
    if (--until < 0) {
      filled = rest
      until = next
    }
    return filled + z(spread)
  }
}

/** A queue: empty, and at times not. */
const queue: Open = u => {
  const busy = between(u, 0.6, 0.95)
  const batch = around(u, 1, 6)
  let waiting = 0
  return (_i, spread) => {
    const come = batch * countNumber(u, busy, 0.5)
    waiting = Math.max(0, waiting + come - batch)
    return Math.max(0, waiting * spread)
  }
}

/** A job each hour, six hours or day, of any length, that at times does not come, or comes late. */
const cron: Open = u => {
  const period = [HOUR, 6 * HOUR, DAY][Math.floor(3 * u())]!
  const length = Math.max(1, Math.floor(between(u, 0.05, 0.4) * Math.min(period, 40)))
  const height = around(u, 4, 20)
  const missed = between(u, 0, 0.1)
  const late = between(u, 0, 2)
  const z = colored(between(u, 0, 0.7), () => student(u, 6))
  let begins = 0
  let tall = height
  return (i, spread) => {
    const delay = Math.floor(late * exponential(u))
    const fails = u() < missed
    const own = height * Math.exp(0.2 * gaussian(u))
    if (i % period === 0) {
      begins = fails ? -1 : delay
      tall = own
    }
    const since = (i % period) - begins
    return 5 + z(spread) + (begins >= 0 && since >= 0 && since < length ? tall : 0)
  }
}

/** Instances behind a balancer: load by the day, which words32 and doubles as their number is changed. */
const balanced: Open = u => {
  const z = colored(between(u, 0.3, 0.8), () => student(u, 6))
  const swing = between(u, 0.2, 0.8)
  const size = around(u, 0.04, 0.15)
  const most = around(u, 1.2, 1.8)
  let instances = 1
  let since = 0
  return (i, spread) => {
    const all = Math.exp(swing * course(i, DAY)) * (weekend(i) ? 0.7 : 1)
    const jitter = 0.1 * gaussian(u)
    since++
    if (since > HOUR && all / instances > most + jitter) {
      instances *= 1.5
      since = 0
    } else if (since > HOUR && all / instances < 0.5 * most + jitter) {
      instances /= 1.5
      since = 0
    }
    return (all / instances) * (1 / size + z(spread))
  }
}

/** Some of everything. */
const mixture: Open = u => {
  const heavy = around(u, 3, 20)
  const z = colored(between(u, 0, 0.95), () => student(u, heavy))
  const moods = u() < 0.5 ? between(u, 0.2, 0.8) : 0
  const keep = between(u, 0.95, 0.998)
  const wander = colored(keep, () => gaussian(u) * Math.sqrt(1 - keep * keep))
  const some = (most: number): number => (u() < 0.5 ? most : 0)
  const season = some(around(u, 0.5, 8))
  const levels = some(around(u, 1, 10))
  const levelsOf = steps(u, around(u, 200, 3000), 1)
  const bursts = some(around(u, 2, 20))
  const burstsOf = sized(spells(u, around(u, 60, 2000), around(u, 0.3, 40)), () =>
    Math.min(50, exponential(u) ** 2),
  )
  const noise = some(between(u, 1, 6))
  const noisy = spells(u, around(u, 200, 2000), around(u, 10, 100))
  const log = u() < 0.3 ? around(u, 0.05, 0.3) : 0
  return (i, spread) => {
    const volatility = Math.exp(moods * wander(1)) * (1 + noise * noisy())
    const x = z(spread * volatility) + season * course(i, DAY) + levels * levelsOf() + bursts * burstsOf()
    return log > 0 ? Math.exp(Math.min(log * x, 30)) / log : x
  }
}

const fromZero = (x: number): number => Math.max(0, x)
const wholeFromZero = (x: number): number => Math.max(0, Math.round(x))
const hundredths = (x: number): number => Math.round(100 * x) / 100
const twoPlaces = (x: number): number => hundredths(fromZero(x))

const kind = (
  name: string,
  open: Open,
  reading: (x: number) => number,
  rest: { season?: number; hourly?: true; down?: number } = {},
): BaseSeries => ({
  name,
  everyMs: minutes(rest.hourly ? 60 : 5),
  sigma: 1,
  ...(rest.season === undefined ? {} : { season: rest.season }),
  draw: drawn(1, open, reading, rest.down),
})

export const RESTLESS_SERIES: readonly BaseSeries[] = [
  kind('host processor', processor, twoPlaces, { down: 0 }),
  kind('network bytes', network, twoPlaces, { down: 0 }),
  kind('response times', response, fromZero, { down: 0 }),
  kind('click prices', price, fromZero, { season: 24, hourly: true, down: 0 }),
  kind('road occupancy', occupancy, fromZero, { season: DAY, down: 0 }),
  kind('road speed', speed, Math.round, { season: DAY, down: 0 }),
  kind('talk', talk, fromZero, { season: DAY, down: 0 }),
  kind('machine temperature', machine, x => x),
  kind('room temperature', room, x => x, { season: 24, hourly: true }),
  kind('disk', disk, hundredths, { down: 0 }),
  kind('queue', queue, wholeFromZero, { down: 0 }),
  kind('cron', cron, twoPlaces, { down: 0 }),
  kind('balanced load', balanced, fromZero, { season: DAY, down: 0 }),
  kind('mixture', mixture, x => x),
]
