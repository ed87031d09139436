/** Functions of times, in UTC and where clocks are put forward and back. */

import { callsOf, type Expression, type Make } from './expression.ts'
import type { Random } from './random.ts'
import { epochUs, floorDivided, textLiteral } from './sql-names.ts'
import { instantOf, localOf, ZONES } from './zones.ts'

const PARTS = {
  year: 'year',
  month: 'month',
  day: 'day',
  dayOfYear: 'doy',
  dayOfWeek: 'isodow',
  week: 'week',
  isoYear: 'isoyear',
  quarter: 'quarter',
} as const

const PATTERNS = ['%Y-%m-%d %H:%M:%S', '%j %a %-d %b %y, %I %p', '%G-W%V-%u', '%U %W %w %%', '%A %B %H:%M']

const part = (random: Random, x: Expression, make: Make): Expression => {
  const [ours, theirs] = random.pick(Object.entries(PARTS))
  return make(`.extract('${ours}')`, `date_part('${theirs}', ${x.sql})`, { type: 'int32' })
}

/** A call of a method of a timestamp; undefined for nanoseconds, which DuckDB cuts. */
export function timeCall(random: Random, x: Expression): Expression | undefined {
  if (x.type === 'timestamp[ns]') return undefined
  const make = callsOf(x)
  return random.chance(0.5) ? utcCall(random, x, make) : zonedCall(random, x, make)
}

function utcCall(random: Random, x: Expression, make: Make): Expression {
  const utc = `${x.sql}::TIMESTAMP`
  const unit = random.pick(['hour', 'day', 'minute', 'week', 'month', 'quarter', 'year'])
  const [span, interval, origin] = random.pick([
    ['15m', '15 MINUTES', '1970-01-01'],
    ['6h', '6 HOURS', '1970-01-01'],
    ['2 weeks', '14 DAYS', '1969-12-29'],
  ] as const)
  const other = random.pick([-3_600_000, 0, 946_684_800_123])
  const apart = random.pick(['second', 'minute', 'hour', 'day', 'week'])
  return random.pick([
    () => make(`.truncate('${unit}')`, `date_trunc('${unit}', ${x.sql})`),
    () => make(`.truncate('${span}')`, `time_bucket(INTERVAL ${interval}, ${utc}, TIMESTAMP '${origin}')`),
    () => make(".add('1h')", `(${utc} + INTERVAL 1 HOUR)`),
    () => make(".sub(1, 'month')", `(${utc} - INTERVAL 1 MONTH)`),
    () => make(".extract('hour')", `date_part('hour', ${x.sql})`, { type: 'int32' }),
    () => make(".extract('epochMs')", floorDivided(epochUs(x.sql, x.type), 1000), { type: 'int53' }),
    () => make(".cast('date')", x.sql, { type: 'date' }),
    () => part(random, x, make),
    () =>
      make(
        `.diff(new Date(${other}), '${apart}')`,
        `date_sub('${apart}', make_timestamp(${other * 1000}), ${utc})`,
        { type: 'int53' },
      ),
    () =>
      make(".format('%d.%m.%Y %H:%M').parseTimestamp('%d.%m.%Y %H:%M')", `date_trunc('minute', ${utc})`, {
        type: 'timestamp[us]',
      }),
  ])()
}

function zonedCall(random: Random, x: Expression, make: Make): Expression {
  const zone = random.pick(ZONES)
  const utc = `${x.sql}::TIMESTAMP`
  const local = localOf(utc, zone)
  const unit = random.pick(['day', 'week', 'month', 'quarter', 'year'])
  const [ours, theirs] = random.pick(Object.entries({ ...PARTS, hour: 'hour', minute: 'minute' }))
  const pattern = random.pick(PATTERNS)
  return random.pick([
    () => make(`.truncate('${unit}', '${zone}')`, instantOf(`date_trunc('${unit}', ${local})`, zone)),
    () => make(`.extract('${ours}', '${zone}')`, `date_part('${theirs}', ${local})`, { type: 'int32' }),
    () =>
      make(
        `.extract('hourOfWeek', '${zone}')`,
        `((date_part('isodow', ${local}) - 1) * 24 + date_part('hour', ${local}))`,
        { type: 'int32' },
      ),
    () => make(`.dayOfWeek('${zone}')`, `date_part('isodow', ${local})`, { type: 'int32' }),
    () => make(`.isWeekend('${zone}')`, `(date_part('isodow', ${local}) >= 6)`, { type: 'bool' }),
    () => make(`.lastDay('${zone}')`, `last_day(${local})`, { type: 'date' }),
    () => make(`.toLocal('${zone}')`, local),
    () => make(`.toZone('${zone}').toLocal()`, local),
    () => make(`.fromLocal('${zone}').toLocal('UTC')`, instantOf(utc, zone)),
    () =>
      make(`.format(${JSON.stringify(pattern)}, '${zone}')`, `strftime(${local}, ${textLiteral(pattern)})`, {
        type: 'utf8',
      }),
    () =>
      make(
        `.format('%F %T').tryParseTimestamp('%F %T', '${zone}').toLocal('UTC')`,
        instantOf(`date_trunc('second', ${utc})`, zone),
        { type: 'timestamp[us]', nullable: true },
      ),
    () => make(`.add('1d', '${zone}')`, instantOf(`(${local} + INTERVAL 1 DAY)`, zone)),
    () => make(`.sub(1, 'month', '${zone}')`, instantOf(`(${local} - INTERVAL 1 MONTH)`, zone)),
  ])()
}

/** A call of a method of a date. */
export function dateCall(random: Random, x: Expression): Expression {
  const make = callsOf(x)
  return random.pick([
    () => make(".cast('timestamp[us]')", x.sql, { type: 'timestamp[us]' }),
    () => make('.isNull()', `(${x.sql} IS NULL)`, { type: 'bool', nullable: false }),
    () => make('.lastDay()', `last_day(${x.sql})`),
    () => make('.isWeekend()', `(date_part('isodow', ${x.sql}) >= 6)`, { type: 'bool' }),
    () => make(".format('%-d %B %Y')", `strftime(${x.sql}, '%-d %B %Y')`, { type: 'utf8' }),
    () => part(random, x, make),
  ])()
}
