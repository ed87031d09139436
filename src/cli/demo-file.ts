/** Where the demo's flights are. */

import { existsSync } from 'node:fs'
import { createRequire } from 'node:module'
import { resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import { ConnectorError } from '../index.ts'

/**
 * The three million flights of vega-datasets, installed beside Millrace or in the user's own project.
 *
 * @param places modules to look from
 * @throws {ConnectorError} `DEMO_DATA` when they are nowhere: Millrace itself does not install them
 */
export function demoFile(
  places: readonly URL[] = [new URL(import.meta.url), pathToFileURL(resolve('package.json'))],
): string {
  for (const from of places) {
    try {
      const file = resolve(createRequire(from).resolve('vega-datasets'), '../../data/flights-3m.parquet')
      if (existsSync(file)) return file
    } catch {
      // Not installed there.
    }
  }
  throw new ConnectorError(
    'DEMO_DATA',
    "the demo's flights are not here: they come with the npm package vega-datasets, which Millrace does not install",
    { hint: 'npm install vega-datasets, or give a Parquet file of your own: --file flights.parquet' },
  )
}
