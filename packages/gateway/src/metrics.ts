// Counters in the text format of Prometheus. Labels are those of the route table: no caller can add one.
import type { Decided } from './decide-request.ts'

const methods = new Set(['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'])
const separator = '\n'

export interface Metrics {
  decided(decided: Decided): void
  refusedProxy(code: string): void
  /** Drops the counters of routes that are gone. */
  keep(templates: ReadonlySet<string>): void
  text(gauges: Readonly<Record<string, number>>): string
}

export function createMetrics(): Metrics {
  const decisions = new Map<string, number>()
  const refusedProxies = new Map<string, number>()

  return {
    decided({ method, route, outcome }) {
      add(decisions, [methods.has(method) ? method : 'other', route ?? '', outcome].join(separator))
    },
    refusedProxy: (code) => add(refusedProxies, code),
    keep(templates) {
      for (const key of decisions.keys()) {
        const [, route = ''] = key.split(separator)
        if (route !== '' && !templates.has(route)) decisions.delete(key)
      }
    },
    text(gauges) {
      const lines = [
        '# HELP countersign_gateway_decisions_total Decisions on requests of clients.',
        '# TYPE countersign_gateway_decisions_total counter',
        ...[...decisions].map(([key, count]) => {
          const [method, route, outcome] = key.split(separator).map(escapeLabel)
          return `countersign_gateway_decisions_total{method="${method}",route="${route}",outcome="${outcome}"} ${count}`
        }),
        '# HELP countersign_gateway_refused_proxies_total Requests without a decision, because of who or what asked.',
        '# TYPE countersign_gateway_refused_proxies_total counter',
        ...[...refusedProxies].map(([code, count]) => `countersign_gateway_refused_proxies_total{problem="${code}"} ${count}`),
        ...Object.entries(gauges).flatMap(([name, value]) => [
          `# TYPE ${name} ${name.endsWith('_total') ? 'counter' : 'gauge'}`,
          `${name} ${value}`,
        ]),
      ]
      return `${lines.join('\n')}\n`
    },
  }
}

function add(counts: Map<string, number>, key: string): void {
  counts.set(key, (counts.get(key) ?? 0) + 1)
}

function escapeLabel(text: string): string {
  return text.replace(/["\\]/g, '\\$&')
}
