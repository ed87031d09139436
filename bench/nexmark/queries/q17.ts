import { count, max, mean, min, sum } from '../../../src/index.ts'
import { nexmarkQuery } from '../query.ts'
import { RANKS } from './price-ranks.ts'

export const q17 = nexmarkQuery({
  title: 'the prices of each auction and day',
  output: 'changes',
  flow: ({ bids }) =>
    bids
      .with({ day: bid => bid.dateTime.truncate('day') })
      .groupBy('auction', 'day')
      .agg({
        bids: count(),
        bids1: count().where(RANKS.rank1),
        bids2: count().where(RANKS.rank2),
        bids3: count().where(RANKS.rank3),
        least: min('price'),
        most: max('price'),
        average: mean('price'),
        total: sum('price'),
      }),
  sql: `
    SELECT auction, date_trunc('day', dateTime) AS day, count(*) AS bids,
      count(*) FILTER (price < 10000) AS bids1,
      count(*) FILTER (price >= 10000 AND price < 1000000) AS bids2,
      count(*) FILTER (price >= 1000000) AS bids3,
      min(price) AS least, max(price) AS most, avg(price) AS average, sum(price) AS total
    FROM bids GROUP BY auction, day`,
})
