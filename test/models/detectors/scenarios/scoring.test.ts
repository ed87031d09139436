import { describe, expect, it } from 'vitest'
import { delayOf, eventsIn, poissonInterval } from './scoring.ts'

const marked = (length: number, rows: readonly number[]): Uint8Array => {
  const marks = new Uint8Array(length)
  for (const row of rows) marks[row] = 1
  return marks
}

describe('events', () => {
  it('are marks not more than 50 apart, however many', () => {
    const marks = marked(500, [10, 60, 110, 161, 300])
    expect(eventsIn(marks, 0, 500)).toEqual([10, 161, 300])
    expect(eventsIn(marked(500, []), 0, 500)).toEqual([])
  })

  it('are counted within the rows asked for', () => {
    const marks = marked(500, [10, 60, 300])
    expect(eventsIn(marks, 50, 300)).toEqual([60])
    expect(eventsIn(marks, 11, 60)).toEqual([])
  })
})

describe('what is marked by a person', () => {
  const truth = { kind: 'burst', from: 100, to: 119, delay: 5 }
  it.each([
    [[100], 0],
    [[119], 19],
    [[124], 24],
    [[125], null],
    [[99], null],
    [[99, 103, 104], 3],
    [[], null],
  ])('is found by alarms at %j after %s', (rows, delay) => {
    expect(delayOf(marked(200, rows), truth)).toBe(delay)
  })

  it('is not found where the series ends before', () => {
    expect(delayOf(marked(110, []), truth)).toBeNull()
  })
})

describe('the interval of a Poisson mean', () => {
  // Garwood's table, as R's poisson.test gives it.
  it.each([
    [0, 0, 3.688879],
    [1, 0.02531781, 5.571643],
    [10, 4.795389, 18.39036],
    [100, 81.36398, 121.627],
  ])('that has given %d is %d to %d', (count, least, most) => {
    const [low, high] = poissonInterval(count)
    expect(low).toBeCloseTo(least, 4)
    expect(high).toBeCloseTo(most, 3)
  })

  it('is wider the surer it has to be', () => {
    expect(poissonInterval(10, 0.99)[1]).toBeGreaterThan(poissonInterval(10, 0.95)[1])
  })
})
