/** What q15, q16 and q17 have in common: prices in three ranks, and bids and who made them by rank. */

import { type Columns, count, countDistinct } from '../../../src/index.ts'

export const RANKS = {
  rank1: (bid: Columns<any>) => bid.price.lt(10_000),
  rank2: (bid: Columns<any>) => bid.price.gte(10_000).and(bid.price.lt(1_000_000)),
  rank3: (bid: Columns<any>) => bid.price.gte(1_000_000),
}

/** How many bids, bidders and auctions, in all and by rank of the price. */
export const countsByRank = {
  bids: count(),
  bids1: count().where(RANKS.rank1),
  bids2: count().where(RANKS.rank2),
  bids3: count().where(RANKS.rank3),
  bidders: countDistinct<any>('bidder'),
  bidders1: countDistinct<any>('bidder').where(RANKS.rank1),
  bidders2: countDistinct<any>('bidder').where(RANKS.rank2),
  bidders3: countDistinct<any>('bidder').where(RANKS.rank3),
  auctions: countDistinct<any>('auction'),
  auctions1: countDistinct<any>('auction').where(RANKS.rank1),
  auctions2: countDistinct<any>('auction').where(RANKS.rank2),
  auctions3: countDistinct<any>('auction').where(RANKS.rank3),
}

/** The same for DuckDB. */
export const COUNTS_BY_RANK_SQL = `
  count(*) AS bids,
  count(*) FILTER (price < 10000) AS bids1,
  count(*) FILTER (price >= 10000 AND price < 1000000) AS bids2,
  count(*) FILTER (price >= 1000000) AS bids3,
  count(DISTINCT bidder) AS bidders,
  count(DISTINCT bidder) FILTER (price < 10000) AS bidders1,
  count(DISTINCT bidder) FILTER (price >= 10000 AND price < 1000000) AS bidders2,
  count(DISTINCT bidder) FILTER (price >= 1000000) AS bidders3,
  count(DISTINCT auction) AS auctions,
  count(DISTINCT auction) FILTER (price < 10000) AS auctions1,
  count(DISTINCT auction) FILTER (price >= 10000 AND price < 1000000) AS auctions2,
  count(DISTINCT auction) FILTER (price >= 1000000) AS auctions3`
