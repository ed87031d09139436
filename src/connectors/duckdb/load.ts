/** Loads DuckDB when it is first needed: nothing that merely imports a connector pays for it. */

import { createRequire } from 'node:module'
import type * as Api from '@duckdb/node-api'
import type Raw from '@duckdb/node-bindings'
import { ConnectorError } from '../../core/errors.ts'

export interface DuckDB {
  readonly api: typeof Api
  /** The C interface under `api`: its vectors come and go as plain bytes, without an object per cell. */
  readonly raw: typeof Raw
}

let loaded: Promise<DuckDB> | undefined

/**
 * The DuckDB client.
 *
 * @throws {ConnectorError} `MISSING_PACKAGE` when it is not installed or has no build for this platform.
 */
export function loadDuckDB(): Promise<DuckDB> {
  loaded ??= load()
  return loaded
}

async function load(): Promise<DuckDB> {
  try {
    const api = await import('@duckdb/node-api')
    const entry = import.meta.resolve('@duckdb/node-api')
    // The bindings are the client's own dependency: ask from there, so that it is the same copy.
    const raw = createRequire(entry)('@duckdb/node-bindings') as typeof Raw
    return { api, raw }
  } catch (cause) {
    loaded = undefined
    throw new ConnectorError('MISSING_PACKAGE', `DuckDB could not be loaded: ${String(cause)}`, {
      hint: 'npm install @duckdb/node-api',
      cause,
    })
  }
}
