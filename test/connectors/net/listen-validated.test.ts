/** Rows that are posted and do not fit: refused at receipt, left out, or dead letters. */

import { expect, it, onTestFinished } from 'vitest'
import { z } from 'zod'
import { deadLetter, listen, memory } from '../../../src/index.ts'

const order = z.object({ id: z.int(), name: z.string().min(1).default('none') })

/** A job over what is posted, and how to post to it. */
async function listening(options: object) {
  const address = Promise.withResolvers<string>()
  const sink = memory()
  const rows = listen.http({ port: 0, onListening: address.resolve, ...options }, order)
  const job = await rows.write(sink).start({ commitEveryMs: 20 })
  onTestFinished(() => job.stop().then(() => {}))
  const url = await address.promise
  const post = async (body: string, type = 'application/json') => {
    const response = await fetch(url, { method: 'POST', body, headers: { 'content-type': type } })
    return [response.status, await response.json()]
  }
  return { job, sink, post }
}

it('a request with a row that a validator refuses is refused as a whole, with row and issue', async () => {
  const { sink, post } = await listening({})
  const refused = (row: number, column: string, problem: string) => [
    400,
    { row, column, error: `row ${row}, column "${column}": ${problem}` },
  ]
  expect(await post('[{"id":1,"name":"a"},{"id":2,"name":""}]')).toEqual(
    refused(1, 'name', 'Too small: expected string to have >=1 characters'),
  )
  // What cannot be decoded and what is refused are numbered together, and the first one counts.
  expect(await post('{"id":1}\n{"id":2,"name":""}\n{"id":"x"}\n')).toEqual(
    refused(1, 'name', 'Too small: expected string to have >=1 characters'),
  )
  expect(await post('id,name\n1,a\nx,b\n3,\n', 'text/csv')).toEqual(refused(1, 'id', '"x" is no int53'))
  expect(await post('{"id":"x"}\n{"id":2,"name":""}\n')).toMatchObject([400, { row: 0, column: 'id' }])
  expect(await post('[{"id":4},{"id":5,"name":"b"}]')).toEqual([200, { rows: 2 }])
  expect(sink.rows()).toEqual([
    { id: 4, name: 'none' },
    { id: 5, name: 'b' },
  ])
})

it('bad rows are left out, counted, and told the sender', async () => {
  const { job, sink, post } = await listening({ onBadRow: 'skip' })
  const body = '{"id":1,"name":""}\n{"id":2,"name":"b"}\n{"id":"x"}\n{"id":4}\n'
  expect(await post(body)).toEqual([200, { rows: 2, skipped: 2 }])
  expect(await post('[{"id":5,"name":""}]')).toEqual([200, { rows: 0, skipped: 1 }])
  expect(await post('[{"id":6}]')).toEqual([200, { rows: 1 }])
  expect(sink.rows().map(({ id }) => id)).toEqual([2, 4, 6])
  expect(job.progress.skipped).toBe(3)
})

it('bad rows are dead letters, which are committed before the answer', async () => {
  const letters = memory()
  const { sink, post } = await listening({ onBadRow: deadLetter(letters) })
  expect(await post('[{"id":"x"},{"id":2,"name":"b"},{"id":3,"name":""}]')).toEqual([
    200,
    { rows: 1, skipped: 2 },
  ])
  expect(sink.rows()).toEqual([{ id: 2, name: 'b' }])
  expect(letters.rows().map(({ problem, line, ...letter }) => letter)).toEqual([
    { file: null, offset: 0, column: 'id', code: 'VALUE_TYPE', record: '{"id":"x"}' },
    { file: null, offset: 2, column: 'name', code: 'VALIDATION', record: '{"id":3,"name":""}' },
  ])
})

it('a validator whose module is not there ends the job with its name', async () => {
  const validate = { url: new URL('./not-there.ts', import.meta.url).href, export: 'order' }
  const rows = listen.http({ port: 0 }, { validate, schema: { id: 'int32' } })
  const job = await rows.write(memory()).start()
  await expect(job.done).rejects.toMatchObject({ code: 'FUNCTION_IMPORT' })
})
