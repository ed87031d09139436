import { nexmarkQuery } from '../query.ts'

export const q10 = nexmarkQuery({
  title: 'bids by day and minute',
  output: 'append',
  flow: ({ bids }) =>
    bids
      .select('auction', 'bidder', 'price', 'dateTime', 'extra')
      .with({ day: bid => bid.dateTime.truncate('day'), minute: bid => bid.dateTime.truncate('minute') }),
  sql: `
    SELECT auction, bidder, price, dateTime, extra,
      date_trunc('day', dateTime) AS day, date_trunc('minute', dateTime) AS minute
    FROM bids`,
})
