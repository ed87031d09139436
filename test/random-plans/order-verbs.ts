/** Verbs that go by the order of rows, or make one. */

import { isTimestamp } from '../../src/core/types/column-type.ts'
import { usable } from './expressions.ts'
import { columnOf, Senseless, type Shape } from './plan.ts'
import { quoted } from './sql-names.ts'
import { columnList, following, PLACE, type Verb, watermarkSql } from './verb.ts'

const code = JSON.stringify

export const orderBy: Verb<{ by: readonly { name: string; descending: boolean }[] }> = {
  propose(random, input) {
    if (!input.bounded) return undefined
    const columns = usable(input)
    if (columns.length === 0) return undefined
    return {
      by: random
        .some(columns, random.int(1, 2))
        .map(({ name }) => ({ name, descending: random.chance(0.4) })),
    }
  },
  shape({ by }, [input]) {
    if (!input!.bounded) throw new Senseless('orderBy needs an end')
    const columns = by.map(({ name }) => columnOf(input!, name))
    if (columns.some(c => c.approximate)) throw new Senseless('order by what is rounded')
    return following(input!, {
      sequenced: input!.sequenced,
      known: input!.known && !columns.some(c => c.unknown),
      nearSource: false,
    })
  },
  code: ({ by }) =>
    `.orderBy(${by.map(({ name, descending }) => `[${code(name)}${descending ? ", 'desc'" : ''}]`).join(', ')})`,
  sql({ by }, [input]) {
    const keys = by.map(({ name, descending }) => `${quoted(name)} ${descending ? 'DESC' : 'ASC'} NULLS LAST`)
    const rest = `${columnList(input!.shape.columns)}, ${PLACE.seen}, ${PLACE.split}`
    return `SELECT ${rest}, row_number() OVER (ORDER BY ${keys.join(', ')}, ${PLACE.order}) AS ${PLACE.order} FROM ${input!.from}`
  },
}

export const limit: Verb<{ rows: number }> = {
  propose: (random, input) => (input.sequenced ? { rows: random.pick([0, 1, 3, 7, 50]) } : undefined),
  shape({ rows }, [input]) {
    if (!input!.sequenced || input!.changes) throw new Senseless('limit needs an order')
    return following(input!, {
      bounded: true,
      nearSource: false,
      atMost: Math.min(input!.atMost, rows),
    })
  },
  code: ({ rows }) => `.limit(${rows})`,
  sql: ({ rows }, [input]) =>
    `SELECT * FROM ${input!.from} QUALIFY row_number() OVER (ORDER BY ${PLACE.order}) <= ${rows}`,
}

interface SliceParameters {
  readonly from: number
  readonly to?: number
  /** By a name of its own, where there is one. */
  readonly named: boolean
}

/** `head`, `tail`, and rows between two places. */
export const slice: Verb<SliceParameters> = {
  propose(random, input) {
    if (!input.sequenced) return undefined
    const from = random.pick([0, 0, 1, 4, ...(input.bounded ? [-1, -3] : [])])
    const ends = !input.bounded || (from >= 0 && random.chance(0.6))
    const named = random.chance(0.5)
    return { from, ...(ends ? { to: Math.max(0, from) + random.pick([0, 1, 5]) } : {}), named }
  },
  shape({ from, to }, [input]) {
    if (!input!.sequenced || input!.changes) throw new Senseless('places need an order')
    if (!input!.bounded && (from < 0 || to === undefined)) throw new Senseless('the last rows of a stream')
    const atMost = to === undefined ? input!.atMost : Math.min(input!.atMost, to - from)
    return following(input!, { bounded: true, nearSource: false, atMost })
  },
  code({ from, to, named }) {
    if (named && from === 0 && to !== undefined) return `.head(${to})`
    if (named && from < 0) return `.tail(${-from})`
    return `.slice(${from}${to === undefined ? '' : `, ${to}`})`
  },
  sql({ from, to }, [input]) {
    const number = (direction: string) => `row_number() OVER (ORDER BY ${PLACE.order} ${direction})`
    const test =
      from < 0
        ? `${number('DESC')} <= ${-from}`
        : `${number('ASC')} > ${from}${to === undefined ? '' : ` AND ${number('ASC')} <= ${to}`}`
    return `SELECT * FROM ${input!.from} QUALIFY ${test}`
  },
}

export const union: Verb<object> = {
  propose: () => ({}),
  partners(random, input, candidates) {
    const columnsOf = ({ columns }: Shape) => JSON.stringify(columns.map(c => [c.name, c.type]))
    const same = candidates.filter(({ shape }) => columnsOf(shape) === columnsOf(input))
    const others = random.some(same, random.pick([1, 1, 2]))
    return others.length ? others : undefined
  },
  shape(_, inputs) {
    const [first] = inputs
    for (const { columns } of inputs) {
      const same =
        columns.length === first!.columns.length &&
        columns.every(
          ({ name, type }, i) => first!.columns[i]!.name === name && first!.columns[i]!.type === type,
        )
      if (!same) throw new Senseless('union needs equal columns')
    }
    const columns = first!.columns.map((c, i) => {
      const of = (property: 'nullable' | 'approximate' | 'unknown') =>
        inputs.some(input => input.columns[i]![property])
      return {
        ...c,
        nullable: of('nullable'),
        ...(of('approximate') ? { approximate: true } : {}),
        ...(of('unknown') ? { unknown: true } : {}),
      }
    })
    const eventTime = inputs.every(input => input.eventTime === first!.eventTime)
      ? first!.eventTime
      : undefined
    return {
      columns,
      bounded: inputs.every(input => input.bounded),
      ...(eventTime === undefined ? {} : { eventTime }),
      lateness: inputs.some(input => input.lateness),
      ...(inputs.every(({ outOfOrderMs }) => outOfOrderMs === first!.outOfOrderMs) &&
      first!.outOfOrderMs !== undefined
        ? { outOfOrderMs: first!.outOfOrderMs }
        : {}),
      // What `limit` takes of streams comes when they do.
      sequenced: inputs.every(input => input.sequenced && !input.streamed),
      streamed: inputs.some(input => input.streamed),
      known: inputs.every(input => input.known),
      nearSource: false,
      ...(inputs.some(input => input.interleaved || input.changes) ? { interleaved: true } : {}),
      ...(inputs.some(input => input.heldBack) ? { heldBack: true } : {}),
      ...(inputs.some(input => input.changes) ? { changes: true } : {}),
      atMost: inputs.reduce((sum, input) => sum + input.atMost, 0),
    }
  },
  code: (_, others) => `.union(${others.join(', ')})`,
  sql(_, inputs) {
    const columns = columnList(inputs[0]!.shape.columns)
    const parts = inputs.map(
      ({ from }, i) =>
        `SELECT ${columns}, ${i} AS "~input", ${PLACE.order} AS "~before", ${PLACE.seen}, ${PLACE.split} || '/${i}' AS ${PLACE.split} FROM ${from}`,
    )
    return `SELECT ${columns}, row_number() OVER (ORDER BY "~input", "~before") AS ${PLACE.order}, ${PLACE.seen}, ${PLACE.split} FROM (${parts.join(' UNION ALL ')})`
  },
}

export const watermark: Verb<{ column: string; outOfOrderMs: number }> = {
  propose(random, input) {
    const times = input.columns.filter(
      c => !c.nullable && !c.approximate && !c.unknown && (isTimestamp(c.type) || c.type === 'date'),
    )
    if (times.length === 0 || input.interleaved || input.changes) return undefined
    const { name } = random.pick(times)
    return { column: name, outOfOrderMs: random.pick([0, 0, 1, 60_000, 7_200_000]) }
  },
  shape({ column: name, outOfOrderMs }, [input]) {
    const { type, nullable } = columnOf(input!, name)
    if (input!.interleaved || input!.changes || nullable || !(isTimestamp(type) || type === 'date'))
      throw new Senseless('no event time')
    if (input!.heldBack) throw new Senseless('which rows are late depends on batches')
    const { windowMs: _, windowEnd: __, ...rest } = input!
    return following(rest, {
      nearSource: false,
      eventTime: name,
      lateness: !input!.bounded,
      outOfOrderMs,
    })
  },
  code: ({ column: name, outOfOrderMs }) => `.watermark(${code(name)}, { outOfOrder: ${outOfOrderMs} })`,
  sql({ column: name, outOfOrderMs }, [input]) {
    const { shape, from, bounded } = input!
    if (!bounded) return watermarkSql(shape, from, name, outOfOrderMs)
    return `SELECT ${columnList(shape.columns)}, ${PLACE.order}, ${PLACE.split}, NULL::BIGINT AS ${PLACE.seen} FROM ${from}`
  },
}

export const replay: Verb<{ time: string }> = {
  propose(random, input) {
    const times = input.columns.filter(
      c => !c.nullable && !c.computed && (isTimestamp(c.type) || c.type === 'date'),
    )
    if (!input.bounded || !input.nearSource || times.length === 0) return undefined
    return { time: random.pick(times).name }
  },
  shape({ time }, [input]) {
    const { type, computed } = columnOf(input!, time)
    if (!input!.bounded || !input!.nearSource || computed) throw new Senseless('replay is near its source')
    if (!(isTimestamp(type) || type === 'date')) throw new Senseless('no time')
    return following(input!, { bounded: false, nearSource: false, streamed: true })
  },
  code: ({ time }) => `, { time: ${code(time)} }`,
  sql: ({ time }, [input]) =>
    `SELECT ${columnList(input!.shape.columns)}, ${PLACE.seen}, ${PLACE.split}, row_number() OVER (ORDER BY ${quoted(time)}, ${PLACE.order}) AS ${PLACE.order} FROM ${input!.from}`,
}
