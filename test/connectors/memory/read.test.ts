import { expect, it } from 'vitest'
import { read } from '../../../src/index.ts'

function* numbers() {
  yield { n: 1 }
  yield { n: 2 }
}

it('an iterable that was read gives an error when it is read again, not no rows', async () => {
  const dataset = read.iterable(numbers(), { n: 'int8' }, { bounded: true })
  expect(await dataset.explain()).toContain('iterable')
  expect(await dataset.count()).toBe(2)
  await expect(dataset.count()).rejects.toMatchObject({ name: 'ConnectorError', code: 'NOT_REPLAYABLE' })
})
