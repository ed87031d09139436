import { nexmarkQuery } from '../query.ts'

export const q18 = nexmarkQuery({
  title: 'the last bid of each bidder on each auction',
  output: 'changes',
  flow: ({ bids }) => bids.dedup({ by: ['bidder', 'auction'], keep: 'last' }),
  sql: `
    SELECT auction, bidder, price, channel, url, dateTime, extra FROM bids
    QUALIFY row_number() OVER (PARTITION BY bidder, auction ORDER BY dateTime DESC, split DESC, place DESC) = 1`,
})
