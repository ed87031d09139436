import { max, mean } from '../../../src/index.ts'
import { nexmarkQuery } from '../query.ts'

export const q4 = nexmarkQuery({
  title: 'the average of winning prices, by category',
  output: 'changes',
  flow: ({ auctions, bids }) =>
    auctions
      .select('id', 'category', 'dateTime', 'expires')
      .join(bids.select({ auction: b => b.auction, price: b => b.price, at: b => b.dateTime }), {
        on: { id: 'auction' },
        where: (auction, bid) => bid.at.between(auction.dateTime, auction.expires),
      })
      .groupBy('id', 'category')
      .agg({ final: max('price') })
      .groupBy('category')
      .agg({ average: mean('final') }),
  sql: `
    SELECT category, avg(final) AS average
    FROM (
      SELECT a.id, a.category, max(b.price) AS final
      FROM auctions a JOIN bids b ON a.id = b.auction AND b.dateTime BETWEEN a.dateTime AND a.expires
      GROUP BY a.id, a.category)
    GROUP BY category`,
})
