import { inspect } from 'node:util'
import { tableFromArrays } from 'apache-arrow'
import { expect, it } from 'vitest'
import { count, memory, read, tumbling } from '../../../src/index.ts'

const flights = read.rows([{ at: new Date(0), origin: 'IAH', 'an odd\nname': 1 }], {
  at: 'timestamp[ms]',
  origin: 'utf8',
  'an odd\nname': 'int32',
})
const asked = read.arrow(tableFromArrays({ n: Int32Array.of(1), m: Float64Array.of(2) }))

it('schema() gives the columns, and asks the source where it must', async () => {
  expect(await flights.drop('at').schema()).toEqual([
    { name: 'origin', type: 'utf8' },
    { name: 'an odd\nname', type: 'int32' },
  ])
  expect(await asked.with({ more: r => r.n.add(1) }).schema()).toEqual([
    { name: 'n', type: 'int32' },
    { name: 'm', type: 'float64' },
    { name: 'more', type: 'int32' },
  ])
  const hourly = flights.watermark('at').window(tumbling('1h')).agg({ n: count() })
  expect((await hourly.late().schema()).map(({ name }) => name)).toEqual(['at', 'origin', 'an odd\nname'])
  const late = asked.with({ at: r => r.n.cast('int64') }).select('nope')
  await expect(late.schema()).rejects.toMatchObject({ code: 'UNKNOWN_COLUMN' })
})

it('a dataset prints its columns, not its insides', () => {
  const text = 'Dataset (bounded) { at: timestamp[ms], origin: utf8, "an odd\\nname": int32 }'
  expect(inspect(flights)).toBe(text)
  expect(`${flights}`).toBe(text)
  expect(JSON.parse(JSON.stringify(flights.select('origin')))).toEqual({
    bounds: 'bounded',
    schema: [{ name: 'origin', type: 'utf8' }],
  })
  expect(inspect(asked)).toBe('Dataset (bounded) whose columns its source knows: await dataset.schema()')
  expect(inspect({ flights: flights.select('origin') })).toBe(
    '{ flights: Dataset (bounded) { origin: utf8 } }',
  )
})

it('so do writes and expressions', async () => {
  const write = flights.write(memory())
  expect(inspect(write)).toBe('PendingWrite to memory, which start() runs')
  await write.explain()
  let printed = ''
  flights.filter(r => {
    printed = inspect(r.origin.eq('IAH'))
    return r.origin.eq('IAH')
  })
  expect(printed).toBe('Expression { origin = "IAH" }')
})
