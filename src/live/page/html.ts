/** The live page's document. Everything that changes is filled in by its script. */

export interface PageTitle {
  readonly name: string
  /** Whether somebody takes the snapshots of the button. */
  readonly savepoints: boolean
}

export const pageHtml = ({ name, savepoints }: PageTitle): string => `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${escaped(name)} · Millrace</title>
<link rel="icon" href="data:,">
<link rel="stylesheet" href="/style.css">
<script type="module" src="/main.js"></script>
</head>
<body>
<a class="skip" href="#plan">Skip to the plan</a>
<header>
  <div class="title">
    <h1>${escaped(name)}</h1>
    <span id="state" class="badge" role="status" aria-live="polite">connecting</span>
    <span id="lost" class="badge lost" role="alert" hidden>connection lost, trying again</span>
  </div>
  <div class="controls" role="group" aria-label="Controls of the job">
    <button type="button" id="pause">Pause</button>
    <label id="speed-label" hidden>Speed
      <select id="speed">
        <option value="max">full</option>
        <option value="1">as it happened</option>
        <option value="60">a minute a second</option>
        <option value="3600">an hour a second</option>
        <option value="86400">a day a second</option>
        <option value="604800">a week a second</option>
        <option value="2592000">a month a second</option>
      </select>
    </label>
    ${savepoints ? '<button type="button" id="savepoint">Savepoint</button>' : ''}
    <button type="button" id="stop" class="danger">Stop</button>
  </div>
  <p id="message" role="status" aria-live="polite"></p>
</header>
<main>
  <section aria-label="Totals" class="totals" id="totals"></section>
  <section aria-labelledby="trend-title" class="card">
    <h2 id="trend-title">Rows per second</h2>
    <div id="trend"></div>
  </section>
  <section aria-labelledby="plan-title" class="card" id="plan" tabindex="-1">
    <h2 id="plan-title">Plan</h2>
    <p class="hint">Bars show how much of the time a node works <span class="key busy">busy</span> and how much of it others keep it
    from working <span class="key pressed">back-pressured</span>. A node that is chosen is described below the plan.</p>
    <div id="graph" class="scroll" tabindex="0" role="region" aria-label="Plan as a graph"></div>
    <div id="chosen" aria-live="off"></div>
  </section>
  <section aria-labelledby="alerts-title" class="card" id="alerts-card" hidden>
    <h2 id="alerts-title">Newest alerts</h2>
    <div class="alerts">
      <ol id="alerts"></ol>
      <figure id="band"></figure>
    </div>
  </section>
  <section aria-labelledby="sources-title" class="card">
    <h2 id="sources-title">Sources</h2>
    <div id="sources" class="scroll" tabindex="0" role="region" aria-label="Table of sources"></div>
  </section>
  <section aria-labelledby="operators-title" class="card">
    <h2 id="operators-title">Operators</h2>
    <div id="operators" class="scroll" tabindex="0" role="region" aria-label="Table of operators"></div>
  </section>
  <div class="columns">
    <section aria-labelledby="sinks-title" class="card">
      <h2 id="sinks-title">Sinks</h2>
      <div id="sinks" class="scroll" tabindex="0" role="region" aria-label="Table of sinks"></div>
    </section>
    <section aria-labelledby="epochs-title" class="card">
      <h2 id="epochs-title">Epochs and snapshots</h2>
      <dl id="epochs"></dl>
    </section>
  </div>
  <section aria-labelledby="log-title" class="card">
    <h2 id="log-title">Log</h2>
    <ol id="log" class="scroll" tabindex="0" role="log" aria-label="Log"></ol>
  </section>
</main>
<noscript>The live page needs JavaScript; <a href="/metrics">/metrics</a> does not.</noscript>
</body>
</html>
`

const escaped = (text: string): string =>
  text
    .replace(/&/g, '&amp;')
    .replace(/</g, '&lt;')
    .replace(/>/g, '&gt;')
    .replace(/"/g, '&quot;')
    .replace(/'/g, '&#39;')
