/** Time zones in DuckDB's SQL: what clocks show, and the instants at which they show it. */

import { textLiteral } from './sql-names.ts'

/** With clocks that change at 2, by half an hour, at midnight, and never. */
export const ZONES = [
  'America/Chicago',
  'Europe/Berlin',
  'Australia/Lord_Howe',
  'America/Sao_Paulo',
  'Asia/Kolkata',
] as const

/** Seconds of 1970: hours before clocks change in several of them. */
export const CHANGES_SECONDS = [986_097_600, 1_003_017_600, 1_004_191_200] as const

/** What clocks of a zone show at a TIMESTAMP of UTC. */
export const localOf = (utc: string, zone: string): string =>
  `timezone(${textLiteral(zone)}, timezone('UTC', ${utc}))`

/** The TIMESTAMP of UTC at which clocks of a zone first show it; DuckDB takes the second of two instants. */
export function instantOf(local: string, zone: string): string {
  const found = `timezone(${textLiteral(zone)}, ${local})`
  const earlier = (interval: string) => `(${found} - INTERVAL ${interval})`
  const shown = (interval: string) =>
    `timezone(${textLiteral(zone)}, ${earlier(interval)}) = ${local} THEN ${earlier(interval)}`
  return `timezone('UTC', CASE WHEN ${shown('1 HOUR')} WHEN ${shown('30 MINUTES')} ELSE ${found} END)`
}
