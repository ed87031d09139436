/** Window × key × (count, sum, min, max): two shards over one, by how rows are exchanged. */

import { count, type JobOptions, max, min, read, sum, tumbling } from '../../src/index.ts'
import { type KeyedRows, keyedRows } from '../harness/keyed-rows.ts'
import { nullSink } from '../harness/null-sink.ts'
import type { Settings, ShardFigure } from './main.ts'
import { pairsOf, ratios, run } from './pairs.ts'

const KEYS = { sparse: 5000, dense: 50 } as const
const AIMS = { sparse: 'CPU ≤ 1.0, speed ≥ 2.0', dense: 'CPU ≤ 1.2, speed ≥ 1.5' } as const
const EXCHANGES = ['auto', 'rows', 'partials'] as const

export async function groupByShards(
  { pairs, rows }: Settings,
  show: (figure: ShardFigure) => void,
): Promise<void> {
  for (const density of ['sparse', 'dense'] as const) {
    const input = keyedRows(rows, KEYS[density], 'int32')
    for (const exchange of EXCHANGES) {
      const runs = await pairsOf(
        pairs,
        () => run(() => aggregate(input, { shards: 1 })),
        () => run(() => aggregate(input, { shards: 2, exchange })),
      )
      const what = `group-by ${density}, exchange ${exchange}: two shards over one`
      show({ what, got: ratios(runs), aim: AIMS[density] })
    }
  }
}

async function aggregate({ table }: KeyedRows, options: JobOptions): Promise<void> {
  const job = await read
    .arrow(table, { at: 'timestamp[us]', key: 'int32', value: 'int32' })
    .watermark('at')
    .groupBy('key')
    .window(tumbling('1h'))
    .agg({ n: count(), total: sum(r => r.value), least: min(r => r.value), most: max(r => r.value) })
    .write(nullSink())
    .start(options)
  await job.done
}
