import { expect, it } from 'vitest'
import { count, memory, start, tumbling } from '../../../src/index.ts'
import { script } from '../../../src/testing.ts'

const at = (minute: number) => new Date(Date.UTC(2026, 0, 1, 8, minute))

it.each([0, 1, 2, 3])(
  'late rows are counted by verb, and once where they are late again, on %i shards',
  async shards => {
    const minutes = [1, 2, 12, 3, 31, 20, 4, 29, 41]
    const entries = script(
      { at: 'timestamp[ms]', n: 'int32' },
      [{ rows: minutes.map(minute => ({ at: at(minute), n: minute })) }],
      { bounded: false },
    ).watermark('at')
    const wide = entries.window(tumbling('30m')).agg({ wide: count() })
    const narrow = entries.groupBy('n').window(tumbling('5m')).agg({ narrow: count() })
    const again = narrow.late().window(tumbling('5m')).agg({ again: count() })
    const rest = entries.distinct('n', { ttl: '1h' })
    const sinks = [memory(), memory(), memory(), memory(), memory()] as const
    const job = await start(
      [
        wide.write(sinks[0]),
        narrow.write(sinks[1]),
        again.write(sinks[2]),
        again.late().write(sinks[3]),
        rest.write(sinks[4]),
      ],
      { shards },
    )
    const { late, rowsLate } = await job.done
    // 3 after 12; 20, 4 and 29 after 31; among themselves 4 after 20.
    expect(sinks[3].rows().map(({ n }) => n)).toEqual([4])
    const counted = new Map(late.map(({ verb, rows }) => [/"(\w+)"/.exec(verb)![1]!, rows]))
    expect(Object.fromEntries(counted)).toEqual({ wide: 3, narrow: 4, again: 1, n: 4 })
    expect(rowsLate).toBe(11)
  },
)
