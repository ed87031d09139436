// The plan as a graph from left to right: sources, operators, sinks.

import { element, setAttribute, setText } from './elements.js'
import { fitted, large, percent } from './format.js'

const BOX = { width: 164, height: 74, across: 36, down: 16 }
const BAR = BOX.width - 24

let drawn = ''
const nodes = new Map()

/** What the graph is made of: every node with its inputs. */
export const nodesOf = frame => [
  ...frame.sources.map(source => ({ ...source, inputs: [], sort: 'source', title: shortName(source.name) })),
  ...frame.operators.map(operator => ({ ...operator, sort: 'operator', title: operator.kind })),
  ...frame.sinks.map(sink => ({ ...sink, sort: 'sink', title: shortName(sink.name) })),
]

/** A name that ends with a path, without the folders. */
const shortName = name => name.replace(/\S*\/(?=[^/\s]+)/g, '')

export function drawGraph(parent, frame, choose, chosen) {
  const all = nodesOf(frame)
  const shape = JSON.stringify(all.map(({ id, inputs }) => [id, inputs]))
  if (shape !== drawn) {
    drawn = shape
    build(parent, all, choose)
  }
  for (const node of all) update(node, node.id === chosen)
}

function build(parent, all, choose) {
  nodes.clear()
  const places = layout(all)
  const width = Math.max(...[...places.values()].map(({ x }) => x)) + BOX.width + 4
  const height = Math.max(...[...places.values()].map(({ y }) => y)) + BOX.height + 4
  const edges = all.flatMap(({ id, inputs }) => inputs.map(input => edge(places.get(input), places.get(id))))
  parent.replaceChildren(
    element(
      'svg:svg',
      { width, height, viewBox: `0 0 ${width} ${height}`, role: 'group', 'aria-label': 'Nodes of the plan' },
      element(
        'svg:defs',
        {},
        element(
          'svg:marker',
          {
            id: 'arrow',
            viewBox: '0 0 8 8',
            refX: 7,
            refY: 4,
            markerWidth: 7,
            markerHeight: 7,
            orient: 'auto',
          },
          element('svg:path', { class: 'arrow', d: 'M0,0L8,4L0,8z' }),
        ),
      ),
      ...edges,
      ...all.map(node => box(node, places.get(node.id), choose)),
    ),
  )
}

/** Columns by the longest way from a source; in a column the order of what they read from. */
function layout(all) {
  const depth = new Map()
  for (const { id, inputs } of all)
    depth.set(id, Math.max(-1, ...inputs.map(input => depth.get(input) ?? -1)) + 1)
  const rows = new Map()
  const places = new Map()
  for (const column of new Set([...depth.values()].sort((a, b) => a - b))) {
    const members = all.filter(({ id }) => depth.get(id) === column)
    const wish = ({ inputs }) =>
      inputs.length ? inputs.reduce((sum, input) => sum + (rows.get(input) ?? 0), 0) / inputs.length : 0
    let row = 0
    for (const node of members.toSorted((a, b) => wish(a) - wish(b))) {
      row = Math.max(row, Math.floor(wish(node)))
      rows.set(node.id, row)
      places.set(node.id, { x: 2 + column * (BOX.width + BOX.across), y: 2 + row * (BOX.height + BOX.down) })
      row++
    }
  }
  return places
}

function edge(from, to) {
  if (!from || !to) return undefined
  const [x1, y1] = [from.x + BOX.width, from.y + BOX.height / 2]
  const [x2, y2] = [to.x - 1, to.y + BOX.height / 2]
  const middle = Math.max(24, (x2 - x1) / 2)
  return element('svg:path', {
    class: 'edge',
    d: `M${x1},${y1}C${x1 + middle},${y1} ${x2 - middle},${y2} ${x2},${y2}`,
    'marker-end': 'url(#arrow)',
  })
}

function box(node, { x, y }, choose) {
  const text = (name, at, label) => element('svg:text', { class: name, x: 12, y: at }, label)
  const bar = (name, at) => [
    element('svg:rect', { class: 'track', x: 12, y: at, width: BAR, height: 4, rx: 2 }),
    element('svg:rect', { class: `bar ${name}`, x: 12, y: at, width: 0, height: 4, rx: 2 }),
  ]
  const rate = text('rate soft', 42, '')
  const [busyTrack, busy] = bar('busy', 52)
  const [pressedTrack, pressed] = bar('pressed', 60)
  const group = element(
    'svg:g',
    {
      class: `node ${node.sort === 'operator' ? '' : 'end'}`,
      transform: `translate(${x},${y})`,
      tabindex: 0,
      role: 'button',
      'data-id': node.id,
    },
    element('svg:title', {}, node.name),
    element('svg:rect', { class: 'box', width: BOX.width, height: BOX.height, rx: 8 }),
    text('name', 22, fitted(node.title, 19)),
    rate,
    busyTrack,
    busy,
    ...(node.sort === 'sink' ? [] : [pressedTrack, pressed]),
  )
  group.addEventListener('click', () => choose(node.id))
  group.addEventListener('keydown', event => {
    if (event.key !== 'Enter' && event.key !== ' ') return
    event.preventDefault()
    choose(node.id)
  })
  nodes.set(node.id, { group, rate, busy, pressed })
  return group
}

function update(node, isChosen) {
  const { group, rate, busy, pressed } = nodes.get(node.id)
  setText(rate, `${large(node.rowsPerS)} rows/s`)
  setAttribute(busy, 'width', (BAR * node.busy).toFixed(1))
  setAttribute(pressed, 'width', (BAR * node.backPressured).toFixed(1))
  setAttribute(group, 'aria-pressed', isChosen)
  setAttribute(
    group,
    'aria-label',
    `${node.sort} ${fitted(node.name, 120)}: ${large(node.rowsPerS)} rows per second, busy ${percent(node.busy)}, back-pressured ${percent(node.backPressured)}`,
  )
}
