/** The answers of DuckDB, over tables that hold the events as the plain rows of the definition. */

import { DuckDBInstance } from '@duckdb/node-api'
import { type NexmarkConfig, unitEvents } from '../../bench/nexmark/generator/config.ts'
import { eventsOf } from '../../bench/nexmark/generator/rows.ts'
import { SIDE_ROWS, sideValue } from '../../bench/nexmark/generator/side.ts'
import { SCHEMAS } from '../../bench/nexmark/generator/tables.ts'
import type { Row } from './compare.ts'

const SQL_TYPES = { int53: 'BIGINT', utf8: 'VARCHAR', 'timestamp[ms]': 'TIMESTAMP' } as const

interface Oracle {
  ask(sql: string): Promise<Row[]>
}

/** By events: loading them costs more than asking. */
const oracles = new Map<string, Promise<Oracle>>()

/** The answer to a query over the events of a configuration. */
export async function answer(config: NexmarkConfig, sql: string): Promise<Row[]> {
  const { text: _, ...events } = config
  const key = JSON.stringify(events)
  let oracle = oracles.get(key)
  if (!oracle) oracles.set(key, (oracle = load(config)))
  return (await oracle).ask(sql)
}

async function load(config: NexmarkConfig): Promise<Oracle> {
  const connection = await (await DuckDBInstance.create(':memory:')).connect()
  await connection.run("SET TimeZone = 'UTC'")
  for (const [table, columns] of Object.entries(SCHEMAS)) {
    const names = Object.entries(columns).map(([name, type]) => `${name} ${SQL_TYPES[type]}`)
    await connection.run(`CREATE TABLE ${table} (${names.join(', ')}, split INTEGER, place BIGINT)`)
    const appender = await connection.createAppender(table)
    for (const { kind, row, split, offset } of eventsOf(config)) {
      if (kind !== table) continue
      for (const [name, type] of Object.entries(columns)) {
        const value = (row as any)[name]
        if (type === 'utf8') appender.appendVarchar(value)
        else if (type === 'int53') appender.appendBigInt(BigInt(value))
        else appender.appendTimestamp({ micros: BigInt(value.getTime()) * 1000n } as any)
      }
      appender.appendInteger(split)
      appender.appendBigInt(BigInt(offset))
      appender.endRow()
    }
    appender.closeSync()
  }
  await connection.run('CREATE TABLE side (key BIGINT, value VARCHAR)')
  const side = await connection.createAppender('side')
  for (let key = 0; key < SIDE_ROWS; key++) {
    side.appendBigInt(BigInt(key))
    side.appendVarchar(sideValue(key))
    side.endRow()
  }
  side.closeSync()
  return {
    async ask(sql) {
      const reader = await connection.runAndReadAll(sql)
      return reader.getRowObjectsJS() as Row[]
    },
  }
}

/** The most events below a number that a configuration can have. */
export const wholeUnits = (events: number, config: Pick<NexmarkConfig, 'group'>): number =>
  events - (events % unitEvents(config))
