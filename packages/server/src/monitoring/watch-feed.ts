// How many streams of events to guards are open, as a gauge.
import type { FeedCounters } from './feed-counters.ts'
import type { LabelledGauge } from './metrics.ts'

export function watchFeed(feed: Pick<FeedCounters, 'streams'>): LabelledGauge[] {
  return [
    {
      name: 'feed_streams',
      help: 'Open streams of events to guards, by realm.',
      labelNames: ['realm'],
      readAll: () => Array.from(feed.streams(), ([realm, value]) => ({ labels: { realm }, value })),
    },
  ]
}
