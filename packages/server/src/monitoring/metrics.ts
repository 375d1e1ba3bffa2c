// The metrics of this process in the Prometheus text format. Every label has a fixed list of values or those of the
// configuration, or is an organization among a fixed number: never a client, a path or a key id, whose number is unbounded.
import { Counter, Gauge, Registry } from 'prom-client'
import type { Connections } from '../http/connections.ts'
import type { DamageAlarm } from '../store/damage.ts'
import type { EventLoopLag } from './event-loop-lag.ts'
import type { FeedCounters } from './feed-counters.ts'
import type { OrganizationCounters } from './organization-counters.ts'
import type { PageCounters } from './page-counters.ts'
import { isReady, type Readiness } from './readiness.ts'
import type { RequestCounters } from './request-counters.ts'
import type { TokenOutcomes } from './token-outcomes.ts'

export interface Metrics {
  readonly registry: Registry
  /** All metrics as text, in the content type of the registry. */
  text(): Promise<string>
}

export interface Monitored {
  readonly requests: RequestCounters
  readonly tokenOutcomes: TokenOutcomes
  readonly organizations: OrganizationCounters
  readonly feed: FeedCounters
  readonly pages: PageCounters
  readonly connections: Connections
  readonly lag: EventLoopLag
  readonly readiness: Readiness
  readonly damage: DamageAlarm
  readonly refusals: {
    counts(): readonly { readonly realm: string; readonly fate: string; readonly count: number }[]
    reports(): readonly { readonly realm: string; readonly outcome: string; readonly count: number }[]
    reportOnly(): readonly { readonly realm: string; readonly count: number }[]
  }
  /** Gauges of other parts of the server. */
  readonly gauges: readonly GaugeSource[]
  readonly labelledGauges: readonly LabelledGauge[]
}

/** A gauge whose value is read at each scrape. */
export interface GaugeSource {
  /** Without the prefix of the product. */
  readonly name: string
  readonly help: string
  read(): number
}

/** As {@link GaugeSource}, with a value for each of a bounded number of labels. */
export interface LabelledGauge extends Pick<GaugeSource, 'name' | 'help'> {
  readonly labelNames: readonly string[]
  readAll(): readonly { readonly labels: Readonly<Record<string, string>>; readonly value: number }[]
}

export function createMetrics(monitored: Monitored): Metrics {
  const { requests, tokenOutcomes, organizations, feed, pages, connections, lag, readiness, damage, refusals, gauges, labelledGauges } =
    monitored
  const registry = new Registry()
  const registers = [registry]

  new Counter({
    name: 'countersign_requests_total',
    help: 'Requests by kind of endpoint and class of status; "none" got no answer.',
    labelNames: ['endpoint', 'status'],
    registers,
    collect() {
      this.reset()
      for (const { endpoint, status, count } of requests.counts()) if (count > 0) this.inc({ endpoint, status }, count)
    },
  })
  new Counter({
    name: 'countersign_token_requests_total',
    help: 'Token requests by realm and outcome: "issued", or why not, in the words of the audit log.',
    labelNames: ['realm', 'outcome'],
    registers,
    collect() {
      this.reset()
      for (const { realm, outcome, count } of tokenOutcomes.counts()) this.inc({ realm, outcome }, count)
    },
  })
  new Counter({
    name: 'countersign_organization_tokens_total',
    help: 'Token requests by organization, as many as "organizationsInMetrics" allows, and whether they were issued or refused; "_other" are the rest and those without a client.',
    labelNames: ['realm', 'organization', 'outcome'],
    registers,
    collect() {
      this.reset()
      for (const { realm, organization, issued, refused } of organizations.counts()) {
        this.inc({ realm, organization, outcome: 'issued' }, issued)
        this.inc({ realm, organization, outcome: 'refused' }, refused)
      }
    },
  })
  new Counter({
    name: 'countersign_connections_refused_total',
    help: 'Connections refused because there were too many.',
    registers,
    collect() {
      this.reset()
      this.inc(connections.refused())
    },
  })
  new Counter({
    name: 'countersign_slow_readers_closed_total',
    help: 'Connections closed because the peer did not read a response in time.',
    registers,
    collect() {
      this.reset()
      this.inc(connections.slow())
    },
  })

  new Counter({
    name: 'countersign_feed_events_total',
    help: 'Events sent to guards, heartbeats included.',
    registers,
    collect() {
      this.reset()
      this.inc(feed.events())
    },
  })
  new Counter({
    name: 'countersign_feed_stream_ends_total',
    help: 'Streams that ended, by reason; "gone" was closed by the guard or the network.',
    labelNames: ['reason'],
    registers,
    collect() {
      this.reset()
      for (const [reason, count] of feed.ends()) this.inc({ reason }, count)
    },
  })

  new Counter({
    name: 'countersign_damaged_rows_total',
    help: 'Reads of rows that are unreadable, by table. Alert on any value but 0; the log names the rows.',
    labelNames: ['table'],
    registers,
    collect() {
      this.reset()
      for (const [table, count] of damage.counts()) this.inc({ table }, count)
    },
  })

  new Counter({
    name: 'countersign_refusals_total',
    help: 'Refused requests that guards reported or this server noted, by realm: "kept", "thinned" (counted only, in a flood) or "duplicate".',
    labelNames: ['realm', 'fate'],
    registers,
    collect() {
      this.reset()
      for (const { realm, fate, count } of refusals.counts()) this.inc({ realm, fate }, count)
    },
  })
  new Counter({
    name: 'countersign_decision_reports_total',
    help: 'Reports of guards by realm: "taken", "repeated" (had been taken before) or "refused".',
    labelNames: ['realm', 'outcome'],
    registers,
    collect() {
      this.reset()
      for (const { realm, outcome, count } of refusals.reports()) this.inc({ realm, outcome }, count)
    },
  })
  new Counter({
    name: 'countersign_report_only_refusals_total',
    help: 'Requests by realm that guards let pass and would refuse after the end of report-only, as far as they described them.',
    labelNames: ['realm'],
    registers,
    collect() {
      this.reset()
      for (const { realm, count } of refusals.reportOnly()) this.inc({ realm }, count)
    },
  })

  new Counter({
    name: 'countersign_csp_reports_total',
    help: 'Reports of browsers that a page of the console tried what its policy forbids. They can be forged.',
    registers,
    collect() {
      this.reset()
      this.inc(pages.reports())
    },
  })

  const own: GaugeSource[] = [
    { name: 'console_streams', help: 'Pages of the console that are told of changes.', read: () => pages.streams() },
    { name: 'connections', help: 'Open connections.', read: () => connections.open.size },
    { name: 'requests_under_way', help: 'Requests that are not answered yet.', read: () => connections.underWay() },
    {
      name: 'event_loop_lag_seconds',
      help: 'The worst lag of the event loop in the last second or two.',
      read: () => lag.worst() / 1000,
    },
    { name: 'ready', help: '1 where this node should get requests.', read: () => (isReady(readiness) ? 1 : 0) },
  ]
  for (const { name, help, read } of [...own, ...gauges]) {
    new Gauge({
      name: `countersign_${name}`,
      help,
      registers,
      collect() {
        this.set(read())
      },
    })
  }

  for (const { name, help, labelNames, readAll } of labelledGauges) {
    new Gauge({
      name: `countersign_${name}`,
      help,
      labelNames,
      registers,
      collect() {
        this.reset()
        for (const { labels, value } of readAll()) this.set(labels, value)
      },
    })
  }

  return {
    registry,
    text: async () => `${await registry.metrics()}\n${formatDurations(requests)}`,
  }
}

/** Formatted here, because the library's histogram allocates objects for every observation. */
function formatDurations(requests: RequestCounters): string {
  const name = 'countersign_request_duration_seconds'
  const lines = [`# HELP ${name} How long requests took, by kind of endpoint.`, `# TYPE ${name} histogram`]
  for (const { endpoint, buckets, seconds } of requests.durations()) {
    const total = buckets.at(-1)?.count ?? 0
    if (total === 0) continue
    for (const { bound, count } of buckets) lines.push(`${name}_bucket{le="${bound}",endpoint="${endpoint}"} ${count}`)
    lines.push(`${name}_sum{endpoint="${endpoint}"} ${seconds}`, `${name}_count{endpoint="${endpoint}"} ${total}`)
  }
  return `${lines.join('\n')}\n`
}
