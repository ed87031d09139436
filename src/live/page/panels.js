// The totals, tables, alerts and log.

import { byId, element, setText, table } from './elements.js'
import { bytes, clock, digits, large, percent, span, time, whole } from './format.js'

const heed = is => (is ? 'heed' : '')

const sources = table(
  byId('sources'),
  [
    { title: 'source, split', of: row => row.name, hover: row => row.name },
    { title: 'rows', of: row => whole(row.rows) },
    { title: 'rows/s', of: row => (row.rowsPerS === undefined ? '' : large(row.rowsPerS)) },
    { title: 'of', of: row => whole(row.rowsTotal) },
    { title: 'bytes', of: row => bytes(row.bytes) },
    { title: 'position', of: row => row.position ?? '–' },
    { title: 'watermark', of: row => (row.ended ? 'ended' : time(row.watermarkMs)) },
    { title: 'lag', of: row => span(row.lagMs) },
    { title: 'waiting for rows', of: row => span(row.waitingMs) },
    {
      title: 'back-pressured',
      of: row => span(row.backPressuredMs),
      mark: row => heed(row.backPressured > 0.5),
    },
  ],
  'Sources and their splits',
)

const operators = table(
  byId('operators'),
  [
    { title: 'operator', of: row => row.name, hover: row => row.name },
    { title: 'rows in', of: row => whole(row.rowsIn) },
    { title: 'rows out', of: row => whole(row.rowsOut) },
    { title: 'rows/s', of: row => large(row.rowsPerS) },
    { title: 'batches', of: row => whole(row.batchesIn) },
    { title: 'bytes in', of: row => bytes(row.bytesIn) },
    { title: 'busy', of: row => percent(row.busy), mark: row => heed(row.busy > 0.9) },
    {
      title: 'back-pressured',
      of: row => percent(row.backPressured),
      mark: row => heed(row.backPressured > 0.5),
    },
    { title: 'CPU', of: row => span(row.cpuMs) },
    { title: 'state', of: row => bytes(row.stateBytes) },
    { title: 'keys', of: row => whole(row.stateKeys) },
    { title: 'late', of: row => whole(row.rowsLate), mark: row => heed(row.rowsLate > 0) },
    { title: 'bad', of: row => whole(row.rowsBad), mark: row => heed(row.rowsBad > 0) },
    { title: 'dead letters', of: row => whole(row.deadLetters), mark: row => heed(row.deadLetters > 0) },
  ],
  'Operators',
)

const sinks = table(
  byId('sinks'),
  [
    { title: 'sink', of: row => row.name, hover: row => row.name },
    { title: 'rows', of: row => whole(row.rows) },
    { title: 'rows/s', of: row => large(row.rowsPerS) },
    { title: 'bytes', of: row => bytes(row.bytes) },
    { title: 'writing', of: row => span(row.writingMs) },
    { title: 'committing', of: row => span(row.committingMs) },
    { title: 'epochs', of: row => whole(row.epochsCommitted) },
    { title: 'committed', of: row => (row.committedAtMs === undefined ? '–' : clock(row.committedAtMs)) },
  ],
  'Sinks',
)

/** A source, and below it its splits where there are several; what one split says is said of the source. */
function sourceRows(source) {
  const splits = source.splits.map(split => ({ ...split, name: split.label, inner: true }))
  if (source.splitsBegun === 1 && splits.length === 1) {
    const { position, watermarkMs, lagMs, ended } = splits[0]
    return [{ ...source, position, watermarkMs, lagMs, ended }]
  }
  const known = splits.filter(({ watermarkMs }) => watermarkMs !== undefined)
  const slowest = known.toSorted((a, b) => a.watermarkMs - b.watermarkMs)[0]
  const hidden = source.splitsBegun - splits.length
  const more = { name: `${whole(hidden)} more`, inner: true, ended: true }
  return [
    { ...source, watermarkMs: slowest?.watermarkMs, lagMs: slowest?.lagMs },
    ...splits,
    ...(hidden > 0 ? [more] : []),
  ]
}

export function drawTables(frame) {
  sources(frame.sources.flatMap(sourceRows))
  operators(frame.operators)
  sinks(frame.sinks)
}

export function drawEpochs(parent, { epochs }) {
  const { committed, lastDurationMs, lastAtMs, snapshots, lastSnapshotDurationMs, lastSnapshotBytes } = epochs
  const entries = [
    ['epochs committed', whole(committed)],
    ['last commit', lastAtMs === undefined ? '–' : `${clock(lastAtMs)}, took ${span(lastDurationMs)}`],
    ['snapshots', whole(snapshots)],
    [
      'last snapshot',
      lastSnapshotDurationMs === undefined
        ? '–'
        : `${bytes(lastSnapshotBytes)} in ${span(lastSnapshotDurationMs)}`,
    ],
  ]
  describe(parent, entries)
}

/** A list of names and values, filled in place. */
export function describe(parent, entries) {
  const names = entries.map(([name]) => name).join('\n')
  if (parent.dataset.names !== names) {
    parent.dataset.names = names
    parent.replaceChildren(...entries.flatMap(([name]) => [element('dt', {}, name), element('dd')]))
  }
  entries.forEach(([, value], i) => {
    setText(parent.children[2 * i + 1], value)
  })
}

export function drawTotals(parent, frame) {
  const isOver = frame.state === 'done' || frame.state === 'failed'
  const seconds = Math.max(1e-3, frame.elapsedMs / 1000)
  const per = (rate, rows) => (isOver ? `${large(rows / seconds)}/s on average` : `${large(rate)}/s`)
  const state = frame.operators.reduce((sum, { stateBytes = 0 }) => sum + stateBytes, 0)
  const keys = frame.operators.reduce((sum, { stateKeys = 0 }) => sum + stateKeys, 0)
  const share = frame.rowsTotal ? `, ${percent(frame.rowsIn / frame.rowsTotal)}` : ''
  const totals = [
    ['Rows read', large(frame.rowsIn), per(frame.inPerS, frame.rowsIn) + share],
    ['Rows written', large(frame.rowsOut), per(frame.outPerS, frame.rowsOut)],
    ...(frame.eventTimeMs === undefined
      ? []
      : [['Event time', time(frame.eventTimeMs), `watermark ${time(frame.watermarkMs)}`, 'wide']]),
    ['State', bytes(state), `${whole(keys)} keys`],
    ['Alerts', large(frame.anomalies), frame.alerts[0] ? `newest ${time(frame.alerts[0].timeMs)}` : ''],
    ['Late rows', large(frame.rowsLate), '', frame.rowsLate > 0 && 'heed'],
    ['Bad rows', large(frame.rowsBad), '', frame.rowsBad > 0 && 'heed'],
    ['Dead letters', large(frame.deadLetters), '', frame.deadLetters > 0 && 'heed'],
    ['Running for', span(frame.elapsedMs), `${frame.shards.length} shard(s)`],
  ]
  const names = totals.map(([name]) => name).join()
  if (parent.dataset.names !== names) {
    parent.dataset.names = names
    parent.replaceChildren(
      ...totals.map(([name]) =>
        element(
          'div',
          { class: 'total' },
          element('div', { class: 'name' }, name),
          element('div', { class: 'value' }),
          element('div', { class: 'more' }),
        ),
      ),
    )
  }
  totals.forEach(([, value, more, mark], i) => {
    const [, valueNode, moreNode] = parent.children[i].children
    parent.children[i].className = `total ${mark || ''}`
    setText(valueNode, value)
    setText(moreNode, more)
  })
}

/** The alerts as buttons that choose whose series is drawn. */
export function drawAlerts(parent, alerts, chosen, choose) {
  const known = new Map([...parent.children].map(item => [item.dataset.number, item]))
  const items = alerts.map(alert => {
    const item = known.get(String(alert.number)) ?? alertItem(alert, choose)
    item.firstChild.setAttribute('aria-pressed', alert.series === chosen)
    return item
  })
  const isSame =
    items.length === parent.children.length && items.every((item, i) => parent.children[i] === item)
  if (isSame) return
  const focused = document.activeElement
  parent.replaceChildren(...items)
  // Whoever is in the list stays where they are.
  if (parent.contains(focused)) focused.focus({ preventScroll: true })
}

function alertItem(alert, choose) {
  const { number, series, timeMs, value, expected, lower, upper, score, reason } = alert
  const bounds = lower === null || upper === null ? '' : `, bounds ${digits(lower)} to ${digits(upper)}`
  const button = element(
    'button',
    { type: 'button' },
    element('span', { class: 'series' }, series || 'all rows'),
    element(
      'span',
      { class: 'score', title: 'minus the logarithm of the p-value' },
      `score ${digits(score)}`,
    ),
    element(
      'span',
      { class: 'what' },
      `${time(timeMs)}: ${digits(value)}, expected ${digits(expected)}${bounds}`,
    ),
    element('span', { class: 'what' }, reason ?? ''),
  )
  button.addEventListener('click', () => choose(series))
  return element('li', { 'data-number': number }, button)
}

export function drawLog(parent, log) {
  const last = log.at(-1)
  const newest = last ? `${log.length} ${last.atMs} ${last.text}` : ''
  if (parent.dataset.newest === newest) return
  parent.dataset.newest = newest
  parent.replaceChildren(
    ...log
      .toReversed()
      .map(({ atMs, level, text }) =>
        element('li', { class: level }, element('time', {}, clock(atMs)), text),
      ),
  )
}
