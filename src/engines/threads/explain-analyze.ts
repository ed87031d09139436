/** What `explain({ analyze: true })` says besides the plan: what each part of it did, under its line. */

import type { JobMetrics, OperatorMetrics, SinkMetrics, SourceMetrics } from '../../core/job-metrics.ts'

/** By source, operator and sink of the plan: a line of what it did. */
export type AnalyzedLines = ReadonlyMap<string, string>

const INDENT = '    → '

export function analyzedLines({ sources, operators, sinks }: JobMetrics): AnalyzedLines {
  return new Map([
    ...sources.map(source => [source.id, INDENT + ofSource(source)] as const),
    ...operators.map(operator => [operator.id, INDENT + ofOperator(operator)] as const),
    ...sinks.map(sink => [sink.id, INDENT + ofSink(sink)] as const),
  ])
}

/** The last line: what the whole took. */
export function analyzedTotal({ elapsedMs, rowsIn, rowsOut, shards, rowsLate, rowsBad }: JobMetrics): string {
  const cpuMs = shards.some(shard => shard.cpuMs === undefined)
    ? undefined
    : shards.reduce((sum, shard) => sum + shard.cpuMs!, 0)
  const parts = [
    `ran in ${duration(elapsedMs)} on ${shards.length} shard(s)`,
    ...(cpuMs === undefined ? [] : [`CPU of the shards ${duration(cpuMs)}`]),
    `${count(rowsIn)} rows in, ${count(rowsOut)} out`,
    ...(rowsLate > 0 ? [`${count(rowsLate)} late`] : []),
    ...(rowsBad > 0 ? [`${count(rowsBad)} bad`] : []),
  ]
  return `${parts.join('; ')}; nothing was written`
}

const ofSource = ({ rows, batches, bytes, waitingMs, backPressuredMs }: SourceMetrics): string =>
  [
    // A file of bytes has no rows before they are decoded.
    `${rows === 0 && bytes > 0 ? '' : `${count(rows)} rows, `}${count(batches)} batches, ${size(bytes)}`,
    `waited ${duration(waitingMs)} for rows`,
    ...(backPressuredMs >= 1 ? [`held back for ${duration(backPressuredMs)}`] : []),
  ].join('; ')

function ofOperator(operator: OperatorMetrics): string {
  const { rowsIn, rowsOut, batchesIn, bytesIn, busyMs, cpuMs, peakStateBytes, stateKeys } = operator
  const rows =
    operator.kind === 'decode'
      ? `${count(rowsOut)} rows out` // Bytes come in.
      : `${count(rowsIn)} rows in, ${count(rowsOut)} out`
  return [
    `${rows}; ${count(batchesIn)} batches, ${size(bytesIn)}`,
    cpuMs === undefined ? `busy ${duration(busyMs)}` : `CPU ${duration(cpuMs)}, busy ${duration(busyMs)}`,
    ...(peakStateBytes === undefined ? [] : [`state ${size(peakStateBytes)} at most${keysText(stateKeys)}`]),
    ...(operator.rowsLate > 0 ? [`${count(operator.rowsLate)} late`] : []),
    ...(operator.rowsBad > 0 ? [`${count(operator.rowsBad)} bad`] : []),
    ...(operator.deadLetters > 0 ? [`${count(operator.deadLetters)} dead letters`] : []),
    ...(operator.valuesScored > 0
      ? [`${count(operator.valuesScored)} values scored, ${count(operator.anomalies)} anomalies`]
      : []),
  ].join('; ')
}

const ofSink = ({ rows, batches, bytes }: SinkMetrics): string =>
  `${count(rows)} rows, ${count(batches)} batches, ${size(bytes)}`

const keysText = (keys: number | undefined): string => (keys ? `, ${count(keys)} keys at the end` : '')

const count = (value: number): string => value.toLocaleString('en-US')

const size = (bytes: number): string => {
  if (bytes >= 1e9) return `${(bytes / 1e9).toFixed(1)} GB`
  if (bytes >= 1e6) return `${(bytes / 1e6).toFixed(1)} MB`
  return bytes >= 1e3 ? `${(bytes / 1e3).toFixed(1)} kB` : `${bytes} B`
}

const duration = (ms: number): string =>
  ms >= 1000 ? `${(ms / 1000).toFixed(2)} s` : `${ms >= 10 ? Math.round(ms) : ms.toFixed(1)} ms`
