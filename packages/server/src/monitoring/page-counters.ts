// Counts what the pages for people do: streams that are open, and reports of browsers about their policy.

export interface PageCounters {
  countStream(difference: 1 | -1): void
  streams(): number
  countReport(): void
  reports(): number
}

export function createPageCounters(): PageCounters {
  let [streams, reports] = [0, 0]
  return {
    countStream: (difference) => void (streams += difference),
    streams: () => streams,
    countReport: () => void reports++,
    reports: () => reports,
  }
}
