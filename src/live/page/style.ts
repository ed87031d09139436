/** The live page's style: light and dark, with contrast of 4.5 and more everywhere. */

export const PAGE_STYLE = `
:root {
  --ground: #f6f7f9; --card: #ffffff; --line: #d5dae1; --text: #1b2330; --soft: #566171;
  --accent: #0b62b5; --busy: #0b72b5; --pressed: #a85300; --alert: #b3261e; --good: #1a7440; --band: #0b62b522;
  --node: #f0f4f9; --focus: #7a3ff2;
}
@media (prefers-color-scheme: dark) {
  :root {
    --ground: #12161c; --card: #1a2029; --line: #333d4b; --text: #e8ecf2; --soft: #a3aebd;
    --accent: #74b6f7; --busy: #56a8ee; --pressed: #f0a04b; --alert: #ff8a80; --good: #6fd39a; --band: #74b6f733;
    --node: #222b37; --focus: #b79bff;
  }
}
* { box-sizing: border-box; }
[hidden] { display: none !important; }
body { margin: 0; background: var(--ground); color: var(--text); font: 14px/1.45 system-ui, -apple-system, "Segoe UI", sans-serif; }
h1, h2 { margin: 0; line-height: 1.2; overflow-wrap: anywhere; }
h1 { font-size: 20px; }
h2 { font-size: 14px; font-weight: 600; margin-bottom: 8px; }
p { margin: 0; }
.skip { position: absolute; left: -9999px; }
.skip:focus { left: 8px; top: 8px; background: var(--card); padding: 6px 10px; z-index: 3; }
:focus-visible { outline: 3px solid var(--focus); outline-offset: 2px; border-radius: 4px; }
header { position: sticky; top: 0; z-index: 2; display: flex; flex-wrap: wrap; gap: 8px 20px; align-items: center; justify-content: space-between; padding: 10px 20px; background: var(--card); border-bottom: 1px solid var(--line); }
.title, .controls { display: flex; flex-wrap: wrap; gap: 10px; align-items: center; }
.badge { padding: 2px 10px; border: 1px solid currentColor; border-radius: 999px; font-size: 12px; font-weight: 600; color: var(--soft); }
.badge.running { color: var(--good); } .badge.paused, .badge.stopping { color: var(--pressed); }
.badge.failed, .badge.lost { color: var(--alert); } .badge.done { color: var(--accent); }
#message { flex-basis: 100%; color: var(--soft); font-size: 13px; } #message:empty { display: none; }
#message.wrong { color: var(--alert); }
button, select { font: inherit; color: var(--text); background: var(--card); border: 1px solid var(--soft); border-radius: 6px; padding: 4px 12px; min-height: 30px; }
button:hover:not(:disabled), select:hover { border-color: var(--accent); }
button:disabled, select:disabled { color: var(--soft); border-color: var(--line); cursor: not-allowed; }
button.danger:not(:disabled) { color: var(--alert); border-color: var(--alert); }
button.sure { background: var(--alert); color: var(--card); }
main { display: grid; gap: 14px; padding: 16px 20px 40px; max-width: 1500px; margin: 0 auto; }
.card { background: var(--card); border: 1px solid var(--line); border-radius: 10px; padding: 14px 16px; min-width: 0; }
.columns { display: grid; gap: 14px; grid-template-columns: minmax(0, 3fr) minmax(0, 2fr); }
@media (max-width: 900px) { .columns { grid-template-columns: minmax(0, 1fr); } }
.totals { display: grid; gap: 10px; grid-auto-flow: dense; grid-template-columns: repeat(auto-fit, minmax(112px, 1fr)); }
.total.wide { grid-column: span 2; }
.total { background: var(--card); border: 1px solid var(--line); border-radius: 10px; padding: 10px 14px; }
.total .name { color: var(--soft); font-size: 12px; }
.total .value { font-size: 18px; font-weight: 600; font-variant-numeric: tabular-nums; white-space: nowrap; }
.total .more { color: var(--soft); font-size: 12px; font-variant-numeric: tabular-nums; min-height: 1.4em; }
.total.wrong .value { color: var(--alert); } .total.heed .value { color: var(--pressed); }
.hint { color: var(--soft); font-size: 12px; margin-bottom: 8px; max-width: 100ch; }
.key::before { content: ""; display: inline-block; width: 10px; height: 10px; border-radius: 2px; margin: 0 4px -1px 2px; background: currentColor; }
.key.busy { color: var(--busy); } .key.pressed { color: var(--pressed); }
.scroll { overflow: auto; max-height: 420px; }
table { border-collapse: collapse; width: 100%; font-variant-numeric: tabular-nums; font-size: 13px; }
th, td { text-align: right; padding: 4px 10px; border-bottom: 1px solid var(--line); white-space: nowrap; }
th { position: sticky; top: 0; background: var(--card); color: var(--soft); font-weight: 600; }
th:first-child, td:first-child { text-align: left; }
td:first-child { max-width: 46ch; overflow: hidden; text-overflow: ellipsis; }
tr.inner td:first-child { padding-left: 26px; color: var(--soft); }
td.heed { color: var(--pressed); font-weight: 600; } td.wrong { color: var(--alert); font-weight: 600; }
dl { display: grid; grid-template-columns: max-content 1fr; gap: 4px 16px; margin: 0; }
dt { color: var(--soft); } dd { margin: 0; font-variant-numeric: tabular-nums; overflow-wrap: anywhere; }
#chosen { margin-top: 10px; } #chosen:empty { display: none; }
svg { display: block; } svg text { fill: var(--text); font: 12px system-ui, -apple-system, "Segoe UI", sans-serif; }
svg .soft { fill: var(--soft); } svg .edge { fill: none; stroke: var(--soft); stroke-width: 1.2; }
svg .arrow { fill: var(--soft); }
svg .node rect.box { fill: var(--node); stroke: var(--line); }
svg .node.end rect.box { fill: var(--card); stroke: var(--soft); stroke-dasharray: 4 3; }
svg .node { cursor: pointer; } svg .node .name { font-weight: 600; } svg .node .rate { font-variant-numeric: tabular-nums; }
svg .node[aria-pressed="true"] rect.box { stroke: var(--accent); stroke-width: 2; }
svg .node:focus { outline: none; } svg .node:focus-visible rect.box { stroke: var(--focus); stroke-width: 3; }
svg .track { fill: var(--line); } svg .bar.busy { fill: var(--busy); } svg .bar.pressed { fill: var(--pressed); }
svg .in { fill: none; stroke: var(--busy); stroke-width: 1.6; } svg .out { fill: none; stroke: var(--pressed); stroke-width: 1.6; stroke-dasharray: 5 3; }
svg .grid { stroke: var(--line); stroke-width: 1; }
svg .area { fill: var(--band); } svg .expected { fill: none; stroke: var(--soft); stroke-width: 1.2; stroke-dasharray: 4 3; }
svg .value { fill: none; stroke: var(--accent); stroke-width: 1.6; } svg .mark { fill: var(--alert); stroke: var(--card); stroke-width: 1; }
.alerts { display: grid; gap: 16px; grid-template-columns: minmax(0, 2fr) minmax(0, 3fr); }
@media (max-width: 1000px) { .alerts { grid-template-columns: minmax(0, 1fr); } }
#alerts { margin: 0; padding: 0; list-style: none; max-height: 320px; overflow: auto; }
#alerts button { display: grid; grid-template-columns: 1fr max-content; gap: 0 10px; width: 100%; text-align: left; border: 0; border-bottom: 1px solid var(--line); border-radius: 0; padding: 6px 8px; }
#alerts button:hover { background: var(--node); } #alerts button[aria-pressed="true"] { background: var(--node); box-shadow: inset 3px 0 var(--alert); }
#alerts .series { font-weight: 600; overflow: hidden; text-overflow: ellipsis; white-space: nowrap; }
#alerts .score { color: var(--alert); font-weight: 600; font-variant-numeric: tabular-nums; }
#alerts .what { color: var(--soft); font-size: 12px; font-variant-numeric: tabular-nums; }
#alerts :focus-visible { outline-offset: -3px; }
figure { margin: 0; min-width: 0; } figcaption { color: var(--soft); font-size: 12px; margin-top: 4px; }
#log { margin: 0; padding: 0; list-style: none; font: 12px/1.6 ui-monospace, SFMono-Regular, Menlo, monospace; max-height: 220px; }
#log .warn { color: var(--pressed); } #log .error { color: var(--alert); } #log time { color: var(--soft); margin-right: 10px; }
@media (prefers-reduced-motion: no-preference) { svg .bar { transition: width .2s linear; } }
`.trimStart()
