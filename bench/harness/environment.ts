/** Where figures were measured: they mean nothing without it. */

import { readFileSync } from 'node:fs'
import { availableParallelism, cpus, loadavg, totalmem } from 'node:os'

export interface Environment {
  readonly date: string
  readonly cpu: string
  readonly processors: number
  readonly memoryGiB: number
  readonly platform: string
  readonly node: string
  /** Installed versions of what is measured, and of what it is measured against. */
  readonly packages: Readonly<Record<string, string>>
  /** Of the last 1, 5 and 15 minutes. Above the number of processors, others were at work too. */
  readonly loadAverage: readonly number[]
}

const PACKAGES = ['@duckdb/node-api', 'apache-arrow', 'arquero', 'benny', 'csv-parse', 'piscina', 'rxjs']

export function environment(): Environment {
  return {
    date: new Date().toISOString(),
    cpu: cpus()[0]?.model ?? 'unknown',
    processors: availableParallelism(),
    memoryGiB: Math.round(totalmem() / 2 ** 30),
    platform: `${process.platform} ${process.arch}`,
    node: process.version,
    packages: Object.fromEntries([['millrace', own()], ...PACKAGES.map(name => [name, installed(name)])]),
    loadAverage: loadavg().map(load => Math.round(load * 100) / 100),
  }
}

export function describe(environment: Environment): string {
  const { date, cpu, processors, memoryGiB, platform, node, packages, loadAverage } = environment
  const versions = Object.entries(packages).map(([name, version]) => `${name} ${version}`)
  return [
    `${date.slice(0, 16)}Z   ${cpu}, ${processors} processors, ${memoryGiB} GiB, ${platform}, node ${node}`,
    versions.join(', '),
    `load average ${loadAverage.join(' ')}`,
  ].join('\n')
}

const version = (file: URL): string => JSON.parse(readFileSync(file, 'utf8')).version

const own = () => version(new URL('../../package.json', import.meta.url))

function installed(name: string): string {
  try {
    return version(new URL(`../../node_modules/${name}/package.json`, import.meta.url))
  } catch {
    return 'not installed'
  }
}
