import { once } from 'node:events'
import { writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { join } from 'node:path'
import { type Server, waitUntil } from './program.ts'

const SERIES = 150_000
const SCRAPES = 4

/** Prometheus, a database of time series: an index of labels, a chunk of packed samples for each series. */
export const prometheus: Server = {
  name: 'prometheus',
  source: { command: 'github.com/prometheus/prometheus/cmd/prometheus' },
  requires: ['github.com/prometheus/prometheus/cmd/prometheus@v0.302.1'],
  go: '1.24.13',
  args: (folder, port) => {
    writeConfig(folder, port, '10s')
    return [
      `--config.file=${join(folder, 'prometheus.json')}`,
      `--storage.tsdb.path=${join(folder, 'data')}`,
      `--web.listen-address=127.0.0.1:${port}`,
      '--web.enable-lifecycle',
      '--log.level=error',
    ]
  },
  readyUrl: (port) => `http://127.0.0.1:${port}/-/ready`,
  pprofUrl: (port) => `http://127.0.0.1:${port}/debug/pprof`,
  load: async (port, folder) => {
    let scrapes = 0
    const exporter = createServer((_, response) => {
      response.setHeader('content-type', 'text/plain; version=0.0.4')
      response.end(exposition(scrapes++))
    })
    exporter.listen(port + 1, '127.0.0.1')
    await once(exporter, 'listening')
    const query = async (text: string) => {
      const url = `http://127.0.0.1:${port}/api/v1/query?query=${encodeURIComponent(text)}`
      const answer: { data: { result: { value: [number, string] }[] } } = JSON.parse(
        await (await fetch(url)).text(),
      )
      return Number(answer.data.result[0]?.value[1] ?? 0)
    }
    const asked = () => query('max(count_over_time(load_items[10m]))')
    await waitUntil('scrapes', async () => scrapes > SCRAPES && (await asked()) >= SCRAPES)
    // No scrape may come between the count and the crash: from now on they are a day apart.
    writeConfig(folder, port, '1d')
    await fetch(`http://127.0.0.1:${port}/-/reload`, { method: 'POST' })
    exporter.close()
    exporter.closeAllConnections()
  },
}

/** JSON is YAML. */
function writeConfig(folder: string, port: number, interval: string): void {
  const config = {
    global: { scrape_interval: interval, scrape_timeout: '10s' },
    scrape_configs: [{ job_name: 'load', static_configs: [{ targets: [`127.0.0.1:${port + 1}`] }] }],
  }
  writeFileSync(join(folder, 'prometheus.json'), JSON.stringify(config))
}

function exposition(scrape: number): string {
  const lines = ['# TYPE load_items gauge']
  for (let i = 0; i < SERIES; i++) {
    const labels = `region="region-${i % 50}",shop="shop-${i % 977}",item="item-${i}"`
    lines.push(`load_items{${labels}} ${((i * 7919 + scrape * 104_729) % 1000) / 8}`)
  }
  return `${lines.join('\n')}\n`
}
