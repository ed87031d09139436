import { max } from '../../../src/index.ts'
import { nexmarkQuery } from '../query.ts'
import { COUNTS_BY_RANK_SQL, countsByRank } from './price-ranks.ts'

export const q16 = nexmarkQuery({
  title: 'the same of each channel and day, with the last minute',
  output: 'changes',
  flow: ({ bids }) =>
    bids
      .with({ day: bid => bid.dateTime.truncate('day') })
      .groupBy('channel', 'day')
      .agg({ minute: max(bid => bid.dateTime.truncate('minute')), ...countsByRank }),
  sql: `
    SELECT channel, date_trunc('day', dateTime) AS day, max(date_trunc('minute', dateTime)) AS minute, ${COUNTS_BY_RANK_SQL}
    FROM bids GROUP BY channel, day`,
})
