import { nexmarkQuery } from '../query.ts'
import { COUNTS_BY_RANK_SQL, countsByRank } from './price-ranks.ts'

export const q15 = nexmarkQuery({
  title: 'bids, bidders and auctions of each day, by rank of the price',
  output: 'changes',
  flow: ({ bids }) =>
    bids
      .with({ day: bid => bid.dateTime.truncate('day') })
      .groupBy('day')
      .agg(countsByRank),
  sql: `SELECT date_trunc('day', dateTime) AS day, ${COUNTS_BY_RANK_SQL} FROM bids GROUP BY day`,
})
