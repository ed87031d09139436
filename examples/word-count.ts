/**
 * Word count, twice: over bounded data, and over a stream.
 *
 *     node examples/word-count.ts
 */

import { count, read, replay, tumbling } from '../src/index.ts'

const lines = read.rows(
  [
    { at: new Date('2026-01-01T09:00:00Z'), line: 'hello world' },
    { at: new Date('2026-01-01T09:00:01Z'), line: 'hello flink' },
    { at: new Date('2026-01-01T09:00:02Z'), line: 'flink hello' },
    { at: new Date('2026-01-01T09:00:03Z'), line: 'world hello' },
    { at: new Date('2026-01-01T09:00:04Z'), line: 'hello data' },
  ],
  { at: 'timestamp[ms]', line: 'utf8' },
)

// Bounded: all counts at once, sorted.
const words = lines.explode('line', { as: 'word' })
const ranking = words.groupBy('word').agg({ n: count() }).orderBy(['n', 'desc'], ['word', 'desc'])

console.log('bounded:')
for (const { word, n } of await ranking.collect()) console.log(`  ${word} ${n}`)

// The same lines as a stream: counts per day, emitted when the day is over.
const daily = replay(lines, { time: 'at' })
  .watermark('at')
  .explode('line', { as: 'word' })
  .groupBy('word')
  .window(tumbling('1d'))
  .agg({ n: count() })

console.log('unbounded:')
for await (const { windowStart, word, n } of daily) {
  console.log(`  ${windowStart.toISOString().slice(0, 10)} ${word} ${n}`)
}

// Prints:
// bounded:
//   hello 5
//   world 2
//   flink 2
//   data 1
// unbounded:
//   2026-01-01 data 1
//   2026-01-01 flink 2
//   2026-01-01 hello 5
//   2026-01-01 world 2
