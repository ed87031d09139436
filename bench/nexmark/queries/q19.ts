import { nexmarkQuery } from '../query.ts'

export const q19 = nexmarkQuery({
  title: 'the ten highest bids of each auction',
  output: 'changes',
  flow: ({ bids }) => bids.topN(10, 'price', 'desc', { by: 'auction', rank: 'rank' }),
  sql: `
    SELECT auction, bidder, price, channel, url, dateTime, extra,
      row_number() OVER (PARTITION BY auction ORDER BY price DESC, split, place) AS rank
    FROM bids QUALIFY rank <= 10`,
})
