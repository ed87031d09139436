/**
 * Builds the documentation as static pages: `npm run docs`. Pages are those of `docs/`, which the tests execute; the
 * reference is made of the doc comments, and a page for every error code of the tables of `docs/errors.md`.
 *
 * What it needs has a package.json of its own beside it, so that nobody installs it who does not build the site.
 */

import { execFileSync } from 'node:child_process'
import { cpSync, existsSync, globSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { errorPages } from './error-pages.ts'
import { homePage } from './home-page.ts'
import { inert, type Page, pageOf, siteText } from './pages.ts'

const site = import.meta.dirname
const root = join(site, '..')
const pages = join(site, 'pages')
const bin = (name: string): string => join(site, 'node_modules/.bin', name)

function run(command: string, ...args: string[]): void {
  execFileSync(command, args, { cwd: site, stdio: 'inherit' })
}

if (!existsSync(bin('vitepress'))) run('npm', 'ci', '--no-audit', '--no-fund')

rmSync(pages, { recursive: true, force: true })
rmSync(join(site, 'dist'), { recursive: true, force: true })

const write = (path: string, text: string): void => {
  mkdirSync(dirname(join(pages, path)), { recursive: true })
  writeFileSync(join(pages, path), text)
}

const sources = [
  ...globSync(['docs/**/*.md', 'examples/*.md', 'CHANGELOG.md', 'CONTRIBUTING.md'], { cwd: root }),
].sort()
const known = new Map<string, Page>(sources.map(source => [source, pageOf(source)]))
for (const [source, { path }] of known) {
  write(path, siteText(readFileSync(join(root, source), 'utf8'), source, known))
}
for (const picture of globSync('docs/**/*.{svg,png}', { cwd: root })) {
  const target = join(pages, picture.slice('docs/'.length))
  mkdirSync(dirname(target), { recursive: true })
  cpSync(join(root, picture), target)
}
for (const [path, text] of errorPages(readFileSync(join(root, 'docs/errors.md'), 'utf8'))) write(path, text)
write('index.md', homePage(readFileSync(join(root, 'README.md'), 'utf8')))

cpSync(join(site, 'public'), join(pages, 'public'), { recursive: true })

run(bin('typedoc'), '--options', join(site, 'typedoc.json'))
for (const path of globSync('reference/**/*.md', { cwd: pages })) {
  write(path, inert(readFileSync(join(pages, path), 'utf8')))
}
run(bin('vitepress'), 'build', '.')
