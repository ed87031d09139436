import { mean } from '../../../src/index.ts'
import { nexmarkQuery } from '../query.ts'
import { winningBids } from './winning-bids.ts'

export const q6 = nexmarkQuery({
  title: 'the average of the last ten winning prices of each seller, with each',
  output: 'changes',
  flow: streams =>
    winningBids(streams)
      .select('id', 'seller', 'price', 'dateTimeOfBid')
      .over(
        { by: 'seller', orderBy: [['dateTimeOfBid'], ['id']], rows: [-9, 0] },
        { average: mean('price') },
      ),
  sql: `
    SELECT id, seller, price, dateTimeOfBid,
      avg(price) OVER (PARTITION BY seller ORDER BY dateTimeOfBid, id ROWS BETWEEN 9 PRECEDING AND CURRENT ROW) AS average
    FROM (
      SELECT a.id, a.seller, b.price, b.dateTime AS dateTimeOfBid
      FROM auctions a JOIN bids b ON a.id = b.auction AND b.dateTime BETWEEN a.dateTime AND a.expires
      QUALIFY row_number() OVER (PARTITION BY a.id ORDER BY b.price DESC, b.dateTime) = 1)`,
})
