/** Many series as the rows of one panel, for the tests of pools. */
import { HOUR_MS, type Rows, START_MS } from './simulate.ts'

export interface Panel {
  readonly rows: Rows
  /** The place of each row in its series. */
  readonly places: Uint32Array
}

/** The series of keys 0, 1, …, hour by hour; each begins so many hours after the first. */
export function panelOf(series: readonly Float64Array[], begins: (key: number) => number = () => 0): Panel {
  const keys: number[] = []
  const timesMs: number[] = []
  const values: number[] = []
  const places: number[] = []
  const hours = series.reduce((most, { length }, key) => Math.max(most, begins(key) + length), 0)
  for (let hour = 0; hour < hours; hour++) {
    series.forEach((own, key) => {
      const place = hour - begins(key)
      if (place < 0 || place >= own.length) return
      keys.push(key)
      timesMs.push(START_MS + hour * HOUR_MS)
      values.push(own[place]!)
      places.push(place)
    })
  }
  return {
    rows: {
      keys: Uint32Array.from(keys),
      timesMs: Float64Array.from(timesMs),
      values: Float64Array.from(values),
    },
    places: Uint32Array.from(places),
  }
}
