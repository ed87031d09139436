import { verbCase } from './verb-case.ts'

const at = (second: number) => new Date(Date.UTC(1969, 11, 31, 23, 59, second))
const payments = { at: 'timestamp[us]', account: 'utf8', amount: 'float64', place: 'dictionary' } as const
const paid = (second: number, account: string | null, amount: number | null, place = 'here') => ({
  at: at(second),
  account,
  amount,
  place,
})

// Two accounts and one that is null; out of order; two rows at one time.
const rows = [
  paid(1, 'x', 0.5),
  paid(0, 'y', 0.75),
  paid(3, 'x', 10),
  paid(2, 'x', 0.25, 'there'),
  paid(4, 'y', 600),
  paid(5, 'x', 700),
  paid(5, null, 0.1),
  paid(6, null, 900),
  paid(8, 'y', 0.2),
  paid(9, 'x', 0.3),
  paid(20, 'x', 501),
  paid(30, 'x', 0.4),
  paid(30, 'x', 0.6, 'there'),
  paid(31, 'x', 800),
  paid(33, 'y', 650),
]

verbCase('match: a small payment and a large one, within a time', {
  schema: payments,
  rows,
  query: d =>
    d.watermark('at', { outOfOrder: '2s' }).match(
      start =>
        start('small', r => r.amount.lt(1))
          .oneOrMore({ gaps: 'followedBy' })
          .followedBy('large', (r, { small }) =>
            r.amount.gt(500).and(r.amount.gt(small.first.amount.mul(1000))),
          ),
      {
        by: 'account',
        within: '10s',
        measures: m => ({
          smalls: m.small.count(),
          total: m.small.sum('amount'),
          firstPlace: m.small.first.place,
          lastPlace: m.small.last.place,
          large: m.large.last.amount,
          times: m.large.last.amount.div(m.small.sum('amount')),
        }),
      },
    ),
  expect: [
    {
      account: 'x',
      matchStart: at(1),
      matchEnd: at(5),
      smalls: 2,
      total: 0.75,
      firstPlace: 'here',
      lastPlace: 'there',
      large: 700,
      times: 700 / 0.75,
    },
    {
      account: null,
      matchStart: at(5),
      matchEnd: at(6),
      smalls: 1,
      total: 0.1,
      firstPlace: 'here',
      lastPlace: 'here',
      large: 900,
      times: 900 / 0.1,
    },
    {
      account: 'x',
      matchStart: at(30),
      matchEnd: at(31),
      smalls: 2,
      total: 1,
      firstPlace: 'here',
      lastPlace: 'there',
      large: 800,
      times: 800,
    },
  ],
})

verbCase('match by the row before, strictly, overlapping, without keys', {
  schema: payments,
  rows: [rows.slice(0, 8), rows.slice(8)],
  query: d =>
    d.watermark('at', { outOfOrder: '10s' }).match(
      start =>
        start('any')
          .next('up', (r, { prev }) => r.amount.gt(prev.amount))
          .atLeast(2)
          .next('down', (r, { up }) => r.amount.lt(up.last.amount))
          .optional()
          .notNext('here', r => r.place.eq('there')),
      {
        skip: { toLast: 'up' },
        measures: m => ({ ups: m.up.count(), top: m.up.max('amount'), down: m.down.first.amount }),
      },
    ),
  expect: 'same',
})

verbCase('match of what does not come, then a window of the matches', {
  schema: payments,
  rows,
  query: d =>
    d
      .watermark('at', { outOfOrder: '2s' })
      .match(
        start =>
          start('small', r => r.amount.lt(1)).notFollowedBy('large', (r, { small }) =>
            r.amount.gt(500).and(r.place.eq(small.last.place)),
          ),
        { by: 'account', within: '3s', skip: 'toNext', measures: m => ({ amount: m.small.last.amount }) },
      )
      .select('account', 'matchStart', 'amount'),
  expect: 'same',
})
