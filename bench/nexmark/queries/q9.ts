import { nexmarkQuery } from '../query.ts'
import { winningBids } from './winning-bids.ts'

export const q9 = nexmarkQuery({
  title: 'the winning bid of each auction',
  output: 'changes',
  flow: winningBids,
  sql: `
    SELECT a.* EXCLUDE (split, place), b.auction, b.bidder, b.price, b.dateTime AS dateTimeOfBid, b.extra AS extraOfBid
    FROM auctions a JOIN bids b ON a.id = b.auction AND b.dateTime BETWEEN a.dateTime AND a.expires
    QUALIFY row_number() OVER (PARTITION BY a.id ORDER BY b.price DESC, b.dateTime) = 1`,
})
