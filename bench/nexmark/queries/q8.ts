import { count, tumbling } from '../../../src/index.ts'
import { nexmarkQuery } from '../query.ts'

export const q8 = nexmarkQuery({
  title: 'new persons who opened auctions in the same ten seconds',
  output: 'append',
  flow: ({ auctions, persons }) =>
    persons
      .groupBy('id', 'name')
      .window(tumbling('10s'))
      .agg({ persons: count() })
      .join(auctions.groupBy('seller').window(tumbling('10s')).agg({ auctions: count() }), {
        on: { id: 'seller', windowStart: 'windowStart', windowEnd: 'windowEnd' },
      })
      .select('id', 'name', 'windowStart'),
  sql: `
    SELECT DISTINCT p.id, p.name, time_bucket(INTERVAL 10 seconds, p.dateTime) AS windowStart
    FROM persons p JOIN auctions a
      ON p.id = a.seller
      AND time_bucket(INTERVAL 10 seconds, p.dateTime) = time_bucket(INTERVAL 10 seconds, a.dateTime)`,
})
