// The live page: takes frames from the server and draws them, no more often than the screen shows them.

import { drawBand } from './band.js'
import { say, wireControls } from './controls.js'
import { byId, element, setText } from './elements.js'
import { bytes, percent, span, whole } from './format.js'
import { drawGraph, nodesOf } from './graph.js'
import { describe, drawAlerts, drawEpochs, drawLog, drawTables, drawTotals } from './panels.js'
import { addPoint, drawTrend, setTrend } from './trend.js'

/** How often the series of the chosen alert is asked for. */
const SERIES_MS = 1000

const updateControls = wireControls()
let frame
let isDue = false
let chosenNode
let chosenSeries
/** Without a choice of the user's it is that of the newest alert. */
let follows = true
let seriesAtMs = 0
let newestAlert

function draw() {
  isDue = false
  const { state, failure } = frame
  const badge = byId('state')
  setText(badge, state)
  badge.className = `badge ${state}`
  if (failure) say(`${failure.code}: ${failure.message.split('\n')[0]}`, true)
  updateControls(frame)
  drawTotals(byId('totals'), frame)
  drawGraph(byId('graph'), frame, chooseNode, chosenNode)
  drawChosen()
  drawTables(frame)
  drawEpochs(byId('epochs'), frame)
  drawLog(byId('log'), frame.log)
  showAlerts()
}

function chooseNode(id) {
  chosenNode = chosenNode === id ? undefined : id
  draw()
}

function drawChosen() {
  const parent = byId('chosen')
  const node = nodesOf(frame).find(({ id }) => id === chosenNode)
  if (!node) return parent.replaceChildren()
  if (!parent.firstChild) parent.append(element('dl'))
  const entries = [
    ['what', node.name],
    ['node', node.stage === undefined ? node.id : `${node.id}, stage ${node.stage}`],
    [
      'rows',
      node.sort === 'operator' ? `${whole(node.rowsIn)} in, ${whole(node.rowsOut)} out` : whole(node.rows),
    ],
    ['time', `busy ${percent(node.busy)}, back-pressured ${percent(node.backPressured)}`],
  ]
  if (node.stateBytes !== undefined)
    entries.push([
      'state',
      `${bytes(node.stateBytes)} (at most ${bytes(node.peakStateBytes)}), ${whole(node.stateKeys)} keys`,
    ])
  if (node.busyMs !== undefined) entries.push(['work', `${span(node.busyMs)}, CPU ${span(node.cpuMs)}`])
  describe(parent.firstChild, entries)
}

function showAlerts() {
  const { alerts } = frame
  byId('alerts-card').hidden = alerts.length === 0
  if (alerts.length === 0) return
  if (follows) chosenSeries = alerts[0].series
  drawAlerts(byId('alerts'), alerts, chosenSeries, series => {
    follows = false
    chosenSeries = series
    seriesAtMs = 0
    draw()
  })
  const isNew = newestAlert !== alerts[0].number
  newestAlert = alerts[0].number
  if (isNew || performance.now() - seriesAtMs > SERIES_MS) loadSeries(chosenSeries)
}

async function loadSeries(series) {
  seriesAtMs = performance.now()
  try {
    const answer = await fetch(`/series?name=${encodeURIComponent(series)}`)
    const points = await answer.json()
    if (series === chosenSeries) drawBand(byId('band'), series, points)
  } catch {
    // The server is gone: the badge says so, and the last picture stays.
  }
}

function due() {
  if (isDue) return
  isDue = true
  // A page that nobody sees draws nothing.
  requestAnimationFrame(draw)
}

const events = new EventSource('/events')
events.addEventListener('trend', ({ data }) => {
  setTrend(JSON.parse(data))
  drawTrend(byId('trend'))
})
events.addEventListener('frame', ({ data }) => {
  frame = JSON.parse(data)
  if (addPoint(frame)) drawTrend(byId('trend'))
  due()
  if (frame.state === 'done' || frame.state === 'failed') {
    // Nothing comes after it: what is shown stays, also when the program has ended.
    events.close()
    byId('lost').hidden = true
  }
})
events.addEventListener('open', () => {
  byId('lost').hidden = true
})
events.addEventListener('error', () => {
  byId('lost').hidden =
    events.readyState === EventSource.CLOSED && frame !== undefined && frame.state === 'done'
})
