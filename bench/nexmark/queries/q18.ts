import { nexmarkQuery } from '../query.ts'

export const q18 = nexmarkQuery({
  title: 'the last bid of each bidder on each auction',
  output: 'changes',
  flow: ({ bids }) => bids.topN(1, 'dateTime', 'desc', { by: ['bidder', 'auction'] }),
  sql: `
    SELECT auction, bidder, price, channel, url, dateTime, extra FROM bids
    QUALIFY row_number() OVER (PARTITION BY bidder, auction ORDER BY dateTime DESC, split, place) = 1`,
})
