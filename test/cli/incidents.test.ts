import { expect, it } from 'vitest'
import { type Alert, incidentsOf } from '../../src/cli/incidents.ts'

const HOUR_MS = 3_600_000

const alert = (hour: number, more: Partial<Alert> = {}): Alert => ({
  origin: 'IAH',
  series: 'departures',
  windowStart: new Date(hour * HOUR_MS),
  windowEnd: new Date((hour + 1) * HOUR_MS),
  observed: 1,
  expected: 20,
  score: 5,
  ...more,
})

it('takes alerts within a day of the next together, in any order', () => {
  const [incident, ...others] = incidentsOf([alert(30), alert(0), alert(7, { observed: 4, score: 6 })])
  expect(others).toEqual([])
  expect(incident).toEqual({
    origin: 'IAH',
    series: 'departures',
    from: new Date(0),
    to: new Date(31 * HOUR_MS),
    hours: 3,
    observed: 2,
    expected: 20,
    score: 16,
  })
})

it('keeps airports, series, directions and quiet days apart', () => {
  const alerts = [
    alert(0),
    alert(25),
    alert(1, { origin: 'HOU' }),
    alert(1, { origin: null }),
    alert(1, { series: 'delay' }),
    alert(1, { observed: 50 }),
  ]
  expect(incidentsOf(alerts)).toHaveLength(6)
  expect(incidentsOf(alerts.slice(0, 2)).map(({ from }) => from.getTime() / HOUR_MS)).toEqual([0, 25])
})

it('puts the strongest first', () => {
  const incidents = incidentsOf([alert(0, { score: 1 }), alert(500, { score: 9 }), alert(900, { score: 4 })])
  expect(incidents.map(({ score }) => score)).toEqual([9, 4, 1])
  expect(incidentsOf([])).toEqual([])
})
