import { existsSync, globSync, readFileSync } from 'node:fs'
import { join, posix } from 'node:path'
import { type DefaultTheme, defineConfig } from 'vitepress'
import { titleOf } from '../pages.ts'

const pages = join(import.meta.dirname, '../pages')

const titled = (path: string): DefaultTheme.SidebarItem => ({
  text: titleOf(readFileSync(join(pages, path), 'utf8')) ?? path,
  link: `/${path.replace(/(index)?\.md$/, '')}`,
})

/** The pages of a folder, its index first. */
function section(text: string, folder: string, collapsed = true): DefaultTheme.SidebarItem {
  const paths = [...globSync(`${folder}/*.md`, { cwd: pages })]
    .filter(path => !path.endsWith('/index.md'))
    .sort()
  const index = existsSync(join(pages, folder, 'index.md')) ? { link: `/${folder}/` } : {}
  return { text, collapsed, ...index, items: paths.map(titled) }
}

const named = (text: string, collapsed: boolean, ...names: string[]): DefaultTheme.SidebarItem => ({
  text,
  collapsed,
  items: names.filter(name => existsSync(join(pages, `${name}.md`))).map(name => titled(`${name}.md`)),
})

/** Of what the doc comments make, the sidebar of an entry point: its kinds of things. */
function reference(entry: string, name: string): DefaultTheme.SidebarItem[] {
  const kinds = [...globSync(`reference/${entry}/*/`, { cwd: pages })].sort()
  return [
    { text: 'Reference', link: '/reference/' },
    { text: name, link: `/reference/${entry}/` },
    ...kinds.map(folder => section(posix.basename(folder).replace('-', ' '), folder.replace(/\/$/, ''))),
  ]
}

/** The path that the site lies below. */
const base = (process.env.SITE_BASE as `/${string}/` | undefined) ?? '/'

export default defineConfig({
  title: 'Millrace',
  description: 'Batch and stream analytics in TypeScript on the threads of one machine',
  srcDir: 'pages',
  outDir: 'dist',
  cleanUrls: false,
  metaChunk: true,
  base,
  head: [['link', { rel: 'icon', type: 'image/svg+xml', href: `${base}favicon.svg` }]],
  markdown: { html: false, theme: { light: 'github-light', dark: 'github-dark' } },
  themeConfig: {
    search: { provider: 'local' },
    outline: [2, 3],
    nav: [
      { text: 'Guide', link: '/overview' },
      { text: 'Verbs', link: '/verbs/' },
      { text: 'Cookbook', link: '/cookbook/' },
      { text: 'Coming from', link: '/coming-from/' },
      { text: 'Reference', link: '/reference/' },
      { text: 'Errors', link: '/errors' },
    ],
    // Each page holds the whole of its sidebar: what has hundreds of pages has one of its own.
    sidebar: {
      '/reference/index/': reference('index', 'millrace'),
      '/reference/models/': reference('models', 'millrace/models'),
      '/reference/plot/': reference('plot', 'millrace/plot'),
      '/reference/live/': reference('live', 'millrace/live'),
      '/reference/testing/': reference('testing', 'millrace/testing'),
      '/decisions/': [titled('architecture.md'), section('Decisions', 'decisions', false)],
      '/': [
        named(
          'Guide',
          false,
          'overview',
          'getting-started',
          'demo',
          'cli',
          'time',
          'changelogs',
          'state',
          'snapshots',
        ),
        named('Data', false, 'types', 'expressions', 'nested', 'aggregates', 'functions'),
        section('Expressions', 'expressions'),
        section('Verbs', 'verbs'),
        section('Connectors', 'connectors'),
        section('Detectors', 'models/detectors'),
        named('Calibration', true, 'models/calibration/index'),
        section('Time-series models', 'models/arma'),
        section('Distributions', 'models/distributions'),
        section('Statistics', 'models/statistics'),
        named('To look at', false, 'plot', 'notebooks', 'live', 'metrics'),
        named('Around', false, 'testing', 'environments', 'errors'),
        section('Coming from', 'coming-from'),
        section('Cookbook', 'cookbook'),
        section('Examples', 'examples'),
        section('Extending', 'extending'),
        named('More', true, 'architecture', 'benchmarks', 'nexmark', 'CHANGELOG', 'CONTRIBUTING'),
        { text: 'Reference', link: '/reference/' },
        { text: 'Decisions', link: '/decisions/' },
      ],
    },
  },
})
