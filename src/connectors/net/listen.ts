/** `listen`: rows that others send. */

import type { Dataset } from '../../core/dataset/dataset.ts'
import { siftedSource } from '../../core/dataset/sifted.ts'
import type { ColumnTypes } from '../../core/dataset/source-arguments.ts'
import {
  type RowOfValidator,
  type RowSchema,
  type RowValidators,
  rowsAsked,
} from '../../core/dataset/validated.ts'
import { PlanError } from '../../core/errors.ts'
import { callback, checkNames, text, whole } from '../../core/options.ts'
import type { RowOf } from '../../core/types/row.ts'
import { badRows, type FileOptions } from '../files/from-files.ts'
import type { ListenHttpOptions } from './listen-http.ts'

/**
 * `onBadRow`: by default a request with a row that does not fit is refused as a whole; else its other rows are taken, and such
 * rows are left out, or dead letters.
 */
type ListenOptions = ListenHttpOptions & Pick<FileOptions, 'onBadRow'>

/**
 * Rows that are posted to a server of this process, as JSON (an object, an array, lines) or CSV by their content type. A
 * request is answered with 200 and the number of its rows once all sinks have committed them (`commitEveryMs` of the job),
 * and with 503 when the job ends before. All of a request's rows are taken or none: one that does not fit is a 400 which says
 * why. A validator (Standard Schema) is asked at receipt. While too many rows wait, requests are refused with 429 and `Retry-After`.
 *
 * Rows come in the order of their requests. They cannot be read again: a job over them cannot be restored.
 *
 * @param options `port`; `path`, `/` by default; `host`, this machine alone by default; `token`, which requests must have as
 * `Authorization: Bearer <token>`; `maxWaitingRows`, `maxBodyBytes`; `onListening` is told the address
 * @throws {ConnectorError} `LISTEN_FAILED` when the job starts
 * @example
 * listen.http({ port: 8080, path: '/readings', token: 'secret' }, { at: 'timestamp', sensor: 'utf8', value: 'float64' })
 */
function http<V extends RowValidators>(
  options: ListenOptions,
  validator: V,
): Dataset<RowOfValidator<V>, 'unbounded'>
function http<S extends ColumnTypes>(options: ListenOptions, columns: S): Dataset<RowOf<S>, 'unbounded'>
function http(options: ListenOptions, columns: RowSchema): Dataset<any, 'unbounded'> {
  checkNames('listen.http', options, OPTIONS, http)
  const { port, path = '/', host, token, maxWaitingRows, maxBodyBytes, onListening } = options
  whole(port, 'port of listen.http()', 0, 65_535, http)
  text(path, 'path of listen.http()', http)
  if (host !== undefined) text(host, 'host of listen.http()', http)
  if (token !== undefined) text(token, 'token of listen.http()', http)
  if (maxWaitingRows !== undefined) whole(maxWaitingRows, 'maxWaitingRows', 1, Number.MAX_SAFE_INTEGER, http)
  if (maxBodyBytes !== undefined) whole(maxBodyBytes, 'maxBodyBytes', 1, 2 ** 30, http)
  if (onListening !== undefined) callback(onListening, 'onListening', http)
  const bad = badRows(options, http)
  const { schema, validator } = rowsAsked(columns, http)
  if (!schema)
    throw new PlanError('SCHEMA_NEEDED', 'listen.http needs a schema: it is not known what will come', {
      hint: "listen.http({ port: 8080 }, { at: 'timestamp', value: 'float64' })",
      above: http,
    })
  const label = `http on port ${port}${path}`
  const load = async (marks: boolean) => {
    const { listenHttpSource } = await import('./listen-http.ts')
    return listenHttpSource(options, { schema, ...(validator && { validator }), marks })
  }
  return siftedSource({ label, bounded: false, load }, validator?.out ?? schema, bad, http)
}

const OPTIONS = ['port', 'path', 'host', 'token', 'maxWaitingRows', 'maxBodyBytes', 'onListening', 'onBadRow']

/** Where rows come from that others send. */
export const listen = Object.freeze({ http })
